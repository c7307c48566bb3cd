// What staff do with conversations: answer, close, hand over, write down what they think, say which record it is about. An answer goes to whom
// the conversation is with, also where somebody else has written into it: whoever got hold of an address of ours is not written to by it.
import { staff } from '../../access/rule.ts'
import { isEmail } from '../../base/email-address.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { and, eq, isNull } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type CommandContext, command, type Operation } from '../../operation/define.ts'
import { checkIfMatch } from '../../records/etag.ts'
import { presentAll } from '../../records/present.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import { users } from '../accounts/collections.ts'
import { emails } from '../emails/collections.ts'
import { queueEmail } from '../emails/queue-email.ts'
import { verbatim } from '../emails/send-mail.ts'
import { type EmailThread, emailThreads, idsAfter, threadKeyOf, threadStatuses } from '../emails/threads.ts'
import { findRecord } from './find-record.ts'
import { filledReply, savedReplies } from './saved-replies.ts'
import { threadNotes } from './thread-notes.ts'

const id = Type.String({ maxLength: limits.idCharactersMax })
const idOrNull = (description: string) =>
  Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: limits.idCharactersMax, description }))
const status = Type.Optional(
  Type.Unsafe<(typeof threadStatuses)[number]>({
    type: 'string',
    enum: [...threadStatuses],
    description: 'What the conversation is after it. After an answer `waiting` when left out.',
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
    {
      id,
      text: Type.Optional(Type.String({ minLength: 1, maxLength: limits.longTextCharactersMax })),
      savedReply: Type.Optional(Type.String({ maxLength: limits.idCharactersMax, description: 'In place of a text.' })),
      status,
    },
    { additionalProperties: false, examples: [{ text: 'It left today.' }] },
  ),
  output: Type.Unsafe<unknown>({ type: 'object', title: 'emails' }),
  errors: ['not_found', 'conflict', 'precondition_failed'],
  access: staff,
  async run(work) {
    const { tx, input, actor, model, newId, now } = work
    const thread = await lockThread(work)
    if (!isEmail(thread.address)) throw new EngineError('conflict', { detail: 'Its letters name no address that an answer could go to.' })
    const subject = /^re:/i.test(thread.subject) ? thread.subject : `Re: ${thread.subject}`
    const text = await wordsOf(work, thread)
    const email = (await queueEmail(work, {
      key: `emailThreads.reply:${newId('key')}`,
      to: thread.address,
      template: { ...verbatim, html: null },
      view: { subject, text },
      record: thread.record,
      isByHand: actor.session !== null,
      thread: { id: thread.id, inReplyTo: thread.messageIds.at(-1) ?? null, references: thread.messageIds },
    }))!
    const messageIds = idsAfter(thread.messageIds, email.messageId)
    await tx.update(emailThreads, thread, { set: { isUnread: false, lastAt: now, messageIds, status: input.status ?? 'waiting' } })
    const [output] = await presentAll(tx, model.get(emails), actor, [email])
    return { output: output as unknown, status: 201, headers: { location: `/api/emails/${email.id}` } }
  },
})

type Asked = { readonly id: string }

/** @throws not_found, precondition_failed: somebody else has written, answered or handed it over meanwhile */
async function lockThread({ tx, input, actor, model, request }: CommandContext<Asked>): Promise<EmailThread> {
  const thread = await tx.lock(emailThreads, input.id, 'exclusive')
  if (thread === null) throw new EngineError('not_found')
  checkIfMatch(model.get(emailThreads), { actor, ifMatch: request.ifMatch }, thread)
  return thread
}

type Answer = Asked & { readonly text?: string; readonly savedReply?: string }

