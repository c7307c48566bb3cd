// Returns: what customers want to send back, and what became of it. Invariant: units of returns that are not settled are those that the
// lines of the order count as returning, units that came back and are settled those that it counts as returned.
import { any, staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { erasedWord } from '../../schema/personal.ts'
import { ofOwnOrder } from '../fulfillment/collections.ts'

/** `received`: of its units, those that came back; `restocked`: of these, those that can be sold again. */
export type ReturnLine = {
  readonly line: string
  readonly quantity: number
  readonly reason: string
  readonly received: number
  readonly restocked: number
}

const lineShape = {
  type: 'object',
  title: 'ReturnLine',
  properties: {
    line: { type: 'string' },
    quantity: { type: 'integer' },
    reason: { type: 'string' },
    received: { type: 'integer', description: 'Of its units, those that came back.' },
    restocked: { type: 'integer', description: 'Of these, those that can be sold again.' },
  },
  required: ['line', 'quantity', 'reason', 'received', 'restocked'],
} as const

/** `received`: some of it is back. `completed`: its money is settled. */
export const returnStatuses = ['requested', 'approved', 'received', 'rejected', 'completed'] as const

export const returns = collection('returns', {
  prefix: 'ret',
  system: true,
  fields: {
    order: field.ref('orders', { required: true }),
    status: field.enum(returnStatuses, { required: true }),
    lines: field.json<readonly ReturnLine[]>({ required: true, schema: { type: 'array', items: lineShape } }),
    /** Of whoever asked. */
    comment: field.longText({ max: limits.noteCharactersMax, personal: true }),
    /** How to send it, and what to write on it: for its customer. */
    instructions: field.longText({ max: limits.noteCharactersMax }),
    /** Why it was rejected, or something was deducted: for its customer. */
    answer: field.longText({ max: limits.noteCharactersMax }),
    /** Given back, and kept of it. */
    refunded: field.money(),
    deduction: field.money(),
    /** Something else was added to the order for it: what came back pays for that first, and the rest is given back. */
    isExchange: field.boolean(),
    /** Whether staff asked for it. */
    isByStaff: field.boolean({ required: true, read: staff }),
  },
  indexes: [['order'], ['status', '-createdAt']],
  personal: {
    by: { order: { holds: 'record', onErase: 'keep' } },
    empty: { lines: ({ lines }) => (lines as readonly ReturnLine[]).map((line) => ({ ...line, reason: erasedWord })) },
    because: 'What came back of an order, and what was given back for it, is part of the books. It names the order, and nobody.',
  },
  access: { read: any(staff, ofOwnOrder) },
})
export type OrderReturn = NonNullable<(typeof returns)['record']>

/** Not settled. */
export const openReturns: readonly OrderReturn['status'][] = ['requested', 'approved', 'received']
