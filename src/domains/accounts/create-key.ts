import { recently, signedIn } from '../../access/rule.ts'
import { parseIso } from '../../base/clock.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { nearest } from '../../base/nearest.ts'
import { hashSecret } from '../../base/secret.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import { apiKeys, keyOutput, keyView, takeKeyPlace } from './api-keys.ts'
import { sessions, users } from './collections.ts'
import { accountKeyMade } from './events.ts'
import { hintOf, keyOf } from './key-form.ts'

/** `POST /api/auth/keys`: a key for a program, which may do at most what its maker may. Answered this once. */
export function createKey(scopes: readonly string[]): Operation {
  return command({
    name: 'accounts.createKey',
    route: 'POST /api/auth/keys',
    summary: 'Make an API key',
    tag: 'Accounts',
    status: 201,
    input: Type.Object(
      {
        name: Type.String({ minLength: 1, maxLength: limits.apiKeyNameCharactersMax, description: 'What it is for.' }),
        scopes: Type.Array(Type.String({ maxLength: limits.idCharactersMax }), {
          minItems: 1,
          maxItems: limits.apiKeyScopesMax,
          uniqueItems: true,
          description: 'Of a collection (`reviews:read`, `reviews:write`, `*:read`) or of one operation (`orders.cancel`).',
        }),
        expiresAt: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' })),
      },
      { additionalProperties: false, examples: [{ name: 'Nightly export', scopes: ['reviews:read'] }] },
    ),
    output: Type.Object({
      ...keyOutput.properties,
      key: Type.String({ description: 'Send it as `Authorization: Bearer …`. It is not shown again.' }),
    }),
    errors: ['too_many_keys'],
    access: recently(signedIn),
    rate: 'account',
    async run({ tx, input, actor, now, newId, newSecret, request }) {
      checkScopes(input.scopes, scopes)
      const expiresAt = input.expiresAt == null ? null : parseIso(input.expiresAt)
      if (expiresAt !== null && expiresAt <= now) throw invalid('/expiresAt', 'minimum', 'is in the past')
      const user = await tx.get(users, actor.id ?? '')
      if (user === null) throw new EngineError('unauthenticated')
      await takeKeyPlace(tx, user.id)
      // It may have ended since it was looked at, with all keys: none is made after that.
      if (actor.session === null || (await tx.get(sessions, actor.session)) === null) throw new EngineError('unauthenticated')
      const key = keyOf(newSecret('kp'))
      const made = await tx.insert(apiKeys, {
        id: newId('key'),
        user: user.id,
        name: input.name,
        hash: hashSecret(key),
        hint: hintOf(key),
        scopes: input.scopes,
        expiresAt,
        usedAt: null,
      })
      const language = languageOf(request.headers['accept-language'])
      return { output: { ...keyView(made), key }, status: 201, events: [accountKeyMade({ user, language })] }
    },
  })
}

function checkScopes(given: readonly string[], known: readonly string[]): void {
  const index = given.findIndex((scope) => !known.includes(scope))
  if (index < 0) return
  throw invalid(`/scopes/${index}`, 'enum', `there is no scope "${given[index]}"${nearest(given[index]!, known)}`)
}
