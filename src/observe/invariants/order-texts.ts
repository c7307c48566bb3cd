// What must hold of the texts that orders are found by.
import { orders } from '../../domains/orders/collections.ts'
import { orderTexts } from '../../domains/orders/order-texts.ts'
import { type InvariantGroup, pagesOf } from '../invariant.ts'

export const orderTextInvariants: InvariantGroup = {
  needs: ['orders', 'orderTexts'],
  invariants: { 'orders.texts_fit': 'Each text that orders are found by is that of an order, and names its number.' },
  async check(context) {
    for await (const page of pagesOf(context, orderTexts)) {
      const found = await context.read.getMany(
        orders,
        page.map(({ order }) => order),
      )
      const numbers = new Map(found.map(({ id, number }) => [id, number]))
      for (const { id, order, text } of page) {
        const number = numbers.get(order)
        if (number === undefined || !text.startsWith(`${number} `))
          context.report('orders.texts_fit', [`orderTexts/${id}`, `orders/${order}`], 'the order is gone, or another')
      }
    }
  },
}
