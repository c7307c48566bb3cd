// What was canceled of placed orders that went on, for ever: units, and what became of their money.
import { staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

type CanceledLine = { readonly line: string; readonly quantity: number }

const lineShape = {
  type: 'object',
  title: 'CanceledLine',
  properties: { line: { type: 'string' }, quantity: { type: 'integer' } },
  required: ['line', 'quantity'],
} as const

export const cancellations = collection('cancellations', {
  prefix: 'can',
  system: true,
  appendOnly: true,
  fields: {
    order: field.ref('orders', { required: true, onErase: 'keep' }),
    lines: field.json<readonly CanceledLine[]>({ required: true, schema: { type: 'array', items: lineShape } }),
    /** Given back by refunds. */
    refunded: field.money({ required: true }),
    /** Not taken yet, and not charged any more. */
    uncharged: field.money({ required: true }),
    reason: field.text({ max: limits.noteCharactersMax }),
  },
  indexes: [['order']],
  personal: { because: 'What was not sold after all is part of the books. It names the order, and nobody.' },
  access: { read: staff },
})
export type Cancellation = NonNullable<(typeof cancellations)['record']>
