import { recently, signedIn } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { sessions, users } from './collections.ts'
import { accountFactorChanged } from './events.ts'
import { issueRecoveryCodes, totpFactors } from './second-factor.ts'
import { endOtherSessions } from './session.ts'
import { recoveryCodesOutput } from './shapes.ts'
import { totpStep } from './totp.ts'

/** `POST /api/auth/totp/confirm`: a code shows that the app has the secret. Every sign-in asks for one from now on; whoever signed in elsewhere without is signed out. */
export const confirmTotp = command({
  name: 'accounts.confirmTotp',
  route: 'POST /api/auth/totp/confirm',
  summary: 'Use an authenticator app from now on',
  tag: 'Accounts',
  input: Type.Object({ code: Type.String({ pattern: '^[0-9]{6}$', examples: ['042917'] }) }, { additionalProperties: false }),
  output: recoveryCodesOutput,
  errors: ['second_factor_exists', 'not_found'],
  access: recently(signedIn),
  rate: 'account',
  hasSecretInput: true,
  async run(context) {
    const { tx, now, input, actor, request } = context
    const user = await tx.lock(users, actor.id!, 'exclusive')
    const session = actor.session === null ? null : await tx.get(sessions, actor.session)
    if (user === null || session === null) throw new EngineError('unauthenticated')
    const totp = await findUnique(tx, totpFactors, eq('user', user.id))
    if (totp === null) throw new EngineError('not_found', { detail: 'Begin by POST /api/auth/totp/enrol.' })
    if (totp.confirmedAt !== null) throw new EngineError('second_factor_exists')
    const lastStep = totpStep(totp.secret, input.code, { now, lastStep: totp.lastStep })
    if (lastStep === null) throw invalid('/code', 'wrong', 'is not the code that the app shows now; look that its clock is right')
    await tx.update(totpFactors, totp, { set: { confirmedAt: now, recoveryCodesAt: now, lastStep } })
    await endOtherSessions(tx, actor)
    await tx.update(sessions, session, { set: { ways: [...new Set([...(session.ways ?? []), 'totp' as const])] } })
    const recoveryCodes = await issueRecoveryCodes(context, user.id)
    const language = languageOf(request.headers['accept-language'])
    return { output: { recoveryCodes }, events: [accountFactorChanged({ user, change: 'added', language })] }
  },
})
