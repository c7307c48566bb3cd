import { type Actor, isStaff } from '../../access/actor.ts'
import { anyone } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { formatMoney } from '../../base/money.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { emails } from '../emails/collections.ts'
import { fulfillments } from '../fulfillment/collections.ts'
import { cancellations } from '../orders/cancellations.ts'
import type { Order } from '../orders/collections.ts'
import { getOrder } from '../orders/order-view.ts'
import { captures, disputes, type PaymentFact, paymentFacts, refunds } from '../payments/collections.ts'
import { returns } from '../returns/collections.ts'
import { orderNotes } from './collections.ts'

type Item = {
  readonly at: number
  /** `order.placed`, `payment.captured`, `fulfillment.shipped`, … */
  readonly kind: string
  readonly text: string
  /** The record behind it. */
  readonly collection: string
  readonly id: string
  /** Not for customers. */
  readonly isInner?: true
}

/** `GET /api/orders/{id}/timeline`: what happened to it, the oldest first; to its customer, what is theirs to know. */
export const orderTimeline = query({
  name: 'orders.timeline',
  route: 'GET /api/orders/:id/timeline',
  summary: 'What happened to an order',
  tag: 'Orders',
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: Type.Object({
    items: Type.Array(
      Type.Object(
        {
          at: Type.String({ format: 'date-time' }),
          kind: Type.String(),
          text: Type.String(),
          collection: Type.String(),
          id: Type.String(),
        },
        { title: 'TimelineItem' },
      ),
    ),
  }),
  errors: ['not_found'],
  access: anyone,
  async run({ read, model, actor, input }) {
    const order = await getOrder(read, model, actor, input.id)
    const all = (await Promise.all([moneyOf(read, order), parcelsOf(read, order), wordsOf(read, order)])).flat()
    const seen = [...ownOf(order), ...all].filter((item) => isFor(actor, item))
    return {
      output: {
        items: seen
          .toSorted((a, b) => a.at - b.at)
          .map(({ at, kind, text, collection, id }) => ({ at: toIso(at), kind, text, collection, id })),
      },
    }
  },
})

function isFor(actor: Actor, { isInner }: Item): boolean {
  return isInner !== true || isStaff(actor)
}

function ownOf({ id, createdAt, placedAt, closedAt, status }: Order): Item[] {
  const own = (at: number | null, kind: string, text: string): Item[] =>
    at === null ? [] : [{ at, kind: `order.${kind}`, text, collection: 'orders', id }]
  return [
    ...own(createdAt, 'created', 'Ordered'),
    ...own(placedAt, 'placed', 'Order placed'),
    ...own(closedAt, status, status === 'canceled' ? 'Order canceled' : 'Order expired: it was not paid in time'),
  ]
}

const factTexts: Readonly<Record<PaymentFact['kind'], string | null>> = {
  auth_ok: 'authorized',
  auth_fail: 'declined',
  void_ok: 'released',
  cap_ok: 'paid',
  cap_fail: null,
  cap_reversed: 'taken back by the bank',
  ref_ok: 'given back',
  ref_fail: null,
  disp_withdrawn: null,
  disp_reinstated: null,
  disp_lost: null,
}

async function moneyOf(read: Reader, { id: order }: Order): Promise<Item[]> {
  const of = eq('order', order)
  const [facts, back, taken, disputed] = await Promise.all([
    findAll(read, paymentFacts, of),
    findAll(read, refunds, of),
    findAll(read, captures, of),
    findAll(read, disputes, of),
  ])
  return [
    ...facts.flatMap(({ id, createdAt: at, kind, amount }): Item[] => {
      const text = factTexts[kind]
      return text === null ? [] : [{ at, kind: `payment.${kind}`, text: `${formatMoney(amount)} ${text}`, collection: 'paymentFacts', id }]
    }),
    ...back.map(({ id, createdAt: at, amount, status, reason }): Item => {
      const text = `${formatMoney(amount)} to be given back (${reason}): ${status}`
      return { at, kind: 'refund.wanted', text, collection: 'refunds', id, isInner: true }
    }),
    ...taken.map(({ id, createdAt: at, amount, status }): Item => {
      return {
        at,
        kind: 'capture.wanted',
        text: `${formatMoney(amount)} to be captured: ${status}`,
        collection: 'captures',
        id,
        isInner: true,
      }
    }),
    ...disputed.map(({ id, createdAt: at, amount, status }): Item => {
      return { at, kind: 'dispute.opened', text: `${formatMoney(amount)} disputed: ${status}`, collection: 'disputes', id, isInner: true }
    }),
  ]
}

const units = (lines: readonly { readonly quantity: number }[]) => {
  const sum = lines.reduce((total, { quantity }) => total + quantity, 0)
  return sum === 1 ? '1 unit' : `${sum} units`
}

async function parcelsOf(read: Reader, { id: order }: Order): Promise<Item[]> {
  const of = eq('order', order)
  const [sent, canceled, back] = await Promise.all([
    findAll(read, fulfillments, of),
    findAll(read, cancellations, of),
    findAll(read, returns, of),
  ])
  const parcel = (what: Pick<Item, 'id' | 'at' | 'text'>, kind: string): Item => ({
    ...what,
    kind: `fulfillment.${kind}`,
    collection: 'fulfillments',
  })
  return [
    ...sent.flatMap(({ id, createdAt, updatedAt, deliveredAt, status, lines }) => [
      parcel({ id, at: createdAt, text: `${units(lines)} sent` }, 'shipped'),
      ...(deliveredAt === null ? [] : [parcel({ id, at: deliveredAt, text: `${units(lines)} delivered` }, 'delivered')]),
      ...(status === 'canceled' ? [parcel({ id, at: updatedAt, text: `${units(lines)} did not leave` }, 'canceled')] : []),
    ]),
    ...canceled.map(
      ({ id, createdAt: at, lines }): Item => ({
        at,
        kind: 'order.units_canceled',
        text: `${units(lines)} canceled`,
        collection: 'cancellations',
        id,
      }),
    ),
    ...back.flatMap(({ id, createdAt, updatedAt, status, lines }): Item[] => {
      const asked: Item = { at: createdAt, kind: 'return.requested', text: `${units(lines)} to be sent back`, collection: 'returns', id }
      return status === 'requested' ? [asked] : [asked, { ...asked, at: updatedAt, kind: `return.${status}`, text: `Return ${status}` }]
    }),
  ]
}

async function wordsOf(read: Reader, { id: order }: Order): Promise<Item[]> {
  const [notes, mails] = await Promise.all([findAll(read, orderNotes, eq('order', order)), findAll(read, emails, eq('record', order))])
  return [
    ...notes.map(({ id, createdAt: at, audience, text }): Item => {
      const item = { at, kind: `note.${audience}`, text, collection: 'orderNotes', id }
      return audience === 'customer' ? item : { ...item, isInner: true }
    }),
    ...mails.map(({ id, createdAt: at, subject, to, status }): Item => {
      return { at, kind: 'mail', text: `“${subject}” to ${to}: ${status}`, collection: 'emails', id, isInner: true }
    }),
  ]
}
