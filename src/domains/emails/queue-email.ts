// Owing a message: the row and the effect that sends it, in the transaction of what it tells about.

import { secretMark } from '../../base/secret.ts'
import type { Project } from '../../config/project.ts'
import { eq } from '../../contract/filter.ts'
import { type Static, Type } from '../../contract/type.ts'
import { effectKind, enqueue } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Repeats } from '../../storage/transaction.ts'
import { type Email, type EmailAttachment, emails } from './collections.ts'
import { findWritten, type Rendered, render, type Template, versionOf } from './render.ts'
import { type BoundKind, mayWriteTo } from './stranger-bound.ts'
import { type TemplateName, templates } from './templates.ts'

/** What a message of ours has none of. */
const notReceived = {
  fromName: null,
  reply: null,
  isVerified: null,
  authentication: null,
  enclosed: null,
  inbound: null,
} as const

export type NewEmail = {
  /** Once per key: `order.placed:ord_…`. */
  readonly key: string
  readonly to: string
  readonly template: TemplateName | OwnTemplate
  readonly view: Readonly<Record<string, unknown>>
  /** What its reader reads: `de-AT`. That of the template when left out. */
  readonly language?: string
  readonly record: string | null
  /** A token, or a code: the view has `secretMark` in its place. */
  readonly secret?: string | null
  readonly attachments?: readonly EmailAttachment[]
  /** Of whoever answers, where it is not the project's. */
  readonly replyTo?: string
  /** `usual` where whoever owes it may owe it twice and goes by the answer, also within one transaction. */
  readonly repeats?: Repeats
  /** Set for what anybody can cause by typing somebody's address: no more of it than the bound allows. */
  readonly bound?: BoundKind
  /** Not before. */
  readonly sendAt?: number | null
  /** From then on it is of no use. */
  readonly expiresAt?: number | null
  /** Staff wrote it, and no program of theirs. */
  readonly isByHand?: boolean
  /** The conversation that it is in, and the Message-IDs that it answers. */
  readonly thread?: { readonly id: string; readonly inReplyTo: string | null; readonly references: readonly string[] }
}
/** Of the project, whose words may stand in files, or words of their own, which have no name. */
type OwnTemplate = Pick<Template, 'category' | 'language'> &
  ({ readonly [K in 'subject' | 'text' | 'html']: string | null } | Template) & { readonly name: string | null }

/**
 * Sends a message. Once staff have it sent again: `attemptsBefore`, made before that, which say nothing of how long it is tried from then on;
 * and `anewAt`, ms since 1970 UTC, since when it is another message to a provider that knows a repeat by its key. `knownUntil`: one that may have
 * taken it knows a repeat until then.
 */
const sending = Type.Object({
  email: Type.String(),
  attemptsBefore: Type.Optional(Type.Integer()),
  anewAt: Type.Optional(Type.Integer()),
  knownUntil: Type.Optional(Type.Integer()),
})
export type Sending = Static<typeof sending>
export const emailSend = effectKind('email.send', sending)

/** Of the effect that sends it. */
export function sendKey(email: string): string {
  return `email.send:${email}`
}

/** Null when a message with this key is owed already, or its address has had enough of what strangers cause. */
export async function queueEmail(work: Work, given: NewEmail): Promise<Email | null> {
  const { tx, newId, project } = work
  if (given.bound !== undefined) {
    // A repeat of what is owed already takes nothing of what is left.
    if ((await findUnique(tx, emails, eq('key', given.key))) !== null) return null
    if (!(await mayWriteTo(work, { kind: given.bound, to: given.to }))) return null
  }
  const { from, replyTo, inbound } = project.mail
  const { sendAt = null, expiresAt = null } = given
  const id = newId('eml')
  const named = typeof given.template === 'string' ? { name: given.template, ...templates[given.template] } : given.template
  const template = templateFor(project, named, given.language)
  const { category } = template
  // By what it is about. Nobody answers a code or a link that opens an account, and what quotes one is not to lie here.
  const isAnswered = inbound !== null && category !== 'account'
  const { subject, text, html, version } = renderFor(project, template, given.view)
  const message = {
    id,
    direction: 'out',
    status: 'queued',
    from: from.name === '' ? from.address : `${from.name} <${from.address}>`,
    to: given.to,
    replyTo: given.replyTo ?? (isAnswered ? null : replyTo),
    subject,
    // What somebody typed is no mark: it would be waited for until the mail expired.
    text: given.secret ? text : withoutMark(text),
    html: html === null || given.secret ? html : withoutMark(html),
    secret: given.secret ?? null,
    // RFC 5322 section 3.6.4: unique for ever, at a domain that is ours.
    messageId: `<${id}@${from.address.slice(from.address.indexOf('@') + 1)}>`,
    key: given.key,
    template: named.name,
    templateVersion: named.name === null ? null : version,
    record: given.record,
    ...threadedBy(given.thread),
    attachments: given.attachments ?? null,
    category: category ?? 'transactional',
    sendAt,
    expiresAt,
    ...notReceived,
    isAutomatic: given.isByHand !== true,
    lastError: null,
    failure: null,
    uncertainAt: null,
    sentAt: null,
  } as const
  const email = await tx.insertOnce(emails, message, given.repeats ?? 'rare')
  if (email === null) return null
  const about = given.record === null ? {} : { record: given.record }
  const later = sendAt === null ? {} : { dueAt: sendAt }
  const effect = { key: sendKey(id), payload: { email: id }, ...about, ...later, subject: email }
  await enqueue(work, emailSend, { ...effect, isNew: true, isUnrecognised: true })
  return email
}

/** As the project has it. */
export function templateFor({ mail }: Project, template: OwnTemplate, language?: string): Template {
  const reads = language ?? template.language
  const found = template.name === null ? null : findWritten(mail.written.templates, template.name, reads ?? mail.language)
  const { text } = template
  if (found === null && text === null) throw new Error(`The mail ${template.name} has no words`)
  const words = { ...template, ...found } as Template
  // One for all languages is read in that of its reader.
  return reads === undefined || found?.language !== undefined ? words : { ...words, language: reads }
}

/** In the look of the project, and in its language where the template has none. */
export function renderFor({ name, mail }: Project, template: Template, view: NewEmail['view']): Rendered & { readonly version: string } {
  const { design, language, written } = mail
  const look = { shop: name, design, language, layouts: written.layouts }
  return { ...render(template, view, look), version: versionOf(template, look) }
}

/** No mark can be made of what is left. */
function withoutMark(words: string): string {
  return words.replaceAll(secretMark, '-secret-')
}

function threadedBy(thread: NewEmail['thread']): Pick<Email, 'thread' | 'inReplyTo' | 'references'> {
  if (thread === undefined) return { thread: null, inReplyTo: null, references: null }
  return { thread: thread.id, inReplyTo: thread.inReplyTo, references: [...thread.references] }
}
