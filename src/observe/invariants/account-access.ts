// What must hold of the ways into accounts. That sessions, keys, passwords and factors lead to an account that there is, and that each has
// one password, is seen with all references and unique fields (records.ts); here is what those do not say.
import { oneOf } from '../../contract/filter.ts'
import { sessions, users } from '../../domains/accounts/collections.ts'
import { devices } from '../../domains/accounts/devices.ts'
import { passkeys } from '../../domains/accounts/passkeys.ts'
import { proofs } from '../../domains/accounts/proofs.ts'
import { recoveryCodes, totpFactors } from '../../domains/accounts/second-factor.ts'
import type { AnyRecord, CollectionRef } from '../../schema/collection.ts'
import { findAll } from '../../storage/find-all.ts'
import { type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const accountAccessInvariants: InvariantGroup = {
  needs: ['users', 'sessions', 'proofs', 'devices', 'recoveryCodes', 'totpFactors', 'passkeys'],
  invariants: {
    'accounts.shut_is_signed_out': 'An account that is shut has no session.',
    'accounts.roles_are_proven': 'Whoever has a role has an address that was proven.',
    'accounts.proofs_of_somebody': 'A link, a code, a sign-in that waits and a known browser are of an account that there is.',
    'accounts.recovery_has_factor': 'Recovery codes are of an account with a second factor.',
  },
  async check(context) {
    for await (const page of pagesOf(context, users)) {
      for (const { id, roles, emailVerified } of page)
        if (roles.length > 0 && !emailVerified) context.report('accounts.roles_are_proven', [`users/${id}`], roles.join(', '))
      const shut = page.filter(({ disabled }) => disabled).map(({ id }) => id)
      if (shut.length === 0) continue
      for (const { id, user } of await findAll(context.read, sessions, oneOf('user', shut)))
        context.report('accounts.shut_is_signed_out', [`sessions/${id}`, `users/${user}`], 'a session')
    }
    await checkOwners(context, proofs)
    await checkOwners(context, devices)
    await checkRecovery(context)
  },
}

type Owned = AnyRecord & { readonly user: string }

async function checkOwners(context: VerifyContext, collection: CollectionRef<Owned>): Promise<void> {
  for await (const page of pagesOf(context, collection)) {
    const known = new Set((await context.read.getMany(users, [...new Set(page.map(({ user }) => user))])).map(({ id }) => id))
    for (const { id, user } of page)
      if (!known.has(user)) context.report('accounts.proofs_of_somebody', [`${collection.name}/${id}`], `of ${user}, who is not there`)
  }
}

async function checkRecovery(context: VerifyContext): Promise<void> {
  const { read } = context
  for await (const page of pagesOf(context, recoveryCodes)) {
    const owners = [...new Set(page.map(({ user }) => user))]
    const having = await Promise.all([findAll(read, totpFactors, oneOf('user', owners)), findAll(read, passkeys, oneOf('user', owners))])
    const withFactor = new Set(having.flat().map(({ user }) => user))
    for (const user of owners.filter((one) => !withFactor.has(one)))
      context.report('accounts.recovery_has_factor', [`users/${user}`], 'recovery codes and no factor')
  }
}
