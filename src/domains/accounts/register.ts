import { anyone } from '../../access/rule.ts'
import { addressBlock } from '../../base/address-block.ts'
import { normalEmail } from '../../base/email-address.ts'
import { languageOf } from '../../base/language.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { passwords, users } from './collections.ts'
import { accountProofAsked, accountRegistered } from './events.ts'
import { checkNewPassword } from './password-rules.ts'
import { formerOwner } from './proofs.ts'
import { emailInput, nameInput, normalName, passwordInput } from './shapes.ts'

/**
 * Opens an account. The answer is the same whether the address was free: its owner learns the rest by
 * mail, so nobody can find out who has an account here. Signing in is a call of its own.
 */
export const register = command({
  name: 'accounts.register',
  route: 'POST /api/auth/register',
  summary: 'Open an account',
  tag: 'Accounts',
  status: 201,
  input: Type.Object({ email: emailInput, password: passwordInput, name: nameInput }, { additionalProperties: false }),
  output: Type.Object({ email: Type.String(), name: Type.Unsafe<string | null>({ type: ['string', 'null'] }) }),
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async prepare({ input, project, services }) {
    await checkNewPassword({ project, services }, input.password, { email: input.email, name: input.name ?? null })
    return await services.passwords.hash(input.password)
  },
  async run(work) {
    const { tx, input, newId, actor, request, prepared: hash } = work
    const email = normalEmail(input.email)
    const name = normalName(input.name)
    const output = { email, name }
    const language = languageOf(request.headers['accept-language'])
    const asked = accountProofAsked({ purpose: 'register', email, language, network: addressBlock(actor.origin) })
    // Its owner of some days ago may yet take it back.
    if ((await formerOwner(work, email)) !== null) return { output, events: [asked] }
    const user = await tx.insertOnce(users, {
      id: newId('usr'),
      email,
      name,
      roles: [],
      emailVerified: false,
      disabled: false,
      customerGroup: null,
    })
    if (user === null) {
      // As much work as for a free address: the time of the answer does not tell.
      await tx.touch(passwords, 'pwd_nobody', { set: { hash } })
      return { output, events: [asked] }
    }
    await tx.insert(passwords, { id: newId('pwd'), user: user.id, hash })
    return { output, events: [accountRegistered({ user }), asked] }
  },
})
