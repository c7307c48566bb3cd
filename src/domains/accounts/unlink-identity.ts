import { recently, signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { passwords, users } from './collections.ts'
import { accountIdentityChanged } from './events.ts'
import { identities, identitiesOf } from './identities.ts'
import type { IdentityProviders } from './identity-provider.ts'
import { passkeysOf } from './passkeys.ts'

/** `DELETE /api/auth/identities/{id}`: the account is entered by this provider no more. */
export function unlinkIdentity(providers: IdentityProviders): Operation {
  return command({
    name: 'accounts.unlinkIdentity',
    route: 'DELETE /api/auth/identities/:id',
    summary: 'Unlink a provider',
    tag: 'Accounts',
    status: 204,
    input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
    output: Type.Null(),
    errors: ['not_found', 'last_way_in'],
    access: recently(signedIn),
    rate: 'account',
    async run({ tx, input, actor, request }) {
      // Of two at once the second sees what the first has left.
      const user = await tx.lock(users, actor.id!, 'exclusive')
      const identity = await tx.get(identities, input.id)
      if (user === null || identity === null || identity.user !== user.id) throw new EngineError('not_found')
      if (!(await hasOtherWay(tx, user.id))) throw new EngineError('last_way_in')
      await tx.delete(identities, identity)
      const title = providers.get(identity.provider)?.title ?? identity.provider
      const language = languageOf(request.headers['accept-language'])
      return { output: null, status: 204, events: [accountIdentityChanged({ user, change: 'removed', title, language })] }
    },
  })
}

/** The mailbox alone is none: it may be the provider's own, which somebody leaves. */
async function hasOtherWay(tx: Transaction, user: string): Promise<boolean> {
  const [password, linked, keys] = [
    await findUnique(tx, passwords, eq('user', user)),
    await identitiesOf(tx, user),
    await passkeysOf(tx, user),
  ]
  return password !== null || linked.length > 1 || keys.length > 0
}
