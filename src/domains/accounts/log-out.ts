import { anyone } from '../../access/rule.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { actingCookie, endActing } from './impersonations.ts'
import { dropBegun } from './proofs.ts'
import { endedCookie, endSessions } from './session.ts'

/** Ends the session the request came with, or all of its account. Saying it twice is no error. */
export const logOut = command({
  name: 'accounts.logOut',
  route: 'POST /api/auth/logout',
  summary: 'Sign out',
  tag: 'Accounts',
  status: 204,
  input: Type.Object(
    { everywhere: Type.Optional(Type.Boolean({ description: 'Ends every session of the account.' })) },
    { additionalProperties: false },
  ),
  output: Type.Null(),
  access: anyone,
  async run({ tx, now, input, actor, request, project }) {
    // Whoever acts as somebody is themselves again, and stays signed in.
    if (actor.impersonator && actor.session !== null) {
      await endActing(tx, actor.session, now)
      return { output: null, status: 204, headers: { 'set-cookie': actingCookie(project, '') } }
    }
    if (actor.session !== null) await endSessions(tx, input.everywhere ? eq('user', actor.id!) : eq('id', actor.session))
    if (actor.session !== null && input.everywhere) await dropBegun(tx, actor.id!)
    // A page of another site cannot send the browser's cookie: nor does it take it away.
    const isForeign = request.headers['sec-fetch-site'] === 'cross-site'
    return { output: null, status: 204, ...(isForeign ? {} : { headers: { 'set-cookie': endedCookie(project) } }) }
  },
})
