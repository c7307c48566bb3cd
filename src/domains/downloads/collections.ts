// Downloads of what was bought: each link that was used, once. Of which file, and when, is also what a shop shows to a bank in a dispute.
// Invariant: no file of an order is downloaded by more links than the config says.
import { staff } from '../../access/rule.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

export const downloads = collection('downloads', {
  prefix: 'dwn',
  system: true,
  feed: false,
  appendOnly: true,
  fields: {
    order: field.ref('orders', { required: true }),
    file: field.text({ required: true, max: 100 }),
    /** What the file was called. */
    name: field.text({ required: true }),
    /** Of the link, which is known by it. */
    expiresAt: field.dateTime({ required: true }),
  },
  unique: [['order', 'file', 'expiresAt']],
  personal: {
    by: { order: { holds: 'record', onErase: 'keep' } },
    because: 'That what was sold was also delivered is part of the books. It names the order, and nobody.',
  },
  access: { read: staff },
})
