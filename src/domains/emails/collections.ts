// Messages, out and in, as records: what was written, to whom, and how far it came; and the addresses that are not written to.
import { createHash } from 'node:crypto'
import { nobody, staff } from '../../access/rule.ts'
import { normalEmail } from '../../base/email-address.ts'
import { EngineError } from '../../base/engine-error.ts'
import { and, eq } from '../../contract/filter.ts'
import { type AnyRecord, type BeforeChange, collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findUnique } from '../../storage/find-all.ts'
import { type Authentication, authenticationShape } from './authentication.ts'
import { mailCategories } from './categories.ts'

export const emailStatuses = ['queued', 'sending', 'sent', 'deferred', 'bounced', 'failed', 'ambiguous', 'received', 'captured'] as const

/**
 * Why one has failed. `refused`: its receiver said so, for good. `given_up`: it was tried for as long as its category is, or staff gave it up.
 * `expired`: its time was over. `suppressed`: its address is not written to.
 */
export const emailFailures = ['refused', 'given_up', 'expired', 'suppressed'] as const

/** A file of a message: what it is called, and the record that it is made of. */
export type EmailAttachment = { readonly name: string; readonly record: string }

const attachmentShape = {
  type: 'object',
  title: 'EmailAttachment',
  properties: { name: { type: 'string' }, record: { type: 'string' } },
  required: ['name', 'record'],
} as const

/** A file that came with a message. `place`: its number there, from 0. */
export type EnclosedFile = { readonly place: number; readonly name: string; readonly type: string; readonly size: number }

const enclosedShape = {
  type: 'object',
  title: 'EnclosedFile',
  properties: { place: { type: 'integer' }, name: { type: 'string' }, type: { type: 'string' }, size: { type: 'integer' } },
  required: ['place', 'name', 'type', 'size'],
} as const

export const emails = collection('emails', {
  // Found by any part of an address; and an index would be written with every message.
  search: 'parts',
  prefix: 'eml',
  title: 'E-mails',
  system: true,
  fields: {
    direction: field.enum(['out', 'in'], { required: true }),
    status: field.enum(emailStatuses, { required: true }),
    from: field.text({ required: true, search: true, max: 400 }),
    to: field.text({ required: true, search: true, max: 400 }),
    replyTo: field.text({ max: 400 }),
    subject: field.text({ required: true, search: true, max: 998 }),
    text: field.longText({ required: true, max: 1_000_000, feed: false }),
    html: field.longText({ max: 2_000_000, feed: false }),
    /** What is sent where the text has its mark, and is then forgotten: whoever reads the mails of others gets into nobody's account. */
    secret: field.text({ read: nobody, feed: false }),
    /** Ours, made of the message's id and the same at every attempt: the receiver recognises a repeat by it. */
    messageId: field.text({ required: true, max: 400 }),
    /** One message per key, however often its event happens. */
    key: field.text({ required: true, unique: true, max: 400 }),
    template: field.text(),
    /** Of the words and the look that it was made of: it changes with them. Null of words of staff, and of what came in. */
    templateVersion: field.text({ max: 20 }),
    /** The order or account it is about. */
    record: field.text(),
    thread: field.text(),
    /** Made when it is sent, of records that never change. Null: none. */
    attachments: field.json<readonly EmailAttachment[] | null>({ schema: { type: ['array', 'null'], items: attachmentShape } }),
    /** Null of what was written before there were any: as `transactional`. */
    category: field.enum(mailCategories),
    /** Not before. */
    sendAt: field.dateTime(),
    /** From then on it is of no use, such as a code to sign in, and is not sent. */
    expiresAt: field.dateTime(),
    /** Message-IDs of what it answers: the next one, and all before it. */
    inReplyTo: field.text({ max: 400 }),
    references: field.json<readonly string[] | null>({ feed: false, schema: { type: ['array', 'null'], items: { type: 'string' } } }),
    /** Of one that came in. What its sender calls themselves, and what it says without what it quotes and the signature. */
    fromName: field.text({ max: 200, personal: true }),
    reply: field.longText({ max: 1_000_000, feed: false }),
    /** A program wrote it: nothing answers it by itself. Of ours: no person did. */
    isAutomatic: field.boolean(),
    /** Whether it is sure that it comes from whom it names, and that this is who was written to. */
    isVerified: field.boolean(),
    /** Of one that came in: what SPF, DKIM, DMARC and ARC say of it. Null where nobody has looked. */
    authentication: field.json<Authentication | null>({ schema: { ...authenticationShape, type: ['object', 'null'] } }),
    /** What came with it: `/api/emails/{id}/attachments/{place}`. */
    enclosed: field.json<readonly EnclosedFile[] | null>({ schema: { type: ['array', 'null'], items: enclosedShape } }),
    /** What arrived, of which it was made: the row of `inboundMails`. */
    inbound: field.text({ max: 100 }),
    lastError: field.longText(),
    failure: field.enum(emailFailures),
    /** Since when nobody knows whether a copy has arrived: one that is sent later may be the second. */
    uncertainAt: field.dateTime(),
    sentAt: field.dateTime(),
  },
  indexes: [['record'], ['thread'], ['status', 'createdAt'], ['createdAt']],
  personal: {
    by: {
      record: { holds: 'record', onErase: 'delete' },
      to: { holds: 'address', onErase: 'delete' },
      from: { holds: 'address', onErase: 'delete' },
    },
  },
  access: { read: staff },
})
export type Email = NonNullable<(typeof emails)['record']>

