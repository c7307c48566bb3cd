import { signedIn } from '../../access/rule.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { endOtherSessions } from './session.ts'

/** Ends every session of the account but the one that asks. */
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
    return { output: null, status: 204 }
  },
})
