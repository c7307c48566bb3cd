// The mails of what became of an order after it was placed, in the language that it was ordered in: each once for its cause.
import { orderTemplate } from '../../domains/emails/order-templates.ts'
import type { orderShipped } from '../../domains/fulfillment/events.ts'
import type { Order } from '../../domains/orders/collections.ts'
import { unitsOf } from '../../domains/orders/order-standing.ts'
import type { Work } from '../../operation/work.ts'
import { queueForOrder, withLink } from './order-mails.ts'

/** What units are called, as the order has them. */
export function itemsOf(order: Order, lines: readonly { readonly line: string; readonly quantity: number }[]) {
  return lines.map(({ line, quantity }) => ({ quantity, title: order.lines.find(({ id }) => id === line)?.title ?? '' }))
}

export async function tellOfParcel(work: Work, { order, fulfillment, isQuiet }: ReturnType<typeof orderShipped>['payload']): Promise<void> {
  if (isQuiet) return
  const { id, lines, tracking } = fulfillment
  const isRest = order.lines.some((line) => unitsOf(line).open > 0)
  await queueForOrder(work, order, {
    key: `order.shipped:${id}`,
    template: orderTemplate('order_shipped', order.language ?? 'en'),
    ...(await withLink(work, order, { items: itemsOf(order, lines), tracking, isRest })),
  })
}
