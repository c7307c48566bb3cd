// Payments: attempts, what the provider's facts say of them, operations on money already taken, and the
// inbox of webhooks. Amounts of an attempt come from its facts alone; its status is for people and for
// the guards that keep two attempts from running at once.
import { actorCartToken, actorId, actorLinkedOrder, all, any, nobody, staff, through, where } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { type Money, money } from '../../base/money.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { moneySchema } from '../../schema/kinds/money.ts'

export const paymentStatuses = [
  'created',
  'sending',
  'requires_action',
  'processing',
  'authorized',
  'captured',
  'failed',
  'unknown',
  'canceled',
  'reversed',
] as const

/** What the customer does next. */
export const paymentActionShape = {
  type: 'object',
  title: 'PaymentAction',
  properties: {
    type: { type: 'string', enum: ['redirect', 'clientSecret', 'transfer'] },
    url: { type: 'string', description: 'Of `redirect`: where the customer goes.' },
    value: { type: 'string', description: "Of `clientSecret`: what the provider's own form takes." },
    holder: { type: 'string', description: 'Of `transfer`: whose account the customer sends the money to.' },
    iban: { type: 'string' },
    bic: { type: ['string', 'null'] },
    reference: { type: 'string', description: 'Of `transfer`: what the customer writes with it.' },
  },
  required: ['type'],
} as const
export type PaymentAction =
  | { readonly type: 'redirect'; readonly url: string }
  | { readonly type: 'clientSecret'; readonly value: string }
  | {
      readonly type: 'transfer'
      readonly holder: string
      readonly iban: string
      readonly bic: string | null
      readonly reference: string
    }

const isGuests = all(any(where('tokenHash').eq(actorCartToken), where('id').eq(actorLinkedOrder)), where('customer').isNull())
const ownOrder = through('order', 'orders', any(where('customer').eq(actorId), isGuests))

export const payments = collection('payments', {
  prefix: 'pay',
  system: true,
  fields: {
    order: field.ref('orders', { required: true }),
    /** 1, 2, …: the attempts of an order. */
    sequence: field.integer({ required: true }),
    provider: field.text({ required: true }),
    method: field.text(),
    status: field.enum(paymentStatuses, { required: true }),
    amount: field.money({ required: true }),
    authorized: field.money({ required: true }),
    captured: field.money({ required: true }),
    refunded: field.money({ required: true }),
    /** What banks took back for disputes, and did not return. Null: nothing, as of a payment from before it was counted. */
    disputed: field.money(),
    /** What is authorized and can still be captured. Null: nothing. */
    capturable: field.money(),
    /** Until when, where the provider says so. */
    capturableUntil: field.dateTime(),
    /** When staff were told that this is near. */
    warnedAt: field.dateTime({ read: staff }),
    /** `later`: authorized first, and captured by a call of its own. Null: `now`. */
    capture: field.enum(['now', 'later']),
    action: field.json<PaymentAction | null>({ schema: paymentActionShape }),
    /** The provider's own name of it, once known. */
    providerRef: field.text(),
    returnUrl: field.url({ read: staff }),
    lastError: field.text({ max: limits.refusalCharactersMax }),
    /** When to ask the provider, should it stay silent. */
    checkAt: field.dateTime({ read: staff }),
    checks: field.integer({ required: true, read: staff }),
    /** Since when the provider answers that it has no such payment. */
    missingSince: field.dateTime({ read: staff }),
    /** How many there are. Null of a payment from before they were counted. */
    facts: field.integer({ read: staff }),
  },
  unique: [['order', 'sequence']],
  indexes: [['checkAt'], ['provider', 'providerRef'], ['capturableUntil']],
  personal: {
    by: { order: { holds: 'record', onErase: 'keep' } },
    because: 'It names an order, an amount and the provider, and nobody. It is part of the books.',
  },
  access: { read: any(staff, ownOrder) },
})
export type Payment = NonNullable<(typeof payments)['record']>

