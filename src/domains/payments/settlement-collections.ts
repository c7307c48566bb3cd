// The provider's own account as we have read it: its lines, each stored once, and how each reading ended. Invariant: what a
// line says never changes once stored, but for the payout that it came to the bank by.
import { staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import type { JsonSchema } from '../../schema/kinds/kind.ts'
import { moneySchema } from '../../schema/kinds/money.ts'

const settlementKinds = ['payment', 'refund', 'dispute', 'dispute_reversal', 'fee', 'payout', 'adjustment'] as const

/**
 * `booked`: of no payment, and in the ledger. `matched`: to a fact of ours, of the same amount. `differs`: to one of another amount.
 * `open`: its payment is ours and has no such fact yet. `unmatched`: of nobody, and waits for staff. `returning`: on its way back.
 * `settled`: given back, or settled by staff.
 */
const settlementStates = ['booked', 'matched', 'differs', 'open', 'unmatched', 'returning', 'settled'] as const

export const settlementLines = collection('settlementLines', {
  prefix: 'stl',
  title: 'Settlement lines',
  system: true,
  fields: {
    provider: field.text({ required: true }),
    /** The provider's name of the line. */
    ref: field.text({ required: true }),
    kind: field.enum(settlementKinds, { required: true }),
    operationRef: field.text(),
    providerRef: field.text(),
    reference: field.text(),
    /** What the account gained, without the fee. */
    amount: field.money({ required: true }),
    /** What that was in the currency of the payment, where the provider changed it into another. */
    original: field.money(),
    fee: field.money({ required: true }),
    at: field.dateTime({ required: true }),
    payoutRef: field.text(),
    state: field.enum(settlementStates, { required: true }),
    payment: field.ref('payments'),
    order: field.text(),
    /** The fact that it was matched to. */
    fact: field.text(),
    /** How staff settled it. */
    note: field.text({ max: limits.noteCharactersMax }),
    lastError: field.text({ max: limits.refusalCharactersMax }),
  },
  unique: [['provider', 'ref']],
  indexes: [['provider', 'state'], ['provider', 'at'], ['provider', 'providerRef'], ['payment']],
  access: { read: staff },
})
export type StoredLine = NonNullable<(typeof settlementLines)['record']>

/** Not explained by a fact of ours, nor by what they are. */
export const unexplainedStates: readonly StoredLine['state'][] = ['open', 'unmatched', 'returning', 'differs']
/** Their amount is in the ledger because of the line; that of the others because of a fact. */
export const bookedStates: readonly StoredLine['state'][] = ['booked', 'unmatched', 'returning', 'settled']
/** Held in the account of money that belongs to nobody. */
export const unmatchedStates: readonly StoredLine['state'][] = ['unmatched', 'returning']

/**
 * `line_without_fact`: the provider moved money that we know nothing of. `fact_without_line`: we know of money that its account does
 * not show. `amount`, `currency`: both do, and differ.
 */
export const differenceKinds = ['line_without_fact', 'fact_without_line', 'amount', 'currency'] as const

export type Difference = {
  readonly kind: (typeof differenceKinds)[number]
  /** The line's id, or the fact's where there is no line. */
  readonly record: string
  /** The provider's name of the line, or of the operation. */
  readonly ref: string
  readonly payment: string | null
  readonly order: string | null
  /** What the account gained by our books, and by the provider's. */
  readonly ours: Money | null
  readonly theirs: Money | null
}

const text = { type: ['string', 'null'] } as const
const amount: JsonSchema = { ...moneySchema, title: 'MoneyOrNone', type: ['object', 'null'] }

export const differenceShape: JsonSchema = {
  type: 'object',
  title: 'SettlementDifference',
  properties: {
    kind: { type: 'string', enum: differenceKinds },
    record: { type: 'string', description: "The line's id, or the fact's where there is no line." },
    ref: { type: 'string', description: "The provider's name of the line, or of the operation." },
    payment: text,
    order: text,
    ours: amount,
    theirs: amount,
  },
  required: ['kind', 'record', 'ref', 'payment', 'order', 'ours', 'theirs'],
}

/** `reading`: its pages are on their way. `matching`: all are stored, and are matched once payments were looked at. */
const reconciliationStatuses = ['reading', 'matching', 'done', 'failed'] as const

export const reconciliations = collection('reconciliations', {
  prefix: 'rcn',
  system: true,
  fields: {
    provider: field.text({ required: true }),
    /** The provider while its account is being read: there is one reading at a time. */
    running: field.text({ unique: true }),
    status: field.enum(reconciliationStatuses, { required: true }),
    since: field.dateTime({ required: true }),
    until: field.dateTime({ required: true }),
    /** Until when all has been read since the first, by this one and those before it. Null of one from before it was kept: `until`. */
    wholeUntil: field.dateTime(),
    /** From when on facts were looked at. Null until it is done. */
    factsSince: field.dateTime(),
    /** Where it goes on. */
    cursor: field.longText({ read: staff }),
    steps: field.integer({ required: true }),
    /** What came of it, once done. */
    lines: field.integer(),
    matched: field.integer(),
    explainedPpm: field.integer(),
    differenceCount: field.integer(),
    differences: field.json<readonly Difference[] | null>({ schema: { type: 'array', items: differenceShape } }),
    lastError: field.text({ max: limits.refusalCharactersMax }),
  },
  indexes: [['provider', 'status']],
  access: { read: staff },
})
export type Reconciliation = NonNullable<(typeof reconciliations)['record']>
