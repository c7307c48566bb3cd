import { anyone } from '../../access/rule.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { users } from './collections.ts'
import { redeemCode, tryCode } from './proofs.ts'
import { emailInput, normalEmail, sessionOutput } from './shapes.ts'
import { proveByMail, signIn } from './sign-in.ts'

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
  output: sessionOutput,
  errors: ['code_invalid'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async prepare({ input, read, writeFirst }) {
    const user = await findUnique(read, users, eq('email', normalEmail(input.email)))
    return await writeFirst((work) => tryCode(work, user?.id ?? null, input.code))
  },
  async run(context) {
    const proof = await redeemCode(context, context.prepared)
    return await signIn(context, await proveByMail(context, proof), 'code')
  },
})
