// Fulfillments: what was sent of an order, a parcel or more at a time. Invariant: the units of a line in fulfillments that are not canceled
// are those that the order counts as shipped.
import { actorCartToken, actorId, actorLinkedOrder, all, any, staff, through, where } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

export type FulfilledLine = { readonly line: string; readonly quantity: number }
/** One parcel. `url`: where it can be followed. */
export type Tracking = { readonly carrier: string; readonly number: string; readonly url: string | null }

const lineShape = {
  type: 'object',
  title: 'FulfilledLine',
  properties: { line: { type: 'string' }, quantity: { type: 'integer' } },
  required: ['line', 'quantity'],
} as const

const trackingShape = {
  type: 'object',
  title: 'Tracking',
  properties: {
    carrier: { type: 'string' },
    number: { type: 'string' },
    url: { type: ['string', 'null'], description: 'Where the parcel can be followed.' },
  },
  required: ['carrier', 'number', 'url'],
} as const

const isGuests = all(any(where('tokenHash').eq(actorCartToken), where('id').eq(actorLinkedOrder)), where('customer').isNull())
/** Of whoever placed the order. */
export const ofOwnOrder = through('order', 'orders', any(where('customer').eq(actorId), isGuests))

/** `canceled`: it did not leave. */
export const fulfillmentStates = ['shipped', 'delivered', 'canceled'] as const

export const fulfillments = collection('fulfillments', {
  prefix: 'ful',
  system: true,
  fields: {
    order: field.ref('orders', { required: true }),
    status: field.enum(fulfillmentStates, { required: true }),
    lines: field.json<readonly FulfilledLine[]>({ required: true, schema: { type: 'array', items: lineShape } }),
    tracking: field.json<readonly Tracking[]>({
      required: true,
      schema: { type: 'array', items: trackingShape, maxItems: limits.parcelsMax },
    }),
    deliveredAt: field.dateTime(),
  },
  indexes: [['order'], ['status', '-createdAt']],
  personal: {
    by: { order: { holds: 'record', onErase: 'keep' } },
    because: 'What was sent of an order, and when, is part of the books. It names the order, and nobody.',
  },
  access: { read: any(staff, ofOwnOrder) },
})
export type Fulfillment = NonNullable<(typeof fulfillments)['record']>
