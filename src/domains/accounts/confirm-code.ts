import { anyone } from '../../access/rule.ts'
import { normalEmail } from '../../base/email-address.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { users } from './collections.ts'
import { knownDevice } from './devices.ts'
import { redeemCode, tryCode } from './proofs.ts'
import { emailInput, signInOutput } from './shapes.ts'
import { proveByMail, signIn } from './sign-in.ts'
import { forgetTries, takeTry } from './sign-in-tries.ts'

/** `POST /api/auth/code/confirm`: signs in by the six digits of a mail. A try counts before it is looked at, and stays. */
export const confirmCode = command({
  name: 'accounts.confirmCode',
  route: 'POST /api/auth/code/confirm',
  summary: 'Sign in by the code of a mail',
  tag: 'Accounts',
  input: Type.Object(
    { email: emailInput, code: Type.String({ pattern: '^[0-9]{6}$', examples: ['042917'] }) },
    { additionalProperties: false },
  ),
  output: signInOutput,
  errors: ['code_invalid'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async prepare({ input, read, request, writeFirst }) {
    const email = normalEmail(input.email)
    const user = await findUnique(read, users, eq('email', email))
    const device = await knownDevice(read, user?.id ?? null, request)
    const tried = device === null ? { email } : { device }
    return await writeFirst(async (work) => {
      await takeTry(work, tried)
      return { proof: await tryCode(work, user?.id ?? null, input.code), tried }
    })
  },
  async run(context) {
    const proof = await redeemCode(context, context.prepared.proof)
    await forgetTries(context.tx, context.prepared.tried)
    return await signIn(context, await proveByMail(context, proof), 'code')
  },
})
