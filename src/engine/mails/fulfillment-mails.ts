// The mails of what became of an order after it was placed, in the language that it was ordered in: each once for its cause.
import type { Language } from '../../base/language.ts'
import { type Money, money } from '../../base/money.ts'
import { eq } from '../../contract/filter.ts'
import { orderTemplate } from '../../domains/emails/order-templates.ts'
import { queueEmail } from '../../domains/emails/queue-email.ts'
import type { digitalDelivered, orderShipped } from '../../domains/fulfillment/events.ts'
import type { customerNoted } from '../../domains/history/events.ts'
import { invoices } from '../../domains/invoices/collections.ts'
import type { Order } from '../../domains/orders/collections.ts'
import type { orderLinkAsked, orderRefundMade, orderUnitsCanceled } from '../../domains/orders/events.ts'
import { unitsOf } from '../../domains/orders/order-standing.ts'
import { dueFor } from '../../domains/orders/still-charged.ts'
import type { returnChanged } from '../../domains/returns/events.ts'
import { moneyText } from '../../languages/language-texts.ts'
import type { Work } from '../../operation/work.ts'
import { queueForOrder, readsIn, withLink } from './order-mails.ts'

/** What units are called, as the order has them. */
export function itemsOf(order: Order, lines: readonly { readonly line: string; readonly quantity: number }[]) {
  return lines.map(({ line, quantity }) => ({ quantity, title: order.lines.find(({ id }) => id === line)?.title ?? '' }))
}

export async function tellOfParcel(work: Work, { order, fulfillment, isQuiet }: ReturnType<typeof orderShipped>['payload']): Promise<void> {
  if (isQuiet) return
  const { id, lines, tracking } = fulfillment
  const isRest = order.lines.some((line) => !line.isDigital && unitsOf(line).open > 0)
  await queueForOrder(work, order, {
    key: `order.shipped:${id}`,
    template: orderTemplate('order_shipped', readsIn(order)),
    ...(await withLink(work, order, { items: itemsOf(order, lines), tracking, isRest })),
  })
}

/** Of what is delivered as it is placed, the receipt tells. */
export async function tellOfDownloads(work: Work, { order, fulfillment }: ReturnType<typeof digitalDelivered>['payload']): Promise<void> {
  if (order.placedAt === work.now) return
  await queueForOrder(work, order, {
    key: `order.digital_delivered:${fulfillment.id}`,
    template: orderTemplate('order_downloads', readsIn(order)),
    ...(await withLink(work, order, { items: itemsOf(order, fulfillment.lines) })),
  })
}

const unlessNothing = (value: Money, language: Language) => (value.amount === 0 ? '' : moneyText(value, language))

export async function tellOfCanceledUnits(
  work: Work,
  { order, cancellation }: ReturnType<typeof orderUnitsCanceled>['payload'],
): Promise<void> {
  const { id, lines, refunded } = cancellation
  await queueForOrder(work, order, {
    key: `order.units_canceled:${id}`,
    template: orderTemplate('order_units_canceled', readsIn(order)),
    ...(await withLink(work, order, { items: itemsOf(order, lines), back: unlessNothing(refunded, readsIn(order)) })),
  })
}

/** Where the shop mails its credit notes, that of this refund tells of it. */
export async function tellOfRefund(work: Work, told: ReturnType<typeof orderRefundMade>['payload']): Promise<void> {
  const { order, cause, amount, isCredit, lines } = told
  // Beyond the limit: one is enough to know that there are any.
  if (work.project.shop?.invoices?.isMailed && (await work.tx.find(invoices, { where: eq('order', order.id), limit: 1 })).length > 0) return
  await queueForOrder(work, order, {
    key: `order.refunded:${cause}`,
    template: orderTemplate('order_refunded', readsIn(order)),
    ...(await withLink(work, order, { amount: moneyText(amount, readsIn(order)), items: itemsOf(order, lines), isCredit })),
  })
}

export async function tellOfReturn(work: Work, { order, orderReturn }: ReturnType<typeof returnChanged>['payload']): Promise<void> {
  const { id, status, lines, instructions, answer, refunded, deduction, isByStaff, isExchange } = orderReturn
  // Received in parts is news for staff, and who asked for it themselves need not be told.
  if (status === 'received' || (status === 'requested' && isByStaff)) return
  const items = itemsOf(order, status === 'completed' ? lines.map(({ line, received }) => ({ line, quantity: received })) : lines)
  const back = refunded === null ? '' : unlessNothing(refunded, readsIn(order))
  const kept = deduction === null ? '' : unlessNothing(deduction, readsIn(order))
  const isPaying = isExchange === true && (order.uncharged ?? []).some(({ line }) => lines.some((one) => one.line === line))
  const isSettled = isExchange === true && (status === 'completed' || status === 'rejected')
  const due = money(isSettled ? await dueFor(work, order) : 0, order.total.currency)
  await queueForOrder(work, order, {
    key: `return.${status}:${id}`,
    template: orderTemplate(`return_${status}`, readsIn(order)),
    ...(await withLink(work, order, {
      items: items.filter(({ quantity }) => quantity > 0),
      instructions: instructions ?? '',
      reason: answer ?? '',
      exchange: isPaying || (isExchange === true && status === 'approved') ? 'yes' : '',
      back,
      nothing: back === '' && !isPaying ? 'yes' : '',
      due: unlessNothing(due, readsIn(order)),
      deduction: kept,
    })),
  })
}

export async function tellOfNote(work: Work, { order, note }: ReturnType<typeof customerNoted>['payload']): Promise<void> {
  await queueForOrder(work, order, {
    key: `order.note:${note.id}`,
    template: orderTemplate('order_note', readsIn(order)),
    ...(await withLink(work, order, { text: note.text })),
  })
}

/** Anybody can cause it who has seen a number and an address, so it is bound, and goes to that address alone. */
export async function sendOrderAgain(work: Work, { order, email, cause }: ReturnType<typeof orderLinkAsked>['payload']): Promise<void> {
  await queueEmail(work, {
    key: `order.link:${cause}`,
    to: email,
    template: orderTemplate('order_link', readsIn(order)),
    record: order.id,
    ...(await withLink(work, order)),
    bound: 'orders',
  })
}
