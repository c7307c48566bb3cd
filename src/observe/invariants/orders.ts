// What must hold of orders: the arithmetic of what was agreed, and that stock, money, cart and mail say
// the same as the order's state.

import { type Money, money, multiplyMoney, sumMoney, taxAdded, taxIncluded } from '../../base/money.ts'
import { standardClass } from '../../config/tax.ts'
import { isNull, not, oneOf } from '../../contract/filter.ts'
import { carts } from '../../domains/carts/collections.ts'
import { emails } from '../../domains/emails/collections.ts'
import { accounts, ledgerEntries } from '../../domains/ledger/collections.ts'
import { chargedTotal, type Order, orders } from '../../domains/orders/collections.ts'
import { byLine, type GivenBackBy } from '../../domains/orders/given-back.ts'
import { paidFor } from '../../domains/orders/paid-for.ts'
import { recognition } from '../../domains/orders/place-order.ts'
import { partsOf } from '../../domains/orders/sale-parts.ts'
import { paymentStatusOf } from '../../domains/orders/settle-order.ts'
import { type Payment, payments, type Refund, refunds } from '../../domains/payments/collections.ts'
import { type Reservation, reservations } from '../../domains/stock/collections.ts'
import { stockUnits } from '../../domains/stock/reserve-stock.ts'
import { sumsBy } from '../../storage/sums-by.ts'
import { allOf, type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const orderInvariants: InvariantGroup = {
  needs: ['orders', 'carts', 'payments', 'refunds', 'reservations', 'ledgerEntries', 'emails'],
  invariants: {
    'orders.total_adds_up': 'The total of an order is its lines less discount, plus shipping, plus tax where prices are net.',
    'orders.taxes_add_up':
      'The tax of an order is computed again from the rates that it keeps, on all of one rate or on each line; lines, shipping and groups say the same.',
    'orders.payment_status': 'paymentStatus is what the payments of the order amount to.',
    'orders.placed_is_paid': 'A placed order was paid in full, or its customer owes what a bank took back.',
    'orders.paid_is_placed': 'An order that waits for its payment does not have it yet.',
    'orders.refund_in_proportion':
      'What was given back of a sale, at most all of it, is taken out of what its lines were sold for, and what names no line out of the rest in proportion.',
    'orders.lines_given_back':
      'No line of a sale is given back for more units than it has or more than was paid for it, and what was given back beside is spread over the lines.',
    'orders.placed_has_stock':
      'A placed order has its goods committed, a waiting one has them held, each line in full, of a bundle its parts.',
    'orders.placed_in_ledger': 'A placed order is recognized in the ledger once, with its total, its shipping and its tax.',
    'orders.placed_has_receipt': 'A placed order that cost something has its receipt written.',
    'orders.closed_holds_nothing': 'A draft, and an order that is expired or canceled, holds no stock.',
    'orders.deposit_used':
      "A closed order keeps nothing of its customer's deposit but what banks have taken back for disputes that are not decided.",
    'orders.not_stuck': 'No order waits for a payment past its time without an attempt that is alive.',
    'orders.cart_link': 'An order and its cart name each other, and a cart has one order at most.',
  },
  async check(context) {
    for await (const page of pagesOf(context, orders)) {
      const ids = page.map(({ id }) => id)
      const [attempts, back, holds, entries, links, mails] = await Promise.all([
        allOf(context, payments, oneOf('order', ids)),
        allOf(context, refunds, oneOf('order', ids)),
        allOf(context, reservations, oneOf('order', ids)),
        sumsBy(context.read, ledgerEntries, {
          where: oneOf('order', ids),
          by: ['order', 'kind', 'account', 'amount.currency'],
          sum: 'amount.amount',
        }),
        context.read.getMany(
          carts,
          page.map(({ cart }) => cart),
        ),
        allOf(context, emails, oneOf('key', ids.map(receiptKey))),
      ])
      const byOrder = {
        attempts: Map.groupBy(attempts, ({ order }) => order),
        back: Map.groupBy(back, ({ order }) => order),
        holds: Map.groupBy(holds, ({ order }) => order),
        entries: Map.groupBy(entries, ({ key }) => key[0] as string),
        carts: new Map(links.map((cart) => [cart.id, cart])),
        receipts: new Set(mails.map(({ key }) => key)),
      }
      for (const order of page) {
        const own = byOrder.attempts.get(order.id) ?? []
        checkMoney(context, order, own)
        checkTaxes(context, order)
        // What came from elsewhere took no stock, and wrote no mail.
        if (order.importedAt === null) checkStock(context, order, byOrder.holds.get(order.id) ?? [])
        const sums = (byOrder.entries.get(order.id) ?? []).map(
          ({ key, sum }): Summed => ({ kind: String(key[1]), account: String(key[2]), currency: String(key[3]), sum }),
        )
        checkLedger(context, order, { attempts: own, entries: sums })
        if (isSold(order)) checkSale(context, order, { attempts: own, entries: sums, back: byOrder.back.get(order.id) ?? [] })
        const cart = byOrder.carts.get(order.cart)
        if (cart?.order !== order.id || cart.status !== 'converted')
          context.report(
            'orders.cart_link',
            [`orders/${order.id}`, `carts/${order.cart}`],
            cart ? `the cart is ${cart.status} and names ${cart.order ?? 'no order'}` : 'the cart is gone',
          )
        if (isSold(order) && order.importedAt === null && order.total.amount > 0 && !byOrder.receipts.has(receiptKey(order.id)))
          context.report('orders.placed_has_receipt', [`orders/${order.id}`], 'there is no such message')
      }
    }
    await checkCarts(context)
  },
}

function isSold(order: Order): boolean {
  return order.status === 'placed' || order.status === 'completed'
}

function receiptKey(order: string): string {
  return `order.placed:${order}`
}

function checkMoney({ now, patienceMs, report }: VerifyContext, order: Order, attempts: readonly Payment[]): void {
  const rows = [`orders/${order.id}`]
  const { subtotal, discount, shipping, tax, total } = order.totals
  const { currency } = order.total
  const subtotals = order.lines.map(({ unitPrice, quantity }) => multiplyMoney(unitPrice, quantity))
  const lines = sumMoney(subtotals, currency)
  const discounts = [...order.lines.map((line) => line.discount), order.shipping?.discount].reduce(
    (sum, one) => sum + (one?.amount ?? 0),
    0,
  )
  const net = subtotal.amount - discount.amount + shipping.amount
  const { taxIncluded: isIncluded } = order
  const isRight = (isIncluded !== false && total.amount === net) || (isIncluded !== true && total.amount === net + tax.amount)
  const areLinesRight = order.lines.every((line, index) => line.total.amount === subtotals[index]!.amount - (line.discount?.amount ?? 0))
  if (
    !isRight ||
    !areLinesRight ||
    lines.amount !== subtotal.amount ||
    discounts !== discount.amount ||
    total.amount !== order.total.amount ||
    shipping.amount !== (order.shipping?.price.amount ?? 0)
  )
    report(
      'orders.total_adds_up',
      rows,
      `lines ${lines.amount}, subtotal ${subtotal.amount}, discounts ${discounts} and ${discount.amount}, shipping ${shipping.amount}, ` +
        `tax ${tax.amount}, total ${total.amount} and ${order.total.amount}`,
    )

  const status = order.total.amount === 0 && attempts.length === 0 ? order.paymentStatus : paymentStatusOf(order, attempts)
  if (status !== order.paymentStatus)
    report('orders.payment_status', rows, `it is ${order.paymentStatus}; the payments amount to ${status}`)

  const captured = attempts.reduce((sum, payment) => sum + payment.captured.amount, 0)
  const refunded = attempts.reduce((sum, payment) => sum + payment.refunded.amount, 0)
  const isQuiet = order.updatedAt <= now - patienceMs
  if (order.status === 'pending_payment' && isQuiet && order.total.amount > 0 && captured - refunded >= order.total.amount)
    report('orders.paid_is_placed', rows, `${captured - refunded} of ${order.total.amount} is there`)

  const isDue = order.status === 'pending_payment' && (order.expiresAt ?? 0) <= now - patienceMs
  const isAlive = attempts.some(({ status: one }) => !['failed', 'canceled', 'captured', 'reversed'].includes(one))
  if (isDue && !isAlive) report('orders.not_stuck', rows, `its time ended ${now - (order.expiresAt ?? 0)} ms ago`)
}

type Taxed = { readonly key: string; readonly total: Money; readonly tax: number }

/** By what the order keeps alone: rates of the config may have changed since. */
function checkTaxes({ report }: VerifyContext, order: Order): void {
  const { id, lines, shipping, taxes, taxIncluded: isIncluded, totals } = order
  if (taxes === null) return
  const keyOf = (ratePpm: number, taxClass = standardClass) => (ratePpm === 0 ? taxClass : String(ratePpm))
  const { currency } = totals.total
  const parts: readonly Taxed[] = [
    ...lines.map(({ taxRatePpm = 0, taxClass, total, tax }) => ({ key: keyOf(taxRatePpm, taxClass), total, tax: tax?.amount ?? 0 })),
    ...(shipping?.parts ?? []).map(({ ratePpm, taxClass, total, tax }) => ({ key: keyOf(ratePpm, taxClass), total, tax: tax.amount })),
  ]
  const unknown = parts.filter(({ key }) => !taxes.some((group) => keyOf(group.ratePpm, group.taxClass) === key))
  const wrong = unknown.map(({ key }) => `nothing is said of ${key}`)
  for (const { ratePpm, taxClass, net, tax } of taxes) {
    const own = parts.filter(({ key }) => key === keyOf(ratePpm, taxClass))
    const taxOn = (amount: Money) => (isIncluded ? taxIncluded(amount, ratePpm) : taxAdded(amount, ratePpm)).amount
    const whole = own.reduce((sum, { total }) => sum + total.amount, 0)
    const ofParts = own.reduce((sum, part) => sum + part.tax, 0)
    const again = [taxOn(money(whole, currency)), own.reduce((sum, { total }) => sum + taxOn(total), 0)]
    if (!again.includes(tax.amount) || ofParts !== tax.amount || net.amount !== whole - (isIncluded ? tax.amount : 0))
      wrong.push(`${ratePpm} on ${whole}: net ${net.amount}, tax ${tax.amount}, of its parts ${ofParts}, computed ${again.join(' or ')}`)
  }
  const charged = (shipping?.price.amount ?? 0) - (shipping?.discount?.amount ?? 0)
  const inParts = (shipping?.parts ?? []).reduce((sum, { total }) => sum + total.amount, 0)
  if (inParts !== charged) wrong.push(`shipping is ${charged}, its parts ${inParts}`)
  const sum = taxes.reduce((all, { tax }) => all + tax.amount, 0)
  if (sum !== totals.tax.amount) wrong.push(`the tax is ${totals.tax.amount}, of its groups ${sum}`)
  if (order.taxExemption === 'reverse_charge' && !order.vatId) wrong.push('nobody accounts for the tax: there is no VAT number')
  if (wrong.length > 0) report('orders.taxes_add_up', [`orders/${id}`], wrong.join('; '))
}

function checkStock({ report }: VerifyContext, order: Order, holds: readonly Reservation[]): void {
  const rows = [`orders/${order.id}`, ...holds.map(({ id }) => `reservations/${id}`)]
  const unitsIn = (states: readonly string[]) => unitsOf(holds.filter(({ state }) => states.includes(state)))
  if (order.status === 'draft' || order.status === 'expired' || order.status === 'canceled') {
    const kept = unitsIn(['held', 'committed'])
    if (kept !== '') report('orders.closed_holds_nothing', rows, `it is ${order.status} and keeps ${kept}`)
    return
  }
  const states = order.status === 'pending_payment' ? ['held'] : isSold(order) ? ['committed', 'consumed', 'returned'] : null
  if (states === null) return
  const sold = order.lines.map((of) => ({ of, quantity: of.quantity - (of.canceled ?? 0) })).filter(({ quantity }) => quantity > 0)
  const wanted = unitsOf(stockUnits(sold))
  const kept = unitsIn(states)
  if (kept !== wanted)
    report(
      'orders.placed_has_stock',
      rows,
      `it is ${order.status} with ${kept || 'nothing'} ${states.join(' or ')}; its lines are ${wanted}`,
    )
}

/** `var_a x 2, var_b x 1`, in one order. */
function unitsOf(of: readonly { readonly variant: string; readonly quantity: number }[]): string {
  const units = Map.groupBy(of, ({ variant }) => variant)
  const sums = [...units].map(([variant, some]) => `${variant} x ${some.reduce((sum, { quantity }) => sum + quantity, 0)}`)
  return sums.toSorted().join(', ')
}

type Summed = { readonly kind: string; readonly account: string; readonly currency: string; readonly sum: number }
type Course = { readonly attempts: readonly Payment[]; readonly entries: readonly Summed[] }

function checkSale(
  { report }: VerifyContext,
  order: Order,
  { attempts, entries, back: refunded }: Course & { readonly back: readonly Refund[] },
): void {
  const rows = [`orders/${order.id}`]
  const on = (account: string) => entries.filter((entry) => entry.account === account).reduce((total, { sum }) => total + sum, 0)
  const captured = attempts.reduce((sum, payment) => sum + payment.captured.amount, 0)
  const owed = on(accounts.receivable(order.id))
  if (captured + owed < chargedTotal(order))
    report('orders.placed_is_paid', rows, `${captured} of ${chargedTotal(order)} was captured, ${owed} is owed`)

  const sold = entries.filter(({ kind }) => kind === 'order.recognized')
  for (const { account, amount } of recognition(order)) {
    const booked = sold.filter((entry) => entry.account === account).reduce((total, { sum }) => total + sum, 0)
    if (booked !== amount.amount) report('orders.placed_in_ledger', rows, `${account} was moved by ${booked}, not by ${amount.amount}`)
  }
  const corrections = entries.filter(({ kind }) => kind === 'order.refunded')
  const back = (account: string) => corrections.filter((entry) => entry.account === account).reduce((total, { sum }) => total + sum, 0)
  const givenBack = 0 - back(accounts.deposit(order.id))
  if (givenBack < 0 || givenBack > order.total.amount)
    report('orders.refund_in_proportion', rows, `${givenBack} of ${order.total.amount} was given back`)
  const ofLines = byLine(refunded, order)
  for (const [account, amount] of partsOf(order, givenBack, ofLines))
    if (back(account) !== amount)
      report('orders.refund_in_proportion', rows, `${account} gave back ${back(account)}, its part is ${amount}`)
  for (const found of wrongLines(order, { ofLines, givenBack })) report('orders.lines_given_back', rows, found)
}

/** Of an order that was refunded by amount before that was spread, and never by line, nothing is said. */
function wrongLines(order: Order, { ofLines, givenBack }: { readonly ofLines: GivenBackBy; readonly givenBack: number }): string[] {
  const paid = paidFor(order)
  const of = (line: string | null) => ofLines.get(line) ?? { units: 0, amount: 0 }
  const lines = [
    ...order.lines.map(({ id, quantity }) => ({ id, quantity, most: paid.lines.get(id)!.amount, ...of(id) })),
    { id: 'shipping', quantity: 0, most: paid.shipping.amount, ...of(null) },
  ]
  const over = lines.filter(({ units, amount, quantity, most }) => units > quantity || amount > most)
  const all = lines.reduce((sum, { amount }) => sum + amount, 0)
  return [
    ...over.map((line) => `${line.id} gave back ${line.units} of ${line.quantity} units and ${line.amount} of ${line.most}`),
    ...(ofLines.size > 0 && all < givenBack ? [`of ${givenBack} that were given back, ${givenBack - all} are no line's`] : []),
  ]
}

function checkLedger({ report }: VerifyContext, order: Order, { attempts, entries: all }: Course): void {
  const rows = [`orders/${order.id}`]
  const entries = all.filter(({ currency }) => currency === order.total.currency)
  const deposit = accounts.deposit(order.id)
  const on = (kind?: string) =>
    entries
      .filter((entry) => entry.account === deposit && (kind === undefined || entry.kind === kind))
      .reduce((total, { sum }) => total + sum, 0)
  // What a bank has taken cannot be given back as well: it waits for the end of its dispute, and no longer.
  const lost = entries.filter(({ account, kind }) => account === accounts.chargebacks && kind.startsWith('payment.'))
  const disputed = attempts.reduce((sum, payment) => sum + (payment.disputed?.amount ?? 0), 0)
  const undecided = lost.reduce((rest, { sum }) => rest - sum, disputed)
  if (order.status !== 'pending_payment' && (on() > 0 || on() < -undecided))
    report('orders.deposit_used', rows, `it is ${order.status} and ${deposit} holds ${on()}`)
}

async function checkCarts(context: VerifyContext): Promise<void> {
  for await (const page of pagesOf(context, carts, not(isNull('order')))) {
    const found = await context.read.getMany(
      orders,
      page.map(({ order }) => order!),
    )
    const byId = new Map(found.map((order) => [order.id, order]))
    for (const cart of page)
      if (byId.get(cart.order!)?.cart !== cart.id)
        context.report('orders.cart_link', [`carts/${cart.id}`, `orders/${cart.order}`], 'the order is gone or of another cart')
  }
}
