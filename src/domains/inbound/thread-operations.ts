// What staff do with conversations: answer, close, hand over. An answer goes to whom the conversation is with, also where somebody else has
// written into it: whoever got hold of an address of ours is not written to by it.
import { staff } from '../../access/rule.ts'
import { isEmail } from '../../base/email-address.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import { presentAll } from '../../records/present.ts'
import { users } from '../accounts/collections.ts'
import { emails } from '../emails/collections.ts'
import { queueEmail } from '../emails/queue-email.ts'
import { verbatim } from '../emails/send-mail.ts'
import { emailThreads, idsAfter, threadStatuses } from '../emails/threads.ts'

const id = Type.String({ maxLength: limits.idCharactersMax })
const status = Type.Optional(
  Type.Unsafe<(typeof threadStatuses)[number]>({
    type: 'string',
    enum: [...threadStatuses],
    description: 'What the conversation is after it.',
  }),
)

/** `POST /api/emailThreads/{id}/reply`: in the same thread of its reader's mail program. */
const replyToThread = command({
  name: 'emailThreads.reply',
  route: 'POST /api/emailThreads/:id/reply',
  summary: 'Answer a conversation by e-mail',
  tag: 'E-mails',
  status: 201,
  isPresented: true,
  input: Type.Object(
    { id, text: Type.String({ minLength: 1, maxLength: limits.longTextCharactersMax }), status },
    { additionalProperties: false, examples: [{ text: 'It left today.' }] },
  ),
  output: Type.Unsafe<unknown>({ type: 'object', title: 'emails' }),
  errors: ['not_found', 'conflict'],
  access: staff,
  async run(work) {
    const { tx, input, actor, model, newId, now } = work
    const thread = await tx.lock(emailThreads, input.id, 'exclusive')
    if (thread === null) throw new EngineError('not_found')
    if (!isEmail(thread.address)) throw new EngineError('conflict', { detail: 'Its letters name no address that an answer could go to.' })
    const subject = /^re:/i.test(thread.subject) ? thread.subject : `Re: ${thread.subject}`
    const email = (await queueEmail(work, {
      key: `emailThreads.reply:${newId('key')}`,
      to: thread.address,
      template: { ...verbatim, html: null },
      view: { subject, text: input.text },
      record: thread.record,
      thread: { id: thread.id, inReplyTo: thread.messageIds.at(-1) ?? null, references: thread.messageIds },
    }))!
    const messageIds = idsAfter(thread.messageIds, email.messageId)
    await tx.update(emailThreads, thread, { set: { isWaiting: false, lastAt: now, messageIds, status: input.status ?? thread.status } })
    const [output] = await presentAll(tx, model.get(emails), actor, [email])
    return { output: output as unknown, status: 201, headers: { location: `/api/emails/${email.id}` } }
  },
})

/** `PATCH /api/emailThreads/{id}` */
const updateThread = command({
  name: 'emailThreads.update',
  route: 'PATCH /api/emailThreads/:id',
  summary: 'Close a conversation, open it again, or hand it over',
  tag: 'E-mails',
  isPresented: true,
  input: Type.Object(
    {
      id,
      status,
      assignee: Type.Optional(
        Type.Unsafe<string | null>({
          type: ['string', 'null'],
          maxLength: limits.idCharactersMax,
          description: 'Whose it is, of the staff.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  output: Type.Unsafe<unknown>({ type: 'object', title: 'emailThreads' }),
  errors: ['not_found'],
  access: staff,
  async run({ tx, input, actor, model }) {
    const { id, assignee, ...given } = input
    const thread = await tx.lock(emailThreads, id, 'exclusive')
    if (thread === null) throw new EngineError('not_found')
    if (assignee != null) {
      const user = await tx.get(users, assignee)
      if (user === null || user.disabled || user.roles.length === 0) throw invalid('/assignee', 'reference', 'is nobody of the staff')
    }
    const set = { ...given, ...(assignee !== undefined && { assignee }), ...(given.status === 'closed' && { isWaiting: false }) }
    const changed = Object.keys(set).length === 0 ? thread : await tx.update(emailThreads, thread, { set })
    const [output] = await presentAll(tx, model.get(emailThreads), actor, [changed])
    return { output: output as unknown }
  },
})

export const threadOperations: readonly Operation[] = [replyToThread, updateThread]
