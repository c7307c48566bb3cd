// What providers of mail have told, each thing once. Invariant: an event is written in the transaction of all that follows from it, so a repeat
// changes nothing; it is kept longer than a signature is good.
import { staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { mailEventKinds } from './mail-hook.ts'

export const mailEvents = collection('mailEvents', {
  prefix: 'mev',
  title: 'Mail events',
  system: true,
  // The message that it changes is in the feed.
  feed: false,
  appendOnly: true,
  fields: {
    provider: field.text({ required: true }),
    eventId: field.text({ required: true, max: limits.mailEventIdCharactersMax }),
    kind: field.enum(mailEventKinds, { required: true }),
    /** The message of ours that it is about. Null: none that there is. */
    email: field.text({ max: limits.idCharactersMax }),
    /** The address that it names. */
    recipient: field.text({ max: 400, personal: true }),
    /** In the words of the receiving mail server, or of the provider. */
    detail: field.longText({ max: 2_000, personal: true }),
    /** As the provider says. */
    happenedAt: field.dateTime(),
  },
  unique: [['provider', 'eventId']],
  indexes: [['email'], ['createdAt']],
  personal: {
    by: { email: { holds: 'record', onErase: 'delete' }, recipient: { holds: 'address', onErase: 'delete' } },
  },
  access: { read: staff },
})
