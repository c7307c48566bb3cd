// The operations that send a mail to whatever address is typed. Each answers 202 and the same, whoever's it is.

import { anyone } from '../../access/rule.ts'
import { addressBlock } from '../../base/address-block.ts'
import { normalEmail } from '../../base/email-address.ts'
import { languageOf } from '../../base/language.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { type AskedProof, accountProofAsked } from './events.ts'
import { emailInput } from './shapes.ts'

type Mailed = Extract<AskedProof['purpose'], 'verify' | 'reset' | 'magic' | 'code'>

function requestProof<const TName extends string>(name: TName, route: string, { purpose, summary }: { purpose: Mailed; summary: string }) {
  return command({
    name,
    route,
    summary,
    tag: 'Accounts',
    status: 202,
    input: Type.Object({ email: emailInput }, { additionalProperties: false }),
    output: Type.Object(
      { email: Type.String() },
      { description: 'A mail is on its way if there is an account. The answer does not tell.' },
    ),
    access: anyone,
    rate: 'account',
    async run({ input, actor, request }) {
      const email = normalEmail(input.email)
      const language = languageOf(request.headers['accept-language'])
      return {
        output: { email },
        status: 202,
        events: [accountProofAsked({ purpose, email, language, network: addressBlock(actor.origin) })],
      }
    },
  })
}

export const requestVerification = requestProof('accounts.requestVerification', 'POST /api/auth/verify/resend', {
  purpose: 'verify',
  summary: 'Send the mail that confirms an address again',
})
export const requestReset = requestProof('accounts.requestReset', 'POST /api/auth/reset', {
  purpose: 'reset',
  summary: 'Send a link to set a new password',
})
export const requestMagicLink = requestProof('accounts.requestMagicLink', 'POST /api/auth/magic', {
  purpose: 'magic',
  summary: 'Send a link to sign in',
})
export const requestCode = requestProof('accounts.requestCode', 'POST /api/auth/code', {
  purpose: 'code',
  summary: 'Send a code to sign in',
})
