// What came in, byte for byte, before anybody has looked into it. Invariant: a message is stored with all its pieces in one transaction, and
// whoever brought it is told so after its commit; what cannot be read stays here.
import { staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

/** How it came: by SMTP, out of a mailbox, or from a provider of mail. */
export const mailDoors = ['smtp', 'imap', 'webhook'] as const
export type MailDoor = (typeof mailDoors)[number]

/** `received`: to be read. `parsed`: an e-mail was made of it. `quarantined`: it cannot be read, and somebody should look. */
export const inboundStates = ['received', 'parsed', 'quarantined'] as const

export const inboundMails = collection('inboundMails', {
  search: 'parts',
  prefix: 'inm',
  title: 'Received mail',
  system: true,
  fields: {
    door: field.enum(mailDoors, { required: true }),
    state: field.enum(inboundStates, { required: true }),
    /** Of the envelope; null: `<>`, as mail systems write. */
    from: field.text({ search: true, max: 400 }),
    recipients: field.json<readonly string[]>({ required: true, schema: { type: 'array', items: { type: 'string' } } }),
    /** Who brought it: their network address, and what they call themselves. */
    remoteAddress: field.text({ max: 100 }),
    helo: field.text({ max: 400 }),
    isEncrypted: field.boolean({ required: true }),
    /** Bytes. */
    size: field.integer({ required: true }),
    /** Of the door, the recipients and the bytes: what is brought again is stored once. */
    key: field.text({ required: true, unique: true, max: 100, feed: false }),
    /** Where it lies: mailbox, UIDVALIDITY and UID. Null of what was brought. Some servers hand over other bytes each time. */
    place: field.text({ unique: true, max: 200, feed: false }),
    pieces: field.integer({ required: true, feed: false }),
    /** What was made of it. Of a message that was there already: that one. */
    email: field.text({ max: limits.idCharactersMax }),
    /** Why it is quarantined. */
    reason: field.longText({ max: 2_000 }),
  },
  indexes: [['state', 'createdAt'], ['createdAt'], ['email']],
  personal: {
    by: { from: { holds: 'address', onErase: 'delete' }, email: { holds: 'record', onErase: 'delete' } },
  },
  access: { read: staff },
})
export type InboundMail = NonNullable<(typeof inboundMails)['record']>

/** Its bytes, in base64: text columns of all databases keep that as it is. */
export const inboundPieces = collection('inboundPieces', {
  prefix: 'inp',
  system: true,
  internal: true,
  feed: false,
  appendOnly: true,
  fields: {
    mail: field.text({ required: true, max: limits.idCharactersMax }),
    place: field.integer({ required: true }),
    bytes: field.longText({ required: true, max: 400_000 }),
  },
  unique: [['mail', 'place']],
  personal: { by: { mail: { holds: 'record', onErase: 'delete' } } },
})

/** `waiting`: all is read, and the server tells what is new. `failing`: it cannot be read now, and `lastError` says why. */
export const mailboxStates = ['connecting', 'reading', 'waiting', 'failing'] as const

/** The mailboxes of others that mail is read from, as the config names them, and how far they are read. */
export const inboundMailboxes = collection('inboundMailboxes', {
  prefix: 'inb',
  title: 'Mailboxes',
  system: true,
  feed: false,
  fields: {
    /** `user@host:993/INBOX` */
    name: field.text({ required: true, unique: true, max: 600 }),
    state: field.enum(mailboxStates, { required: true }),
    lastError: field.longText({ max: 2_000 }),
    failingSince: field.dateTime(),
    /** Of the folder when it was read. Once it is another, the numbers below say nothing, and it is read again. */
    uidValidity: field.text({ max: 40 }),
    /** All up to here were taken. */
    lastUid: field.integer({ required: true }),
    /** Messages that came before are left alone, where their number is not above `sinceUid`; null: none are. */
    since: field.dateTime(),
    sinceUid: field.integer({ required: true }),
    /** How many are still to be read, as of the last look. */
    waiting: field.integer({ required: true }),
    /** Taken so far, and those that could not be: about, since a process may end before it has written it. */
    taken: field.integer({ required: true }),
    leftThere: field.integer({ required: true }),
    /** When it was last known that all is read. */
    readAt: field.dateTime(),
    /** The message that could not be fetched, and how often. */
    troubledUid: field.integer(),
    troubles: field.integer({ required: true }),
    /** The process that reads it, and until when nobody else does. */
    owner: field.text({ max: limits.idCharactersMax }),
    leaseUntil: field.dateTime(),
  },
  access: { read: staff },
})
export type InboundMailbox = NonNullable<(typeof inboundMailboxes)['record']>
