import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { knownDevice } from './devices.ts'
import { findPending, redeemPending, takeTryOfPending } from './proofs.ts'
import { redeemFactor } from './second-factor.ts'
import { factorCodeInput, sessionOutput, tokenInput } from './shapes.ts'
import { openAccount, recoveryUsed } from './sign-in.ts'
import { forgetTries, takeTry } from './sign-in-tries.ts'

/** `POST /api/auth/totp/verify`: ends a sign-in that asked for a second factor. A try counts before it is looked at, and stays. */
export const verifyTotp = command({
  name: 'accounts.verifyTotp',
  route: 'POST /api/auth/totp/verify',
  summary: 'Sign in by the second factor',
  tag: 'Accounts',
  input: Type.Object({ pending: tokenInput, code: factorCodeInput }, { additionalProperties: false }),
  output: sessionOutput,
  errors: ['code_invalid', 'pending_invalid'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async prepare({ input, read, request, now, writeFirst }) {
    const { user } = await findPending(read, now, input.pending)
    // Whoever knows the password can make many of them: the tries are the account's.
    const tried = { factor: (await knownDevice(read, user, request)) ?? user }
    await writeFirst(async (work) => {
      await takeTry(work, tried)
      await takeTryOfPending(work, input.pending)
    })
    return { id: user, tried }
  },
  async run(context) {
    const { tx, input } = context
    const { id, tried } = context.prepared
    // Before it is used up: whoever ends it meanwhile, such as by a new password, ends the session with it.
    const user = await tx.lock(users, id, 'shared')
    const { way } = await redeemPending(context, input.pending)
    if (user === null || user.disabled) throw new EngineError('pending_invalid')
    const factor = await redeemFactor(context, id, input.code)
    if (factor === null)
      throw new EngineError('code_invalid', { detail: 'This code is wrong, or was used. Wait for the next one, or take a recovery code.' })
    await forgetTries(tx, tried)
    const opened = await openAccount(context, user, [way, factor])
    return { ...opened, events: [...opened.events, ...recoveryUsed(context, user, factor)] }
  },
})
