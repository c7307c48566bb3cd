import { recently, signedIn } from '../../access/rule.ts'
import { addressBlock } from '../../base/address-block.ts'
import { normalEmail } from '../../base/email-address.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { accountProofAsked } from './events.ts'
import { emailInput } from './shapes.ts'

/** `POST /api/auth/email`: a mail to the new address, whose link moves the account there. Until then nothing changes. */
export const requestEmailChange = command({
  name: 'accounts.requestEmailChange',
  route: 'POST /api/auth/email',
  summary: 'Move the own account to another address',
  tag: 'Accounts',
  status: 202,
  input: Type.Object({ email: emailInput }, { additionalProperties: false }),
  output: Type.Object({ email: Type.String() }),
  access: recently(signedIn),
  rate: 'account',
  async run({ tx, input, actor, request }) {
    const email = normalEmail(input.email)
    const user = await tx.get(users, actor.id!)
    if (user === null) throw new EngineError('unauthenticated')
    if (user.email === email) throw invalid('/email', 'same', 'is the address of the account already')
    const language = languageOf(request.headers['accept-language'])
    return {
      output: { email },
      status: 202,
      events: [
        accountProofAsked({
          purpose: 'changeEmail',
          email,
          language,
          network: addressBlock(actor.origin),
          user: user.id,
          session: actor.session!,
        }),
      ],
    }
  },
})
