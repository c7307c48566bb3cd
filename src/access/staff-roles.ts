// Roles that make somebody staff for some things: each is a list of scopes, as an API key has one (scopes.ts). Within them its holder is staff,
// elsewhere a customer like any other. Invariant: whether somebody is staff is asked for each collection that is touched, so
// one that is not named shows what it shows to customers, also through references (records/present.ts).
import type { Scope, StaffRoles } from '../contract/scope.ts'
import type { Actor } from './actor.ts'
import { isInScope } from './scopes.ts'

/** Roles whose meaning no config changes. */
export const fixedRoles = ['owner', 'admin', 'staff'] as const

const reading = [
  '*:read',
  'audit.read',
  'carts.get',
  'ledger.listBalances',
  'payments.listMethods',
  'running.readMetrics',
] as const satisfies readonly Scope[]
/** There without being declared. A config that declares one says anew what it may. */
export const givenRoles = {
  support: [
    ...reading,
    'orders.cancel',
    'payments.check',
    'refunds.retry',
    'emails.send',
    'emails.resend',
    'emailThreads.reply',
    'emailThreads.update',
    'emailThreads.note',
    'inboundMails.readAgain',
    'effects.retry',
    'webhooks.replay',
    'accounts.impersonate',
  ],
  reader: reading,
} as const satisfies StaffRoles

/** The roles of the config and those given, some of whose scopes name what only a shop has. */
export function staffRolesOf(declared: StaffRoles): StaffRoles {
  return { ...givenRoles, ...declared }
}

/** Where somebody with these roles is staff. Undefined: everywhere or nowhere, as the fixed roles say. */
export function staffInOf(roles: readonly string[], known: StaffRoles): readonly string[] | undefined {
  if (roles.length === 0 || roles.some((name) => fixedRoles.some((fixed) => fixed === name))) return undefined
  const named = roles.filter((name) => Object.hasOwn(known, name))
  return named.length === 0 ? undefined : [...new Set(named.flatMap((name) => known[name]!))]
}

/** The caller as they are for this scope: staff or not. */
export function staffFor(actor: Actor, needed: string): Actor {
  if (actor.staffIn === undefined) return actor
  const isStaffHere = isInScope({ scopes: actor.staffIn }, needed)
  return actor.isStaffHere === isStaffHere ? actor : { ...actor, isStaffHere }
}
