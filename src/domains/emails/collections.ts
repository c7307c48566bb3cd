// Messages, out and in, as records: what was written, to whom, and how far it came.
import { nobody, staff } from '../../access/rule.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

export const emailStatuses = ['queued', 'sending', 'sent', 'deferred', 'bounced', 'failed', 'ambiguous', 'received', 'captured'] as const

/** A file of a message: what it is called, and the record that it is made of. */
export type EmailAttachment = { readonly name: string; readonly record: string }

const attachmentShape = {
  type: 'object',
  title: 'EmailAttachment',
  properties: { name: { type: 'string' }, record: { type: 'string' } },
  required: ['name', 'record'],
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
    /** The order or account it is about. */
    record: field.text(),
    thread: field.text(),
    /** Made when it is sent, of records that never change. Null: none. */
    attachments: field.json<readonly EmailAttachment[] | null>({ schema: { type: ['array', 'null'], items: attachmentShape } }),
    lastError: field.longText(),
    sentAt: field.dateTime(),
  },
  indexes: [['record'], ['status', 'createdAt'], ['createdAt']],
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
