import { anyone } from '../../access/rule.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { endedCookie, endSessions } from './session.ts'

/** Ends the session the request came with. Saying it twice is no error. */
export const logOut = command({
  name: 'accounts.logOut',
  route: 'POST /api/auth/logout',
  summary: 'Sign out',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Null(),
  access: anyone,
  async run({ tx, actor, project }) {
    if (actor.session !== null) await endSessions(tx, eq('id', actor.session))
    return { output: null, status: 204, headers: { 'set-cookie': endedCookie(project) } }
  },
})
