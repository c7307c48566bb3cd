import { signedIn } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import { passkeyOutput, passkeyView } from './passkey-view.ts'
import { passkeysOf } from './passkeys.ts'
import { findTotp, recoveryCodes } from './second-factor.ts'

/** `GET /api/auth/factors`: for the page where its owner adds one or takes one away. */
export const listFactors = query({
  name: 'accounts.listFactors',
  route: 'GET /api/auth/factors',
  summary: 'The second factors of the own account',
  tag: 'Accounts',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object(
    {
      totp: Type.Union([Type.Object({ since: Type.String({ format: 'date-time' }) }, { title: 'TotpFactor' }), Type.Null()]),
      passkeys: Type.Array(passkeyOutput),
      recoveryCodesLeft: Type.Integer(),
    },
    { title: 'Factors' },
  ),
  access: signedIn,
  async run({ read, actor }) {
    const user = actor.id!
    const totp = await findTotp(read, user)
    const passkeys = (await passkeysOf(read, user)).map(passkeyView)
    const recoveryCodesLeft = await read.count(recoveryCodes, eq('user', user))
    return { output: { totp: totp && { since: toIso(totp.confirmedAt) }, passkeys, recoveryCodesLeft } }
  },
})
