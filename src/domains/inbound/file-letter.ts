// Writing a message that was read: once, however often and by whichever way it came; into the thread that it belongs to; and what a mail
// system says of a message of ours is noted there. Invariants: a thread is found by what only who was written to can know (a signed address, the
// Message-ID of ours), never by a subject; a report is believed at the return path alone, which whoever is handed a mail does not see.
import { isEmail, normalEmail } from '../../base/email-address.ts'
import { limits } from '../../base/limits.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { eq, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import type { Authentication } from '../emails/authentication.ts'
import { type Email, emails } from '../emails/collections.ts'
import { emailReceived } from '../emails/events.ts'
import { type EmailThread, emailIds, emailThreads, idsAfter, openThread, threadKeyOf } from '../emails/threads.ts'
import { type InboundMail, inboundMails } from './collections.ts'
import { routeOf } from './mail-route.ts'
import { noteReport } from './note-report.ts'
import type { ParsedMail } from './parse-mail.ts'
import type { Recognised } from './recognise.ts'

export type Letter = {
  readonly mail: InboundMail
  readonly parsed: ParsedMail
  readonly recognised: Recognised
  /** Null: nobody has looked. */
  readonly authentication: Authentication | null
}

export async function fileLetter(work: Work, letter: Letter): Promise<readonly DomainEvent[]> {
  const { tx } = work
  const { mail, parsed } = letter
  const key = keyOf(letter)
  const repeated = await findUnique(tx, emails, eq('key', key))
  if (repeated !== null) {
    await tx.update(inboundMails, mail, { set: { state: 'parsed', email: repeated.id } })
    return []
  }
  // What a mail system says of a message belongs to that message, not to a conversation.
  const reported = await findReported(work, letter)
  if (reported !== null) {
    const email = await insertLetter(work, letter, { key, thread: null, answered: reported })
    await tx.update(inboundMails, mail, { set: { state: 'parsed', email: email.id } })
    await noteReport(work, { report: parsed.report!, about: reported })
    return []
  }
  const filed = new Map<string, { readonly email: Email; readonly thread: EmailThread }>()
  const places = await findAnswered(work, letter)
  for (const answered of places.length === 0 ? [null] : places) {
    const id = work.newId('eml')
    const thread = await threadOf(work, { ...letter, answered, id })
    if (filed.has(thread.id)) continue
    // One letter about two orders stands at both.
    const own = filed.size === 0 ? key : `in:${thread.id}:${parsed.digest}`
    filed.set(thread.id, { email: await insertLetter(work, letter, { id, key: own, thread, answered }), thread })
  }
  const all = [...filed.values()]
  await tx.update(inboundMails, mail, { set: { state: 'parsed', email: all[0]!.email.id } })
  return all.map((one) => emailReceived(one))
}

type Filed = { readonly id?: string; readonly key: string; readonly thread: EmailThread | null; readonly answered: Email | null }

async function insertLetter({ tx, now, newId }: Work, letter: Letter, { id = newId('eml'), ...filed }: Filed): Promise<Email> {
  const { messageId } = letter.parsed
  const email = await tx.insert(emails, rowOf(letter, { ...filed, id, now }), 'conflict')
  if (messageId !== null) await tx.insert(emailIds, { id: newId('emid'), messageId, email: id })
  return email
}

/** The same message by another way, or brought again with another way noted in its head, is the same. */
function keyOf({ mail, parsed }: Letter): string {
  return `in:${mail.recipients
    .map((one) => one.toLowerCase())
    .toSorted()
    .join(',')}:${parsed.digest}`.slice(-400)
}

/** The message of ours that a mail system tells of, where that is to be believed. Anything else is a letter, and shown to staff. */
async function findReported({ tx }: Work, { mail, parsed: { report }, recognised }: Letter): Promise<Email | null> {
  if (report === null || report.kind === 'automatic') return null
  // Mail systems write by `<>`, or in a form that no person writes.
  if (mail.from !== null && report.source !== 'part') return null
  const place = recognised.places.find(({ use }) => use === 'bounce')
  return place === undefined ? null : await tx.get(emails, place.email)
}

/** The messages of ours, or the one of theirs, that it answers or speaks of. Who writes to two of our addresses answers two. */
async function findAnswered({ tx }: Work, { parsed, recognised }: Letter): Promise<readonly Email[]> {
  const addressed = await tx.getMany(
    emails,
    recognised.places.map(({ email }) => email),
  )
  if (addressed.length > 0) return addressed
  for (const messageId of [...parsed.answers, ...(parsed.report === null ? [] : parsed.encloses)]) {
    const found = await byMessageId(tx, messageId, parsed.from)
    if (found !== null) return [found]
  }
  return []
}

async function byMessageId(tx: Work['tx'], messageId: string, from: string): Promise<Email | null> {
  // Ours are made of the id of the message.
  const own = /^<(eml_[0-9a-hjkmnp-tv-z]{26})@/.exec(messageId)?.[1]
  if (own !== undefined) {
    const found = await tx.get(emails, own)
    // Another shop with this engine makes them as we do.
    if (found?.messageId === messageId) return found
  }
  // Beyond the limit: others of that id, which anybody may give to a letter. Then it begins a conversation of its own. A letter of somebody else
  // is not gone on with.
  const limit = limits.mailReferencesMax
  const rows = await tx.find(emailIds, { where: eq('messageId', messageId), sort: [{ path: 'id', descending: true }], limit })
  for (const { email } of rows) {
    const found = await tx.get(emails, email)
    if (found !== null && normalEmail(found.from) === normalEmail(from)) return found
  }
  return null
}

