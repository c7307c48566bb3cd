// What the account operations take and give.

import { toIso } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import type { User } from './collections.ts'

export const emailInput = Type.String({ format: 'email', maxLength: limits.emailCharactersMax })
export const passwordInput = Type.String({ minLength: 1, maxLength: limits.passwordBytesMax })
export const tokenInput = Type.String({ maxLength: limits.tokenCharactersMax })
export const nameInput = Type.Optional(
  Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: limits.textCharactersMax, format: 'name' }),
)

export const userOutput = Type.Object(
  {
    id: Type.String(),
    email: Type.String(),
    name: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    roles: Type.Array(Type.String()),
    emailVerified: Type.Boolean(),
    createdAt: Type.String({ format: 'date-time' }),
  },
  { title: 'Account' },
)
export const sessionOutput = Type.Object(
  {
    token: Type.String({ description: 'Send it as `Authorization: Bearer …`; browsers get it as a cookie too.' }),
    user: userOutput,
  },
  { title: 'SignIn' },
)

export function userView(user: User) {
  const { id, email, name, roles, emailVerified, createdAt } = user
  return { id, email, name, roles, emailVerified, createdAt: toIso(createdAt) }
}

/** Without blanks around it. */
export function normalName(name: string | null | undefined): string | null {
  return name?.trim() ?? null
}

/** Two spellings of a mailbox are one account. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase()
}
