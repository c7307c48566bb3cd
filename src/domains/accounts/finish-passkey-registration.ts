import { recently, signedIn } from '../../access/rule.ts'
import { agentName } from '../../base/agent-name.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { hashSecret } from '../../base/secret.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { sessions, users } from './collections.ts'
import { accountFactorChanged } from './events.ts'
import { passkeyOutput, passkeyView } from './passkey-view.ts'
import { checkPlace, isChallengeOpen, passkeys, redeemChallenge } from './passkeys.ts'
import { factorsOf, issueRecoveryCodes } from './second-factor.ts'
import { endOtherSessions } from './session.ts'
import { recoveryCodesOutput } from './shapes.ts'
import { challengeIn, readRegistration, registrationInput } from './webauthn.ts'

/**
 * `POST /api/auth/passkeys/register/finish`: from now on the passkey signs in by itself, and is asked for after a password or a
 * mail. With the first factor of an account come recovery codes, and whoever signed in elsewhere without is signed out.
 */
export const finishPasskeyRegistration = command({
  name: 'accounts.finishPasskeyRegistration',
  route: 'POST /api/auth/passkeys/register/finish',
  summary: 'Add a passkey',
  tag: 'Accounts',
  status: 201,
  input: registrationInput,
  output: Type.Object({
    passkey: passkeyOutput,
    recoveryCodes: Type.Union([recoveryCodesOutput.properties.recoveryCodes, Type.Null()], {
      description: 'With the first factor of an account, this once.',
    }),
  }),
  errors: ['too_many_passkeys'],
  access: recently(signedIn),
  rate: 'account',
  async prepare({ input, read, now, actor, project }) {
    const purpose = { for: 'register', session: actor.session ?? '' } as const
    const challenge = challengeIn(input)
    const isOpen = challenge !== null && (await isChallengeOpen(read, now, challenge, purpose))
    const made = isOpen ? await readRegistration(project, input) : null
    return made && { made, challenge: challenge!, purpose }
  },
  async run(context) {
    const { tx, actor, request, newId, prepared } = context
    const user = await tx.lock(users, actor.id!, 'exclusive')
    const session = actor.session === null ? null : await tx.get(sessions, actor.session)
    if (user === null || session === null) throw new EngineError('unauthenticated')
    if (prepared === null || !(await redeemChallenge(context, prepared.challenge, prepared.purpose)))
      throw invalid('/response', 'wrong', 'is no new passkey for this site, or took too long; start again')
    await checkPlace(tx, user.id)
    const isFirst = (await factorsOf(tx, user.id)).length === 0
    const device = agentName(request.headers['user-agent']) || null
    const fields = { user: user.id, name: device ?? 'Passkey', device, idHash: hashSecret(prepared.made.credential), ...prepared.made }
    const none = { usedAt: null, copySeenAt: null, recoveryCodesAt: isFirst ? context.now : null }
    const passkey = await tx.insertOnce(passkeys, { id: newId('psk'), ...fields, ...none }, 'rare')
    if (passkey === null) throw invalid('/id', 'taken', 'is the passkey of an account already')
    if (isFirst) {
      await endOtherSessions(tx, actor)
      await tx.update(sessions, session, { set: { ways: [...new Set([...(session.ways ?? []), 'passkey' as const])] } })
    }
    const recoveryCodes = isFirst ? await issueRecoveryCodes(context, user.id) : null
    const language = languageOf(request.headers['accept-language'])
    const events = [accountFactorChanged({ user, change: 'passkey_added', language })]
    return { output: { passkey: passkeyView(passkey), recoveryCodes }, status: 201, events }
  },
})