type Threaded = Letter & { readonly answered: Email | null; readonly id: string }

/** A letter that a person wrote opens it, and waits for somebody; one that a program wrote is shown there. */
async function threadOf(work: Work, letter: Threaded): Promise<EmailThread> {
  const { tx, now } = work
  const { mail, parsed, answered, id } = letter
  const address = addressOf(mail, parsed)
  const subject = parsed.subject || '(no subject)'
  const known = answered?.thread ? await tx.get(emailThreads, answered.thread) : null
  const routed = answered === null ? await routedRecord(work, mail) : null
  const thread = known ?? (await openThread(work, placeOf({ answered, routed, address, subject, id })))
  // The mail that began it is a part of it, too.
  if (answered !== null && answered.thread === null) await tx.update(emails, answered, { set: { thread: thread.id } })
  const messageIds = idsAfter(thread.messageIds, ...[answered?.messageId, parsed.messageId].filter((one) => one != null))
  // An answer of staff names it all the same.
  if (parsed.isAutomatic) return await tx.update(emailThreads, thread, { set: { isUnread: true, lastAt: now, messageIds } })
  const isSure = isVerified(letter, { thread, answered })
  // Whoever else has got hold of an address of ours gives its owner no name, and who may be somebody else gives them no other one.
  const isOwner = normalEmail(parsed.from) === thread.address && parsed.fromName !== '' && (isSure || thread.name === null)
  const set = {
    status: 'open',
    isUnread: true,
    isVerified: isSure,
    lastAt: now,
    messageIds,
    ...(isOwner && { name: parsed.fromName }),
  } as const
  return await tx.update(emailThreads, thread, { set })
}

/** The record that an address of the config says, by what stands in it. */
async function routedRecord({ tx, project: { mail } }: Work, { recipients }: InboundMail): Promise<string | null> {
  for (const address of mail.inbound === null ? [] : recipients) {
    const { route, part } = routeOf(mail.inbound!, address) ?? { route: null, part: null }
    if (route?.record == null || part === null) continue
    // Mail programs change the case of an address.
    const spelt = [...new Set([part, part.toUpperCase(), part.toLowerCase()])]
    const found = await findAll<AnyRecord>(tx, { name: route.record.collection }, oneOf(route.record.field, spelt))
    if (found.length === 1) return found[0]!.id
  }
  return null
}

/** Whom an answer may go to: one address, and not whatever stands in a head. */
function addressOf(mail: InboundMail, { replyTo, from }: ParsedMail): string {
  const good = [replyTo, from, mail.from ?? ''].find(isEmail)
  return good === undefined ? 'unknown' : normalEmail(good)
}

type Unplaced = {
  readonly answered: Email | null
  readonly routed: string | null
  readonly address: string
  readonly subject: string
  readonly id: string
}

function placeOf({ answered, routed, address, subject, id }: Unplaced) {
  if (routed !== null) return { key: threadKeyOf(routed, address), record: routed, address, subject }
  const to = answered?.direction === 'out' ? answered.to : address
  const record = answered?.record ?? null
  if (answered !== null && record !== null) return { key: threadKeyOf(record, to), record, address: to, subject: answered.subject }
  return { key: `letter:${answered?.id ?? id}`, record, address: to, subject: answered?.subject ?? subject }
}

/** What only a message of ours has. */
const notSent = { category: null, sendAt: null, expiresAt: null, failure: null, uncertainAt: null }

type NewRow = Filed & { readonly id: string; readonly now: number }

/**
 * The domain of its author vouches for it, and its author is whom the conversation is with, or has written into it as such. Whoever
 * names somebody else for the answer begins a conversation with them, and it is not sure that they know of it.
 */
function isVerified({ parsed: { from }, authentication }: Letter, { thread, answered }: Pick<Filed, 'thread' | 'answered'>): boolean {
  if (authentication?.isAuthentic !== true || thread === null) return false
  const isFrom = (address: string) => normalEmail(address) === normalEmail(from)
  return isFrom(thread.address) || (answered?.isVerified === true && isFrom(answered.from))
}

function rowOf(letter: Letter, filed: NewRow) {
  const { id, key, thread, answered, now } = filed
  const { mail, parsed, authentication } = letter
  const isNamed = isEmail(parsed.from)
  const { writtenAt } = parsed
  return {
    id,
    direction: 'in',
    status: 'received',
    // A head may say anything in place of an address.
    from: isNamed ? parsed.from : mail.from || parsed.from || 'unknown',
    to: mail.recipients[0] ?? parsed.to,
    replyTo: isEmail(parsed.replyTo) ? normalEmail(parsed.replyTo) : null,
    subject: parsed.subject,
    text: parsed.text,
    html: parsed.html,
    secret: null,
    messageId: parsed.messageId ?? `<${id}@unknown.invalid>`,
    key,
    template: null,
    templateVersion: null,
    record: thread?.record ?? answered?.record ?? null,
    thread: thread?.id ?? null,
    attachments: null,
    ...notSent,
    inReplyTo: parsed.answers[0] ?? null,
    references: [...parsed.references],
    fromName: parsed.fromName || (isNamed ? null : parsed.from.slice(0, 200) || null),
    reply: parsed.reply,
    isAutomatic: parsed.isAutomatic,
    isVerified: isVerified(letter, filed),
    authentication,
    enclosed: parsed.enclosed.length === 0 ? null : [...parsed.enclosed],
    inbound: mail.id,
    lastError: null,
    // A clock that is ahead says nothing.
    sentAt: writtenAt !== null && writtenAt <= now + limits.mailWrittenAheadMs ? writtenAt : null,
  } as const
}
