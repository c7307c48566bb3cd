// Accounts in the database. What proves an identity (password hashes, session tokens) lies in internal
// collections of its own, so that no query of the API can reach it.
import { actorId, any, staff, where } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

/** `admin` and `staff` run the shop; others mean what the project's rules say. */
const roles = field.json<readonly string[]>({ required: true, schema: { type: 'array', items: { type: 'string' } } })

/** Asked for by lists of who runs it: no two databases filter by what is in a list. Made by each write, so no code gives or reads it. */
const forLists = {
  hasRole: field.computed(field.boolean({ required: true }), { from: { roles }, of: ({ roles }) => roles.length > 0, stored: true }),
}

export const users = collection('users', {
  // Found by any part of an address.
  search: 'parts',
  prefix: 'usr',
  system: true,
  fields: {
    email: field.email({ required: true, unique: true, search: true }),
    name: field.text({ search: true }),
    roles,
    ...(forLists as object),
    emailVerified: field.boolean({ required: true }),
    /** A disabled account cannot sign in, and its sessions stop at once. */
    disabled: field.boolean({ required: true, read: staff }),
    /** One of those that the shop declares: taxes, discounts and prices may ask for it. */
    customerGroup: field.text({ max: 40 }),
  },
  indexes: [['hasRole' as never, 'email']],
  access: { read: any(staff, where('id').eq(actorId)) },
})
export type User = NonNullable<(typeof users)['record']>

export const passwords = collection('passwords', {
  prefix: 'pwd',
  system: true,
  internal: true,
  feed: false,
  fields: {
    user: field.ref('users', { required: true, unique: true, onErase: 'delete' }),
    /** Argon2id in PHC string form. */
    hash: field.text({ required: true, max: limits.passwordHashCharactersMax }),
  },
})

/**
 * How somebody has shown who they are. `setup`: by the link that the server printed; `provider`: at another one, such as Google;
 * `invitation`: by the link of a mail.
 */
export type SignInWay = FirstFactor | SecondFactor
/** What a sign-in begins with. */
export type FirstFactor = 'password' | 'magic' | 'code' | 'setup' | 'provider' | 'invitation'
/** What an account may ask for beside it. A passkey is enough alone: it is had, and opened by a finger or a number that is known. */
export type SecondFactor = 'passkey' | 'totp' | 'recovery'

export const sessions = collection('sessions', {
  prefix: 'ses',
  system: true,
  internal: true,
  fields: {
    user: field.ref('users', { required: true, onErase: 'delete' }),
    /** Not in the audit trail, which outlives the session by a year. */
    tokenHash: field.text({ required: true, unique: true, feed: false }),
    /** At the latest; sooner where nobody uses it. */
    expiresAt: field.dateTime({ required: true }),
    /** The block of addresses that it was opened from. */
    origin: field.text({ required: true }),
    userAgent: field.text({ max: 500 }),
    /** How its owner showed who they are: `password`, `magic`, `code` … Null: opened by an earlier version. */
    ways: field.json<readonly SignInWay[]>({ schema: { type: 'array', items: { type: 'string' } } }),
    /** When they last did. */
    provenAt: field.dateTime(),
    /** Written by uses.ts alone. Null: opened by an earlier version, and not used since. */
    usedAt: field.dateTime({ feed: false }),
  },
  indexes: [['user', 'createdAt'], ['expiresAt'], ['usedAt']],
})
export type Session = NonNullable<(typeof sessions)['record']>
