import { signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { nameInput, normalName, userOutput, userView } from './shapes.ts'

export const updateMe = command({
  name: 'accounts.updateMe',
  route: 'PATCH /api/auth/me',
  summary: 'Change the own account',
  tag: 'Accounts',
  input: Type.Object({ name: nameInput }, { additionalProperties: false }),
  output: userOutput,
  access: signedIn,
  async run({ tx, input, actor }) {
    const user = await tx.get(users, actor.id!)
    if (user === null) throw new EngineError('unauthenticated')
    if (input.name === undefined) return { output: userView(user) }
    return { output: userView(await tx.update(users, user, { set: { name: normalName(input.name) } })) }
  },
})
