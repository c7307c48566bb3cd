// The first admin: made by whoever opens a one-time link printed at a start, never by a default password. Each
// process that starts meanwhile prints one; their tokens are stored hashed, and one use ends them all by a guarded delete.

import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { settings } from '../../settings/collections.ts'
import { findUnique } from '../../storage/find-all.ts'
import { hasAdmin } from './admins.ts'
import { makeAdmin } from './make-admin.ts'
import { checkNewPassword } from './password-rules.ts'
import { openSession } from './session.ts'
import { emailInput, nameInput, normalName, passwordInput, sessionOutput, tokenInput, userView } from './shapes.ts'

const settingName = 'setup'

export const setUp = command({
  name: 'accounts.setUp',
  route: 'POST /api/auth/setup',
  summary: 'Make the first admin',
  tag: 'Accounts',
  status: 201,
  input: Type.Object({ token: tokenInput, email: emailInput, password: passwordInput, name: nameInput }, { additionalProperties: false }),
  output: Type.Object({
    ...sessionOutput.properties,
    tookOver: Type.Boolean({ description: 'The address had an account: its old password, sessions and API keys have ended.' }),
  }),
  errors: ['setup_link_invalid'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async prepare({ input, project, services }) {
    await checkNewPassword({ project, services }, input.password, { email: input.email, name: input.name ?? null })
    return await services.passwords.hash(input.password)
  },
  async run(context) {
    const { tx, input, now, prepared } = context
    const setting = await findUnique(tx, settings, eq('name', settingName))
    const isGood = setting !== null && Object.hasOwn(validTokens(setting.value, now), hashSecret(input.token))
    if (!isGood || (await hasAdmin(tx))) throw new EngineError('setup_link_invalid')
    if ((await tx.deleteWhere(settings, eq('id', setting.id))) === 0) throw new EngineError('setup_link_invalid')
    const { user, tookOver } = await makeAdmin(context, { email: input.email, name: normalName(input.name), hash: prepared })
    const { token, headers } = await openSession(context, user, ['setup'])
    return { output: { token, user: userView(user), tookOver }, status: 201, headers }
  },
})

/** When each token ends, by its hash. */
type Tokens = Readonly<Record<string, number>>

/** Those of the last processes that started. */
function validTokens(value: Readonly<Record<string, unknown>>, now: number): Tokens {
  const valid = Object.entries((value['tokens'] ?? {}) as Tokens).filter(([, expiresAt]) => expiresAt > now)
  return Object.fromEntries(valid.toSorted(([, a], [, b]) => a - b).slice(-limits.setupTokensMax))
}

/** A new one-time token, or null when there is an admin. */
export async function issueSetUpToken({ tx, now, newId, newSecret }: Work): Promise<string | null> {
  if (await hasAdmin(tx)) return null
  const token = newSecret('setup')
  const added = { [hashSecret(token)]: now + limits.setupTokenMs }
  const setting = await findUnique(tx, settings, eq('name', settingName))
  if (setting) await tx.update(settings, setting, { set: { value: { tokens: { ...validTokens(setting.value, now), ...added } } } })
  // A process that starts at the same time may have written one since: run again, and add to that.
  else await tx.insert(settings, { id: newId('set'), name: settingName, value: { tokens: added } }, 'conflict')
  return token
}
