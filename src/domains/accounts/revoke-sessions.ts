import { signedIn } from '../../access/rule.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { dropBegun } from './proofs.ts'
import { endOtherSessions } from './session.ts'

/** Ends every session of the account but the one that asks, and what those may have begun. */
export const revokeSessions = command({
  name: 'accounts.revokeSessions',
  route: 'DELETE /api/auth/sessions',
  summary: 'Sign out everywhere else',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Null(),
  access: signedIn,
  async run({ tx, actor }) {
    await endOtherSessions(tx, actor)
    await dropBegun(tx, actor.id!)
    return { output: null, status: 204 }
  },
})
