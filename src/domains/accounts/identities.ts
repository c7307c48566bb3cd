// Who an account is at other providers: the way in by "Continue with …". Found by what the provider calls the person, for good, and
// never by an address: that may be another's by then.
import { nobody, staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { and, eq } from '../../contract/filter.ts'
import type { CommandContext } from '../../operation/define.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'
import type { User } from './collections.ts'
import { accountIdentityChanged } from './events.ts'
import type { IdentityProvider } from './identity-provider.ts'

export const identities = collection('identities', {
  prefix: 'idn',
  system: true,
  internal: true,
  // Told in the audit trail alone, which thus says who linked one; without who it is there.
  access: { read: staff },
  fields: {
    user: field.ref('users', { required: true, onErase: 'delete' }),
    /** As the config names it. */
    provider: field.text({ required: true, max: limits.codeCharactersMax }),
    /** Issuer and subject. */
    subject: field.text({ required: true, max: limits.subjectCharactersMax, feed: false, read: nobody }),
  },
  unique: [
    ['provider', 'subject'],
    ['user', 'provider'],
  ],
})
export type Identity = NonNullable<(typeof identities)['record']>

export async function findIdentity(read: Pick<Reader, 'find'>, provider: string, subject: string): Promise<Identity | null> {
  return await findUnique(read, identities, and(eq('provider', provider), eq('subject', subject)))
}

export async function identitiesOf(read: Pick<Reader, 'find'>, user: string): Promise<readonly Identity[]> {
  return await findAll(read, identities, eq('user', user))
}

type Linked = { readonly user: User; readonly provider: IdentityProvider; readonly subject: string }

/** From now on the account is entered so, too; its owner hears of it. One of each provider. @throws identity_taken */
export async function addIdentity({ tx, newId, request }: CommandContext<unknown, unknown>, { user, provider, subject }: Linked) {
  const other = await findUnique(tx, identities, and(eq('user', user.id), eq('provider', provider.name)))
  if (other !== null) throw new EngineError('identity_taken')
  await tx.insert(identities, { id: newId('idn'), user: user.id, provider: provider.name, subject }, 'conflict')
  const language = languageOf(request.headers['accept-language'])
  return accountIdentityChanged({ user, change: 'added', title: provider.title, language })
}

export async function removeIdentities(tx: Transaction, user: string): Promise<void> {
  for (const identity of await findAll(tx, identities, eq('user', user))) await tx.delete(identities, identity)
}
