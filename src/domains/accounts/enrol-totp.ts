import { recently, signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { users } from './collections.ts'
import { newTotpSecret, totpFactors } from './second-factor.ts'
import { totpUri } from './totp.ts'

/** `POST /api/auth/totp/enrol`: a secret for an authenticator app. It counts for nothing until a code of it is confirmed; asked again, it is another one. */
export const enrolTotp = command({
  name: 'accounts.enrolTotp',
  route: 'POST /api/auth/totp/enrol',
  summary: 'Begin with an authenticator app',
  tag: 'Accounts',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object(
    {
      secret: Type.String({ description: 'In base32, to be typed into the app.' }),
      uri: Type.String({ description: 'The same for a QR code: `otpauth://totp/…`.' }),
    },
    { title: 'TotpSecret' },
  ),
  errors: ['second_factor_exists'],
  access: recently(signedIn),
  rate: 'account',
  hasSecretInput: true,
  async run(context) {
    const { tx, actor, project, newId } = context
    const user = await tx.get(users, actor.id!)
    if (user === null) throw new EngineError('unauthenticated')
    const before = await findUnique(tx, totpFactors, eq('user', user.id))
    if (before !== null && before.confirmedAt !== null) throw new EngineError('second_factor_exists')
    const secret = newTotpSecret(context)
    if (before === null)
      await tx.insert(
        totpFactors,
        { id: newId('tot'), user: user.id, secret, confirmedAt: null, recoveryCodesAt: null, lastStep: 0 },
        'conflict',
      )
    else await tx.update(totpFactors, before, { set: { secret } })
    return { output: { secret, uri: totpUri(secret, { issuer: project.name, account: user.email }) } }
  },
})
