import { signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import { users } from './collections.ts'
import { userOutput, userView } from './shapes.ts'

export const getMe = query({
  name: 'accounts.me',
  route: 'GET /api/auth/me',
  summary: 'The account that asks',
  tag: 'Accounts',
  input: Type.Object({}, { additionalProperties: false }),
  output: userOutput,
  access: signedIn,
  async run({ read, actor }) {
    const user = await read.get(users, actor.id!)
    if (user === null) throw new EngineError('unauthenticated')
    return { output: userView(user) }
  },
})
