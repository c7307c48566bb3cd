/**
 * Owns what the shop written by hand does in each transaction of an order: placing it with its stock held under a guard, and
 * settling it with the ledger and the receipt. Nothing here speaks to anybody: that stands in `shop-server.ts`.
 */
import { newId } from './ids.ts'
import { expectOne, Refusal } from './refusal.ts'
import { holdersCart, priced, shippingOf } from './shop-carts.ts'
import type { PaymentRow, ShopStatements } from './shop-tables.ts'
import { type OrderView, orderView, receiptMail } from './shop-views.ts'

type Placed = { readonly order: OrderView; readonly payment: { readonly id: string; readonly amount: number } }

const HOLD_MS = 1_800_000
const TAX_SHARE = 19 / 119

export function createOrders(run: ShopStatements) {
  let lastNumber = run.lastNumber()?.[0] ?? 0

  return {
    place(id: string, token: string): Placed {
      const cart = holdersCart(run, id, token)
      const { email, shippingAddress, billingAddress, shippingMethod } = cart
      if (cart.lines.length === 0 || email === null || shippingAddress === null || billingAddress === null || shippingMethod === null)
        throw new Refusal(409, 'cart_incomplete')
      const lines = priced(run, cart.lines)
      const shipping = shippingOf(run, shippingMethod)
      const now = Date.now()
      const numbers = { id: newId('ord'), number: ++lastNumber, now, expiresAt: now + HOLD_MS }
      const order = orderView(numbers, { ...cart, email, shippingAddress, billingAddress }, { lines, shipping })
      const amount = order.total.amount
      const payment = newId('pay')
      run.addOrder.run(order.id, numbers.number, id, email, JSON.stringify(order.addresses), amount)
      for (const { quantity, row } of lines) {
        const [, number, , , title, price] = row
        expectOne(run.hold.run(quantity, number), 'out_of_stock')
        run.addLine.run(newId('oli'), order.id, number, title, quantity, price, Math.round(quantity * price * TAX_SHARE))
        run.addReservation.run(order.id, number, quantity, numbers.expiresAt)
      }
      run.addPayment.run(payment, order.id, amount)
      run.addChange.run(order.id, JSON.stringify(order))
      expectOne(run.closeCart.run(order.id, now, id, cart.version), 'version_conflict')
      return { order, payment: { id: payment, amount } }
    },

    /** What the provider says of the payment, all that follows from it, and the mail. Answers the mail, or null when it is known. */
    settle(event: { id: string; operation: string }, payment: PaymentRow): string | null {
      const [id, orderId, , amount] = payment
      const now = Date.now()
      if (run.addToInbox.run(event.id, id, now).changes === 0) return null
      run.addFact.run(event.operation, 'captured', id, amount, now)
      if (run.takePayment.run(event.operation, id).changes === 0) return null
      expectOne(run.payOrder.run(now, orderId), 'order_closed')
      const order = run.order(orderId)!
      const lines = run.orderLines(orderId)
      for (const [variant, , quantity] of lines) expectOne(run.commitStock.run(quantity, variant), 'stock_gone')
      run.keepReservations.run(orderId)
      const tax = Math.round(amount * TAX_SHARE)
      const transfer = newId('trf')
      run.addEntry.run(transfer, 'clearing:sandbox', orderId, amount, now)
      run.addEntry.run(transfer, 'revenue', orderId, tax - amount, now)
      run.addEntry.run(transfer, 'tax', orderId, -tax, now)
      const email = newId('eml')
      run.addEmail.run(email, order[2], 'receipt', receiptMail(order, lines), orderId)
      run.addChange.run(orderId, JSON.stringify({ id: orderId, status: 'placed', paymentStatus: 'paid', placedAt: now }))
      return email
    },
  }
}
