import { type Actor, isStaff } from '../../access/actor.ts'
import { signedIn } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import type { Reader } from '../../storage/storage.ts'
import { users } from './collections.ts'
import { userOutput, userView } from './shapes.ts'

export const getMe = query({
  name: 'accounts.me',
  route: 'GET /api/auth/me',
  summary: 'The account that asks',
  tag: 'Accounts',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object(
    {
      ...userOutput.properties,
      isStaff: Type.Boolean({ description: 'For the console: staff for anything.' }),
      impersonatedBy: Type.Unsafe<{ id: string; email: string; mayWrite: boolean; until: string } | null>({
        type: ['object', 'null'],
        properties: {
          id: { type: 'string' },
          email: { type: 'string' },
          mayWrite: { type: 'boolean' },
          until: { type: 'string', format: 'date-time' },
        },
        required: ['id', 'email', 'mayWrite', 'until'],
        additionalProperties: false,
        description: 'Who of support acts as this account in this session.',
      }),
      lacksFactor: Type.Boolean({ description: 'A role asks for a second factor: until there is one, it can only be added.' }),
    },
    { title: 'Me' },
  ),
  access: signedIn,
  isForEachRole: true,
  async run({ read, actor }) {
    const user = await read.get(users, actor.id!)
    if (user === null) throw new EngineError('unauthenticated')
    return {
      output: {
        ...userView(user),
        isStaff: isStaff(actor),
        lacksFactor: actor.lacksFactor ?? false,
        impersonatedBy: await impersonatedBy(read, actor),
      },
    }
  },
})

async function impersonatedBy(read: Reader, { impersonator, sessionEndsAt }: Actor) {
  const by = impersonator && (await read.get(users, impersonator.id))
  return by ? { id: by.id, email: by.email, mayWrite: impersonator!.mayWrite, until: toIso(sessionEndsAt!) } : null
}
