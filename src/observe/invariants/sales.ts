// What must hold of sales entries, which figures are sums of: a recount of them by what the orders and the ledger say.
import { isNull, not, oneOf } from '../../contract/filter.ts'
import { accounts, ledgerEntries, salesEntries } from '../../domains/ledger/collections.ts'
import { type Order, orders } from '../../domains/orders/collections.ts'
import type { Group } from '../../storage/storage.ts'
import { type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const salesInvariants: InvariantGroup = {
  needs: ['orders', 'ledgerEntries', 'salesEntries'],
  invariants: {
    'sales.as_in_ledger':
      'The sales entries of each transfer come to what it posted to income and to tax, by country and rate, at the same time.',
    'sales.as_ordered': 'An order is counted once in the figures, with the units and the discounts that it has.',
  },
  async check(context) {
    // Orders from before there were any have none. Beyond the limit: later ones.
    const [first] = await context.read.find(salesEntries, { limit: 1 })
    if (first === undefined) return
    let looked = 0
    for await (const page of pagesOf(context, orders, not(isNull('placedAt')))) looked += await checkPage(context, page, first.createdAt)
    const all = await context.read.count(salesEntries)
    if (all !== looked) context.report('sales.as_ordered', [], `${all - looked} sales entries are of no order that was placed`)
  },
}

/** How many entries they have. */
async function checkPage({ read, report }: VerifyContext, page: readonly Order[], since: number): Promise<number> {
  const where = oneOf(
    'order',
    page.map(({ id }) => id),
  )
  const [posted, sold] = await Promise.all([
    read.group(ledgerEntries, {
      where,
      by: ['order', 'transfer', 'postedAt', 'account'],
      measures: [
        { of: 'sum', path: 'amount.amount' },
        { of: 'max', path: 'createdAt' },
      ],
    }),
    read.group(salesEntries, {
      where,
      by: ['order', 'transfer', 'postedAt', 'country', 'ratePpm', { path: 'line', characters: 1 }],
      measures: (['net', 'tax', 'quantity', 'orders', 'discount'] as const).map((path) => ({ of: 'sum', path })),
    }),
  ])
  const byOrder = (groups: readonly Group[]) => Map.groupBy(groups, ({ key }) => key[0] as string)
  const [postedOf, soldOf] = [byOrder(posted), byOrder(sold)]
  for (const order of page) {
    const entries = soldOf.get(order.id) ?? []
    const income = (postedOf.get(order.id) ?? []).filter(({ key }) => isOfSale(key[3] as string))
    const isFromBefore = entries.length === 0 && income.every(({ values }) => (values[1] as number) < since)
    if (order.taxes === null || isFromBefore) continue
    const rows = [`orders/${order.id}`]
    const [booked, told] = [bookedBy(income), toldBy(entries)]
    for (const key of new Set([...booked.keys(), ...told.keys()])) {
      const [of, by] = [told.get(key) ?? 0, booked.get(key) ?? 0]
      if (of !== by) report('sales.as_in_ledger', rows, `${key}: its sales entries come to ${of}, the ledger says ${by}`)
    }
    checkCounts(report, order, entries)
  }
  return sold.reduce((sum, { count }) => sum + count, 0)
}

function isOfSale(account: string): boolean {
  return [accounts.sales(), accounts.shipping(), accounts.tax()].some((name) => account === name || account.startsWith(`${name}:`))
}

function bookedBy(posted: readonly Group[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { key, values } of posted) {
    const [, transfer, at, account] = key
    if (values[0] !== 0) sums.set(`${transfer} ${at} ${account}`, -(values[0] as number))
  }
  return sums
}

function toldBy(sold: readonly Group[]): Map<string, number> {
  const sums = new Map<string, number>()
  const add = (key: string, amount: number) => sums.set(key, (sums.get(key) ?? 0) + amount)
  for (const { key, values } of sold) {
    const [, transfer, at, country, ratePpm, line] = key
    const place = { country: country as string, ratePpm: ratePpm as number }
    add(`${transfer} ${at} ${line === null ? accounts.shipping(place) : accounts.sales(place)}`, values[0] as number)
    add(`${transfer} ${at} ${accounts.tax(place)}`, values[1] as number)
  }
  return sums
}

function checkCounts(report: VerifyContext['report'], order: Order, sold: readonly Group[]): void {
  const sum = (at: number) => sold.reduce((all, { values }) => all + (values[at] as number), 0)
  const wanted = [order.lines.reduce((all, { quantity }) => all + quantity, 0), 1, order.totals.discount.amount]
  const found = [sum(2), sum(3), sum(4)]
  if (found.join(' ') !== wanted.join(' '))
    report('sales.as_ordered', [`orders/${order.id}`], `units, orders and discount are ${found.join(', ')}, not ${wanted.join(', ')}`)
}