/** @throws validation_failed: also where a saved reply has something to fill in that is not there; nobody is sent the braces */
async function wordsOf(work: CommandContext<Answer>, thread: EmailThread): Promise<string> {
  const { tx, input } = work
  if (input.text !== undefined) {
    if (input.savedReply !== undefined) throw invalid('/savedReply', 'unknown_field', 'is in place of a text, and there is one')
    return input.text
  }
  if (input.savedReply === undefined) throw invalid('/text', 'required', 'is missing, as there is no saved reply')
  const saved = await tx.get(savedReplies, input.savedReply)
  if (saved === null) throw invalid('/savedReply', 'reference', 'is no saved reply')
  const { text, missing } = await filledReply({ ...work, read: tx }, saved, thread)
  if (missing.length > 0) throw invalid('/savedReply', 'schema', `needs what is not there: ${missing.join(', ')}`)
  return text
}

/** `PATCH /api/emailThreads/{id}` */
const updateThread = command({
  name: 'emailThreads.update',
  route: 'PATCH /api/emailThreads/:id',
  summary: 'Close a conversation, open it again, hand it over, or say what it is about',
  tag: 'E-mails',
  isPresented: true,
  input: Type.Object(
    {
      id,
      status,
      isUnread: Type.Optional(Type.Boolean({ description: 'Whether somebody of the staff should still look at it.' })),
      assignee: idOrNull('Whose it is, of the staff.'),
      record: idOrNull('What it is about: its letters are shown there.'),
    },
    { additionalProperties: false },
  ),
  output: Type.Unsafe<unknown>({ type: 'object', title: 'emailThreads' }),
  errors: ['not_found', 'precondition_failed'],
  access: staff,
  async run(work) {
    const { tx, input, actor, model } = work
    const thread = await lockThread(work)
    const { id: _, assignee, record, ...given } = input
    if (assignee != null) {
      const user = await tx.get(users, assignee)
      if (user === null || user.disabled || user.roles.length === 0) throw invalid('/assignee', 'reference', 'is nobody of the staff')
    }
    const place = record === undefined || record === thread.record ? {} : await attach(work, thread, record)
    const set = { ...given, ...place, ...(assignee !== undefined && { assignee }) }
    const changed = Object.keys(set).length === 0 ? thread : await tx.update(emailThreads, thread, { set })
    const [output] = await presentAll(tx, model.get(emailThreads), actor, [changed])
    return { output: output as unknown }
  },
})

/** Its letters and our answers go along. A receipt that was answered stays with what it is of. @throws validation_failed */
async function attach({ tx, model, actor }: CommandContext<Asked>, thread: EmailThread, record: string | null) {
  if (record !== null && (await findRecord({ read: tx, model, actor }, record)) === null)
    throw invalid('/record', 'reference', 'is no record that you may see')
  const letters = await findAll(tx, emails, and(eq('thread', thread.id), isNull('template')))
  for (const letter of letters) await tx.update(emails, letter, { set: { record } })
  const key = record === null ? null : threadKeyOf(record, thread.address)
  const isFree = key !== null && (await findUnique(tx, emailThreads, eq('key', key))) === null
  // Where there is one of that record and address already, both stay.
  return { record, key: isFree ? key : `letter:${thread.id}` }
}

/** `POST /api/emailThreads/{id}/notes` */
const noteThread = command({
  name: 'emailThreads.note',
  route: 'POST /api/emailThreads/:id/notes',
  summary: 'Write a note on a conversation, for staff alone',
  tag: 'E-mails',
  status: 201,
  isPresented: true,
  input: Type.Object(
    { id, text: Type.String({ minLength: 1, maxLength: limits.noteCharactersMax, format: 'free-text' }) },
    { additionalProperties: false, examples: [{ text: 'She has called, too.' }] },
  ),
  output: Type.Unsafe<unknown>({ type: 'object', title: 'threadNotes' }),
  errors: ['not_found'],
  access: staff,
  async run({ tx, input, actor, model, newId }) {
    const thread = await tx.lock(emailThreads, input.id, 'shared')
    if (thread === null) throw new EngineError('not_found')
    const author = actor.kind === 'user' ? actor.id : null
    const note = await tx.insert(threadNotes, { id: newId('etn'), thread: thread.id, author, text: input.text })
    const [output] = await presentAll(tx, model.get(threadNotes), actor, [note])
    return { output: output as unknown, status: 201 }
  },
})

export const threadOperations: readonly Operation[] = [replyToThread, updateThread, noteThread]
