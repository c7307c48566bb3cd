// What is in a message: read by postal-mime, and brought into a form that every database keeps. Pure but for the time that it takes, which whoever
// runs it bounds (a thread that is ended). Invariants: text is always readable (no control characters, no half characters), every list and
// text has a limit, and nothing of a message is believed: it is only told.
import { createHash } from 'node:crypto'
import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime'
import { limits } from '../../base/limits.ts'
import { plainText } from '../../base/plain-text.ts'
import { isAutomatic, type Report, type ReadMail as ReportedMail, readReport } from '../emails/read-report.ts'
import { trimReply } from '../emails/trim-reply.ts'
import { readMailDate } from './read-mail-date.ts'
import { withoutLinkSecrets } from './without-link-secrets.ts'

/** A file that came with a message. `place`: counted from 0, in the order of the message. */
export type Enclosed = { readonly place: number; readonly name: string; readonly type: string; readonly size: number }

export type ParsedMail = {
  /** With its angle brackets; null where it has none. */
  readonly messageId: string | null
  /** Ids of the messages that it answers, the nearest first. */
  readonly answers: readonly string[]
  /** As the message has them, for an answer to it. */
  readonly references: readonly string[]
  /** Ids of messages that it has inside, as a bounce has the one that came back. */
  readonly encloses: readonly string[]
  readonly from: string
  readonly fromName: string
  /** Where it wants its answer; '' where it names nobody, or several. */
  readonly replyTo: string
  readonly to: string
  readonly subject: string
  /** As the sender says; null where that is no time. */
  readonly writtenAt: number | null
  readonly text: string
  /** Without what was quoted and signed. */
  readonly reply: string
  readonly html: string | null
  readonly enclosed: readonly Enclosed[]
  readonly report: Report | null
  readonly isAutomatic: boolean
  /** Of what makes it this message, whichever way it came. */
  readonly digest: string
}

/** Reads a message. @throws Error where it cannot be read */
export type ReadMail = (raw: Uint8Array) => Promise<ParsedMail>
/** The bytes of one file of it, or null. @throws Error where it cannot be read */
export type ReadEnclosed = (raw: Uint8Array, place: number) => Promise<Uint8Array | null>
export type MailReader = { readonly read: ReadMail; readonly readEnclosed: ReadEnclosed }

const parse = (raw: Uint8Array) =>
  PostalMime.parse(raw, { maxNestingDepth: limits.mailNestingMax, maxHeadersSize: limits.mailHeadersBytesMax })

export async function parseMail(raw: Uint8Array): Promise<ParsedMail> {
  const mail = await parse(raw)
  const from = mailboxOf(mail.from) ?? mailboxOf(mail.sender)
  const text = textOf(mail)
  const subject = line(mail.subject ?? '', limits.mailSubjectCharactersMax)
  const messageId = idsIn(mail.messageId ?? '')[0] ?? null
  const references = idsIn(mail.references ?? '').slice(-limits.mailReferencesMax)
  const answered = idsIn(mail.inReplyTo ?? '').slice(0, limits.mailReferencesMax)
  const headers = mail.headers.map(({ key, value }) => ({ key, value: value.slice(0, 2_000) }))
  const report = reportOf({ headers, from: from?.address ?? '', subject, text, parts: partsOf(mail) })
  return {
    messageId,
    references,
    answers: [...new Set([...references.toReversed(), ...answered])],
    encloses: enclosedIds(mail),
    from: from?.address ?? '',
    fromName: from?.name ?? '',
    replyTo: mail.replyTo?.length === 1 ? (mailboxOf(mail.replyTo[0])?.address ?? '') : '',
    to: mailboxOf(mail.to?.[0])?.address ?? '',
    subject,
    writtenAt: readMailDate(mail.headers.find(({ key }) => key === 'date')?.value ?? ''),
    text,
    reply: clean(trimReply(text).text) || text.slice(0, limits.mailTextCharactersMax),
    html: htmlOf(mail),
    enclosed: mail.attachments.slice(0, limits.mailFilesMax).map(enclosedOf),
    report,
    // What stands in the text alone may have been pasted by a person who asks what it means.
    isAutomatic: (report !== null && report.source !== 'words') || isAutomatic({ headers, subject }) || isFromProgram(mail),
    digest: createHash('sha256')
      .update(JSON.stringify([messageId, from?.address ?? '', mail.date ?? '', mail.subject ?? '', mail.text ?? '', mail.html ?? '']))
      .update(JSON.stringify(mail.attachments.map(({ filename, mimeType, content }) => [filename, mimeType, sizeOf(content)])))
      .digest('hex'),
  }
}

