// `GET /api/mailChecks`: whether the DNS says of the domains of mail what receivers look for. The same as `kingpost doctor mail`.
import { staff } from '../../access/rule.ts'
import { Type } from '../../contract/type.ts'
import { type Operation, query } from '../../operation/define.ts'
import { type MailCheck, mailCheckStates, mailCheckSubjects } from './mail-checks.ts'

const nullable = (description: string) => Type.Unsafe<string | null>({ type: ['string', 'null'], description })
const output = Type.Object({
  items: Type.Array(
    Type.Object(
      {
        subject: Type.Unsafe<MailCheck['subject']>({ type: 'string', enum: [...mailCheckSubjects] }),
        name: Type.String({ description: 'The name in the DNS.' }),
        state: Type.Unsafe<MailCheck['state']>({ type: 'string', enum: [...mailCheckStates] }),
        says: Type.String(),
        found: nullable('What is there now.'),
        publish: Type.Unsafe<MailCheck['publish']>({
          type: ['object', 'null'],
          description: 'What to enter where the domain is kept.',
          properties: { type: { type: 'string', enum: ['TXT', 'MX', 'PTR'] }, name: { type: 'string' }, value: { type: 'string' } },
          required: ['type', 'name', 'value'],
        }),
      },
      { title: 'MailCheck' },
    ),
  ),
})

export function lookAtMailDomains(look: () => Promise<readonly MailCheck[]>): Operation {
  return query({
    name: 'mailChecks.look',
    route: 'GET /api/mailChecks',
    summary: 'What the DNS says of the domains of mail, and what to publish',
    tag: 'E-mails',
    input: Type.Object({}, { additionalProperties: false }),
    output,
    access: staff,
    run: async () => ({ output: { items: [...(await look())] } }),
  })
}
