// What staff write down about orders: for themselves, or for the customer.
import { all, any, staff, where } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { ofOwnOrder } from '../fulfillment/collections.ts'

export const orderNotes = collection('orderNotes', {
  prefix: 'onote',
  title: 'Notes on orders',
  system: true,
  appendOnly: true,
  fields: {
    order: field.ref('orders', { required: true, onErase: 'keep' }),
    audience: field.enum(['staff', 'customer'], { required: true }),
    text: field.longText({ required: true, max: limits.noteCharactersMax }),
  },
  indexes: [['order']],
  personal: { freeForm: 'delete' },
  access: { read: any(staff, all(where('audience').eq('customer'), ofOwnOrder)) },
})
export type OrderNote = NonNullable<(typeof orderNotes)['record']>
