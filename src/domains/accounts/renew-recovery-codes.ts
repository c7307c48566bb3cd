import { recently, signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { issueRecoveryCodes, noteNewCodes } from './second-factor.ts'
import { recoveryCodesOutput } from './shapes.ts'

/** `POST /api/auth/totp/recovery`: new recovery codes. Those before work no more. */
export const renewRecoveryCodes = command({
  name: 'accounts.renewRecoveryCodes',
  route: 'POST /api/auth/totp/recovery',
  summary: 'Make new recovery codes',
  tag: 'Accounts',
  input: Type.Object({}, { additionalProperties: false }),
  output: recoveryCodesOutput,
  errors: ['not_found'],
  access: recently(signedIn),
  rate: 'account',
  hasSecretInput: true,
  async run(context) {
    const factor = await noteNewCodes(context, context.actor.id!)
    if (factor === null) throw new EngineError('not_found')
    return { output: { recoveryCodes: await issueRecoveryCodes(context, factor.user) } }
  },
})
