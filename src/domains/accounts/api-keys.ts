// Keys for programs. A key stands for its maker, and only for what its scopes name: it is no session, and nobody signs in by it. It is
// shown once and stored hashed; whatever ends its maker's rights ends those of the key, since both are read with each request.

import { toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq, type Filter } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { users } from './collections.ts'

export const apiKeys = collection('apiKeys', {
  prefix: 'key',
  system: true,
  internal: true,
  fields: {
    user: field.ref('users', { required: true, onErase: 'delete' }),
    name: field.text({ required: true, max: limits.apiKeyNameCharactersMax }),
    /** Not in the audit trail, which outlives the key by a year. */
    hash: field.text({ required: true, unique: true, feed: false }),
    /** Its last characters. */
    hint: field.text({ required: true, max: 20 }),
    scopes: field.json<readonly string[]>({ required: true, schema: { type: 'array', items: { type: 'string' } } }),
    /** Null: when it is revoked. */
    expiresAt: field.dateTime(),
    /** Written by uses.ts alone. */
    usedAt: field.dateTime({ feed: false }),
  },
  indexes: [['user', 'createdAt'], ['expiresAt']],
})
export type ApiKey = NonNullable<(typeof apiKeys)['record']>

const time = (description: string) => Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description })

export const keyOutput = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    hint: Type.String({ description: 'How the key ends.' }),
    scopes: Type.Array(Type.String()),
    createdAt: Type.String({ format: 'date-time' }),
    expiresAt: time('Null: when it is revoked.'),
    usedAt: time('The last use, to within ten minutes.'),
  },
  { title: 'ApiKey' },
)

export function keyView({ id, name, hint, scopes, createdAt, expiresAt, usedAt }: ApiKey) {
  const iso = (at: number | null) => (at === null ? null : toIso(at))
  return { id, name, hint, scopes, createdAt: toIso(createdAt), expiresAt: iso(expiresAt), usedAt: iso(usedAt) }
}

/** One more key of the account. Whoever makes one holds the account: of two at once the second counts the first. @throws too_many_keys */
export async function takeKeyPlace(tx: Transaction, user: string): Promise<void> {
  await tx.lock(users, user, 'exclusive')
  if ((await tx.count(apiKeys, eq('user', user))) >= limits.apiKeysMax) throw new EngineError('too_many_keys')
}

/** Answers how many there were: an account has few. */
export async function endKeys(tx: Transaction, where: Filter): Promise<number> {
  // Beyond the limit: none of one account, and of those that have expired the next tick's.
  const ended = await tx.find(apiKeys, { where, limit: limits.pageSizeMax, isUnordered: true })
  for (const key of ended) await tx.delete(apiKeys, key)
  return ended.length
}
