import { recently, signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { checkPlace, issueChallenge, passkeysOf } from './passkeys.ts'
import { creationOptions, creationOptionsOutput } from './webauthn.ts'

/** `POST /api/auth/passkeys/register/start`: what the browser makes a passkey from. */
export const startPasskeyRegistration = command({
  name: 'accounts.startPasskeyRegistration',
  route: 'POST /api/auth/passkeys/register/start',
  summary: 'Begin to add a passkey',
  tag: 'Accounts',
  input: Type.Object({}, { additionalProperties: false }),
  output: creationOptionsOutput,
  errors: ['too_many_passkeys'],
  access: recently(signedIn),
  rate: 'account',
  async run(context) {
    const { tx, actor, project } = context
    const user = await tx.get(users, actor.id!)
    if (user === null || actor.session === null) throw new EngineError('unauthenticated')
    await checkPlace(tx, user.id)
    const challenge = await issueChallenge(context, { for: 'register', session: actor.session })
    return { output: creationOptions(project, user, { challenge, known: await passkeysOf(tx, user.id) }) }
  },
})