/** The file at a place, in the order in which `parseMail` tells them. */
export async function parseEnclosed(raw: Uint8Array, place: number): Promise<Uint8Array | null> {
  const { attachments } = await parse(raw)
  const content = place < limits.mailFilesMax ? attachments[place]?.content : undefined
  return content === undefined ? null : bytesOf(content)
}

/** NUL breaks text columns, half characters break UTF-8; other control characters are shown as nothing anywhere. */
function clean(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '')
    .toWellFormed()
}

function line(text: string, charactersMax: number): string {
  return cut(clean(text).replaceAll(/\s+/g, ' ').trim(), charactersMax)
}

/** Not in the middle of a character. */
function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : text.slice(0, charactersMax).replace(/[\ud800-\udbff]$/, '')
}

function textOf({ text, html }: Email): string {
  const words =
    text !== undefined && text.trim() !== '' ? text : html === undefined ? (text ?? '') : plainText(html.slice(0, limits.mailHtmlReadMax))
  const whole = withoutLinkSecrets(clean(words))
  const max = limits.mailTextCharactersMax
  return whole.length <= max ? whole.trimEnd() : `${cut(whole, max - 100)}\n[…]`
}

function htmlOf({ html }: Email): string | null {
  if (html === undefined) return null
  if (html.length > 2 * limits.mailHtmlCharactersMax) return null
  const whole = withoutLinkSecrets(clean(html))
  return whole.length > limits.mailHtmlCharactersMax ? null : whole
}

function mailboxOf(address: Address | undefined): { readonly name: string; readonly address: string } | null {
  const one = address?.group === undefined ? address : address.group[0]
  if (one === undefined) return null
  return { name: line(one.name, 200), address: line(one.address ?? '', 400) }
}

/** `<left@right>`, as RFC 5322 section 3.6.4 has them. */
function idsIn(text: string): string[] {
  return [...text.slice(0, 65_536).matchAll(/<([^<>\s]{1,398})>/g)].map(([whole]) => clean(whole))
}

function enclosedOf({ filename, mimeType, content }: Attachment, place: number): Enclosed {
  const name = line(filename ?? '', limits.fileNameCharactersMax).replaceAll(/[/\\]/g, '_')
  return { place, name: name === '' ? `part-${place + 1}` : name, type: line(mimeType, 100), size: sizeOf(content) }
}

const bytesOf = (content: Attachment['content']): Uint8Array =>
  typeof content === 'string' ? Buffer.from(content) : content instanceof ArrayBuffer ? new Uint8Array(content) : content
const sizeOf = (content: Attachment['content']): number => bytesOf(content).length

/** Parts that speak of other messages, as text. */
function partsOf({ attachments }: Email): { readonly type: string; readonly text: string }[] {
  return attachments
    .filter(({ mimeType }) => /^(?:message\/|text\/rfc822-headers)/i.test(mimeType))
    .slice(0, 20)
    .map(({ mimeType, content }) => ({ type: mimeType, text: Buffer.from(bytesOf(content)).toString('utf8', 0, 100_000) }))
}

function reportOf(mail: ReportedMail): Report | null {
  const report = readReport(mail)
  if (report === null) return null
  const recipients = report.recipients.map(({ address, status, diagnostic }) => ({
    address: line(address, 400),
    status,
    diagnostic: diagnostic === null ? null : line(diagnostic, 500),
  }))
  return { ...report, recipients }
}

/** What bounces have inside: the message that came back, or its headers. */
function enclosedIds(mail: Email): string[] {
  const texts = [...partsOf(mail).map(({ text }) => text), (mail.text ?? '').slice(0, 100_000)]
  const ids = texts.flatMap((text) => [...text.matchAll(/^message-id:\s*(<[^<>\s]{1,398}>)/gim)].map(([, id]) => id!))
  return [...new Set(ids)].slice(0, limits.mailReferencesMax)
}

/** RFC 2919, and what lists did before it: mail of a list is nobody's answer, though a person may have written it. */
function isFromProgram({ headers }: Email): boolean {
  return headers.some(({ key }) => key === 'list-id' || key === 'list-unsubscribe')
}