/** In place of a provider: money of imported orders, which was taken elsewhere. Nothing of it can be given back here. */
export const importedProvider = 'imported'

/** As a payment begins: nothing has happened to its money, and nobody looks for it yet. */
export function newPayment(amount: Money) {
  const nothing = money(0, amount.currency)
  return {
    ...{ amount, authorized: nothing, captured: nothing, refunded: nothing, disputed: null, capturable: null, capturableUntil: null },
    ...{ method: null, capture: null, action: null, providerRef: null, returnUrl: null, lastError: null },
    ...{ warnedAt: null, checkAt: null, checks: 0, missingSince: null, facts: 0 },
  }
}

/** Attempts that may still take money without anybody doing anything more. */
export const liveStatuses: readonly Payment['status'][] = ['created', 'sending', 'processing', 'unknown']

/** Attempts that take money only when somebody does something more: on a closed order they are given up at the provider. */
export const waitingStatuses: readonly Payment['status'][] = ['requires_action', 'authorized']

/** Whether there is something at the provider to be given up: an open attempt, or the rest of an authorization. */
export function canBeGivenUp({ status, capturable }: Payment): boolean {
  return waitingStatuses.includes(status) || (capturable !== null && capturable.amount > 0)
}

/**
 * What can happen to money, each with a name of the provider's for it. `void_ok`: what was authorized and not taken was
 * given up, by us or by time. `cap_fail`: a capture that was asked for did not come about. `disp_…`: a bank took money back
 * for a dispute, gave it back, or may keep it.
 */
export const factKinds = [
  'auth_ok',
  'auth_fail',
  'void_ok',
  'cap_ok',
  'cap_fail',
  'cap_reversed',
  'ref_ok',
  'ref_fail',
  'disp_withdrawn',
  'disp_reinstated',
  'disp_lost',
] as const

/** What the provider said happened, once per reference and kind, whatever the way and order it came. */
export const paymentFacts = collection('paymentFacts', {
  prefix: 'fact',
  title: 'Payment facts',
  system: true,
  feed: false,
  appendOnly: true,
  fields: {
    payment: field.ref('payments', { required: true }),
    order: field.text({ required: true }),
    provider: field.text({ required: true }),
    /** The provider's name of the operation: the payment itself, a capture, a refund. */
    operationRef: field.text({ required: true }),
    kind: field.enum(factKinds, { required: true }),
    amount: field.money({ required: true }),
    providerTime: field.dateTime({ required: true }),
    /** `staff`: booked by hand. */
    source: field.enum(['api', 'webhook', 'poll', 'staff'], { required: true }),
  },
  unique: [['provider', 'operationRef', 'kind']],
  indexes: [['payment'], ['order']],
  access: { read: staff },
})
export type PaymentFact = NonNullable<(typeof paymentFacts)['record']>

/** So many units of a line, and what was given back for them. */
export type RefundedLine = { readonly line: string; readonly quantity: number; readonly amount: Money }

export const refundedLineShape = {
  type: 'object',
  title: 'RefundedLine',
  properties: { line: { type: 'string' }, quantity: { type: 'integer' }, amount: moneySchema },
  required: ['line', 'quantity', 'amount'],
} as const

/**
 * `wanted`, `pending`: on its way. `succeeded`: given back. `failed`: not given back, and still owed: staff have it tried
 * again or settle it by other means. `canceled`: another refund took its place. `settled`: staff gave it back by other means.
 */
const refundStatuses = ['wanted', 'pending', 'succeeded', 'failed', 'canceled', 'settled'] as const

export const refunds = collection('refunds', {
  prefix: 'ref',
  system: true,
  fields: {
    payment: field.ref('payments', { required: true }),
    order: field.ref('orders', { required: true }),
    provider: field.text({ required: true }),
    amount: field.money({ required: true }),
    status: field.enum(refundStatuses, { required: true, renamedFrom: 'state' }),
    reason: field.text({ required: true, max: limits.noteCharactersMax }),
    /** What it pays back, where it was made by lines of the order. */
    lines: field.json<readonly RefundedLine[] | null>({ schema: { type: 'array', items: refundedLineShape } }),
    /** One refund per cause. */
    key: field.text({ required: true, unique: true }),
    providerRef: field.text(),
    lastError: field.text({ max: limits.refusalCharactersMax }),
  },
  indexes: [['payment'], ['order']],
  access: { read: staff },
})
export type Refund = NonNullable<(typeof refunds)['record']>

