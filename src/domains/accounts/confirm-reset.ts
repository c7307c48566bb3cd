import { anyone } from '../../access/rule.ts'
import { languageOf } from '../../base/language.ts'
import { hashSecret } from '../../base/secret.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { users } from './collections.ts'
import { accountPasswordChanged } from './events.ts'
import { checkNewPassword } from './password-rules.ts'
import { dropProofs, proofs, redeemToken } from './proofs.ts'
import { endSessions } from './session.ts'
import { setPassword } from './set-password.ts'
import { passwordInput, tokenInput } from './shapes.ts'
import { proveByMail } from './sign-in.ts'

/** `POST /api/auth/reset/confirm`: a new password by the token of a mail. Every session and every other mail's way in ends. */
export const confirmReset = command({
  name: 'accounts.confirmReset',
  route: 'POST /api/auth/reset/confirm',
  summary: 'Set a new password',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({ token: tokenInput, password: passwordInput }, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['link_invalid'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async prepare({ input, read, project, services }) {
    // A password that is refused must not use up the link, and what is personal depends on whose it is.
    const proof = await findUnique(read, proofs, eq('secretHash', hashSecret(input.token)))
    const user = proof && (await read.get(users, proof.user))
    await checkNewPassword({ project, services }, input.password, { email: user?.email ?? '', name: user?.name ?? null })
    return await services.passwords.hash(input.password)
  },
  async run(context) {
    const { tx, input, request, prepared: hash } = context
    const user = await proveByMail(context, await redeemToken(context, 'reset', input.token))
    await setPassword(context, user.id, hash)
    await dropProofs(tx, user.id)
    await endSessions(tx, eq('user', user.id))
    return {
      output: null,
      status: 204,
      events: [accountPasswordChanged({ user, language: languageOf(request.headers['accept-language']) })],
    }
  },
})