/** `bounce`: there is no such mailbox. `complaint`: its owner called a message spam. `unsubscribe`: by the link of a mail. */
const suppressionReasons = ['bounce', 'complaint', 'manual', 'unsubscribe'] as const

/** `marketing`: nothing that its owner did not ask for. `all`: nothing at all. One address may have a row of each: either ends by itself. */
const suppressionScopes = ['all', 'marketing'] as const

export const suppressions = collection('suppressions', {
  prefix: 'supp',
  title: 'Suppressed addresses',
  search: 'parts',
  fields: {
    /** Emptied when a person is erased: that they want no more mail is still known by its hash. */
    address: field.email({ required: true, search: true, onErase: 'clear', personal: true }),
    /** Of the address. */
    hash: field.text({ max: 64, read: nobody, write: nobody, feed: false }),
    /** When left out: `all` of a bounce, `marketing` otherwise. */
    scope: field.enum(suppressionScopes),
    reason: field.enum(suppressionReasons, { default: 'manual' }),
    /** The message that led to it. */
    email: field.text({ max: 64 }),
    note: field.text({ personal: true }),
  },
  unique: [['hash', 'scope']],
  indexes: [['createdAt']],
  personal: { because: 'That somebody is not to be written to is kept, as a hash of their address.' },
  access: { read: staff, create: staff, delete: staff },
  async beforeChange({ tx, before, after }: BeforeChange) {
    const { address, reason, scope } = after as Row
    const own = { hash: addressHash(address), scope: scope ?? scopeOf(reason) }
    const there = before === null ? await findUnique(tx, suppressions, and(eq('hash', own.hash), eq('scope', own.scope))) : null
    if (there !== null) throw isThere(there)
    return own
  },
})

/** By the row that it is in, as its hash says nothing to anybody. */
function isThere({ id, reason, scope }: NonNullable<(typeof suppressions)['record']>): EngineError {
  const what = scope === 'all' ? 'no mail at all' : 'no advertisement'
  return new EngineError('already_exists', {
    detail: `This address gets ${what} already: ${id} says so (${reason}). Delete that one first to put another in its place.`,
    errors: [{ path: '/address', code: 'already_exists', message: `stands in ${id} already` }],
  })
}

export type SuppressionReason = (typeof suppressionReasons)[number]
type Scope = (typeof suppressionScopes)[number]
type Row = AnyRecord & { readonly address: string; readonly reason: SuppressionReason; readonly scope: Scope | null }

/** What nobody can read is no more use as a receipt than as an advertisement. Whoever called a mail spam still needs their receipts and codes. */
export function scopeOf(reason: SuppressionReason): Scope {
  return reason === 'bounce' ? 'all' : 'marketing'
}

export function addressHash(address: string): string {
  return createHash('sha256')
    .update(`suppressed:${normalEmail(address)}`)
    .digest('base64url')
}
