import { signedIn } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
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
      recoveryCodesLeft: Type.Integer(),
    },
    { title: 'Factors' },
  ),
  access: signedIn,
  async run({ read, actor }) {
    const totp = await findTotp(read, actor.id!)
    if (totp === null) return { output: { totp: null, recoveryCodesLeft: 0 } }
    return {
      output: { totp: { since: toIso(totp.confirmedAt) }, recoveryCodesLeft: await read.count(recoveryCodes, eq('user', actor.id!)) },
    }
  },
})