/** Refunds that lay claim to money of their payment without having moved it yet. */
export const claimingStatuses: readonly Refund['status'][] = ['wanted', 'pending', 'failed']

/**
 * `wanted`: on its way. `pending`: the provider has it and is not done. `failed`: it came to nothing, and what it claimed can be
 * captured again.
 */
const captureStatuses = ['wanted', 'pending', 'succeeded', 'failed'] as const

/** Captures that were asked for: each lays claim to what is authorized before the provider is called. */
export const captures = collection('captures', {
  prefix: 'cap',
  system: true,
  fields: {
    payment: field.ref('payments', { required: true }),
    order: field.ref('orders', { required: true }),
    amount: field.money({ required: true }),
    /** Nothing more will be captured: the rest is given up with it. */
    isFinal: field.boolean({ required: true }),
    status: field.enum(captureStatuses, { required: true }),
    lastError: field.text({ max: limits.refusalCharactersMax }),
  },
  indexes: [['payment'], ['order']],
  access: { read: staff },
})
export type Capture = NonNullable<(typeof captures)['record']>

export const disputeStatuses = ['warning', 'needs_response', 'under_review', 'won', 'lost', 'closed'] as const

/** A customer's bank that asks for its money back. What it moved of it stands in the facts of the payment. */
export const disputes = collection('disputes', {
  prefix: 'dsp',
  system: true,
  fields: {
    payment: field.ref('payments', { required: true }),
    order: field.ref('orders', { required: true }),
    provider: field.text({ required: true }),
    providerRef: field.text({ required: true }),
    status: field.enum(disputeStatuses, { required: true }),
    amount: field.money({ required: true }),
    reason: field.text({ max: limits.refusalCharactersMax }),
    /** Until when evidence can be handed in, in the provider's dashboard. */
    evidenceDueAt: field.dateTime(),
  },
  unique: [['provider', 'providerRef']],
  indexes: [['payment'], ['order'], ['status', 'evidenceDueAt']],
  access: { read: staff },
})
export type Dispute = NonNullable<(typeof disputes)['record']>

/** Not decided: the money is at stake. */
export const openDisputes: readonly Dispute['status'][] = ['warning', 'needs_response', 'under_review']

/** Verified webhooks, stored before they are answered. */
export const webhookInbox = collection('webhookInbox', {
  prefix: 'whk',
  title: 'Webhook inbox',
  system: true,
  feed: false,
  fields: {
    provider: field.text({ required: true }),
    eventId: field.text({ required: true }),
    /** What it speaks of, by our name and by the provider's. */
    reference: field.text(),
    providerRef: field.text(),
    /** `waiting`: nothing of ours has this reference yet. `unmatched`: nor had it after a while: somebody should look. */
    state: field.enum(['handled', 'waiting', 'unmatched'], { required: true }),
    /** When it is next looked for what it speaks of; null once it is handled or has been given up. */
    lookAt: field.dateTime(),
    looks: field.integer({ default: 0 }),
    /** What staff said it was. */
    note: field.text({ max: limits.noteCharactersMax }),
    /** Who said so: no line of the audit trail is kept of messages. */
    settledBy: field.text(),
    body: field.longText({ required: true, read: nobody }),
  },
  unique: [['provider', 'eventId']],
  indexes: [['state', 'lookAt', 'createdAt']],
  personal: { freeForm: ['body'], because: 'That a message of a provider was read keeps a repeat of it from being booked twice.' },
  access: { read: staff },
})
export type WebhookMessage = NonNullable<(typeof webhookInbox)['record']>
