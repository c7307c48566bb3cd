// What the account operations take and give.

import { toIso } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import type { SecondFactor, User } from './collections.ts'

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

/** A sign-in that waits for a second factor. */
export const pendingOutput = Type.Object(
  {
    pending: Type.String({
      description:
        'Send it within ten minutes to `POST /api/auth/totp/verify` with a code, or to `POST /api/auth/passkeys/login/start` and `/finish`.',
    }),
    factors: Type.Array(Type.Unsafe<SecondFactor>({ type: 'string', enum: ['passkey', 'totp', 'recovery'] }), {
      description: 'What the account takes: a passkey, a code of an authenticator app, or one of its recovery codes.',
    }),
  },
  { title: 'SecondFactorNeeded' },
)
/** How a sign-in ends. */
export const signInOutput = Type.Union([sessionOutput, pendingOutput], {
  description: 'The session; or, of an account with a second factor, what it waits for.',
})
export const factorCodeInput = Type.String({
  minLength: 6,
  maxLength: limits.codeCharactersMax,
  examples: ['042917'],
  description: 'The six digits that the app shows, or a recovery code. Blanks, hyphens and capitals do not matter.',
})
export const recoveryCodesOutput = Type.Object(
  {
    recoveryCodes: Type.Array(Type.String(), {
      description: 'Each opens the account once where the app is lost. They are not shown again.',
    }),
  },
  { title: 'RecoveryCodes' },
)

export function userView(user: User) {
  const { id, email, name, roles, emailVerified, createdAt } = user
  return { id, email, name, roles, emailVerified, createdAt: toIso(createdAt) }
}

/** Without blanks around it. */
export function normalName(name: string | null | undefined): string | null {
  return name?.trim() ?? null
}
