import { signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { issueChallenge, passkeysOf } from './passkeys.ts'
import { requestOptions, requestOptionsOutput } from './webauthn.ts'

/** `POST /api/auth/passkeys/prove/start`: for whoever is to show again who they are. The answer goes to `POST /api/auth/prove`. */
export const startPasskeyProof = command({
  name: 'accounts.startPasskeyProof',
  route: 'POST /api/auth/passkeys/prove/start',
  summary: 'Begin to show again who you are, by a passkey',
  tag: 'Accounts',
  input: Type.Object({}, { additionalProperties: false }),
  output: requestOptionsOutput,
  errors: ['not_found'],
  access: signedIn,
  async run(context) {
    const { tx, actor, project } = context
    if (actor.session === null) throw new EngineError('unauthenticated')
    const known = await passkeysOf(tx, actor.id!)
    if (known.length === 0) throw new EngineError('not_found', { detail: 'This account has no passkey.' })
    const challenge = await issueChallenge(context, { for: 'prove', session: actor.session })
    return { output: requestOptions(project, { challenge, known }) }
  },
})
