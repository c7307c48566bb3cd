// What must hold of invoices: their numbers have no gap, what was issued is as it was, and together they say what was sold.
import { oneOf } from '../../contract/filter.ts'
import { documentHash } from '../../documents/invoice-document.ts'
import { type Invoice, invoiceSeries, invoices } from '../../domains/invoices/collections.ts'
import { invoiceCorrect, invoiceIssue } from '../../domains/invoices/issue-effect.ts'
import { missingOf, soldIn } from '../../domains/invoices/sold-now.ts'
import { ledgerEntries } from '../../domains/ledger/collections.ts'
import { exchangeOpen, orders } from '../../domains/orders/collections.ts'
import { effects } from '../../effects/effect.ts'
import { sumsBy } from '../../storage/sums-by.ts'
import { allOf, type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const invoiceInvariants: InvariantGroup = {
  needs: ['invoices', 'invoiceSeries', 'orders', 'ledgerEntries', 'effects'],
  invariants: {
    'invoices.numbers':
      'The numbers of a series and year are 1 to n, each once, but for those that a restore was told to have gone out after its backup, and n is the last that was taken.',
    'invoices.as_issued': 'An invoice is as it was issued, and its sums agree.',
    'invoices.fit_sales':
      'Invoices less credit notes of an order are what of it is sold, in each rate of tax, but for what was added in an exchange that is open.',
  },
  async check(context) {
    await checkNumbers(context)
    const seen = new Set<string>()
    for await (const page of pagesOf(context, invoices)) {
      for (const invoice of page) checkDocument(context, invoice)
      const fresh = [...new Set(page.map(({ order }) => order))].filter((id) => !seen.has(id))
      for (const id of fresh) seen.add(id)
      if (fresh.length > 0) await checkSales(context, fresh)
    }
  },
}

async function checkNumbers({ read, report }: VerifyContext): Promise<void> {
  const groups = await read.group(invoices, {
    by: ['seller', 'series', 'year'],
    measures: [
      { of: 'min', path: 'sequence' },
      { of: 'max', path: 'sequence' },
    ],
  })
  const counters = new Map(
    (await allOf({ read }, invoiceSeries, { op: 'true' })).map(({ key, last, lost }) => [key, { last, lost: lost ?? 0 }]),
  )
  for (const { key, count, values } of groups) {
    const name = JSON.stringify(key)
    const { last, lost } = counters.get(name) ?? { last: 0, lost: 0 }
    counters.delete(name)
    const [least, most] = values
    // Each is there once at most, by a fence of the database.
    // Those that went out after a backup lie in a hole, or after all that are here.
    const isWhole = lost === 0 ? least === 1 && most === count : Number(least) >= 1 && Number(most) <= last
    if (!isWhole || last !== count + lost)
      report(
        'invoices.numbers',
        [`invoiceSeries/${name}`],
        `${count} from ${String(least)} to ${String(most)}; the last that was taken is ${last}`,
      )
  }
  for (const [name, { last, lost }] of counters)
    if (last !== lost) report('invoices.numbers', [`invoiceSeries/${name}`], `there are none, and the last that was taken is ${last}`)
}

function checkDocument({ report }: VerifyContext, { id, document, hash, number, kind, total, tax }: Invoice): void {
  const { taxes, totals, lines, shipping } = document
  const sum = (of: readonly { readonly net: number; readonly ratePpm: number }[], rate: number) =>
    of.reduce((all, one) => all + (one.ratePpm === rate ? one.net : 0), 0)
  const areRatesRight = [...Map.groupBy(taxes, ({ ratePpm }) => ratePpm)].every(
    ([rate, of]) => sum(lines, rate) + sum(shipping, rate) === of.reduce((all, { net }) => all + net, 0),
  )
  const all = taxes.reduce((into, one) => ({ net: into.net + one.net, tax: into.tax + one.tax }), { net: 0, tax: 0 })
  const isRight =
    documentHash(document) === hash &&
    document.number === number &&
    document.kind === kind &&
    areRatesRight &&
    all.net === totals.net &&
    all.tax === totals.tax &&
    totals.net + totals.tax === totals.total &&
    total.amount === totals.total &&
    tax.amount === totals.tax &&
    total.currency === document.currency
  if (!isRight) report('invoices.as_issued', [`invoices/${id}`], `${number} comes to ${total.amount}, its document to ${totals.total}`)
}

async function checkSales({ read, report, now, patienceMs }: VerifyContext, ids: readonly string[]): Promise<void> {
  const [all, sold, entries, owed] = await Promise.all([
    allOf({ read }, invoices, oneOf('order', [...ids])),
    read.getMany(orders, ids),
    sumsBy(read, ledgerEntries, { where: oneOf('order', [...ids]), by: ['order', 'account', 'amount.currency'], sum: 'amount.amount' }),
    allOf({ read }, effects, { op: 'and', of: [oneOf('record', [...ids]), oneOf('kind', [invoiceIssue.name, invoiceCorrect.name])] }),
  ])
  const issued = Map.groupBy(all, ({ order }) => order)
  const booked = Map.groupBy(entries, ({ key }) => String(key[0]))
  // What is owed is on its way, for a while.
  const isOwed = (id: string) =>
    owed.some(({ record, state, createdAt }) => record === id && (state === 'ready' || state === 'running') && createdAt > now - patienceMs)
  for (const order of sold) {
    const sums = (booked.get(order.id) ?? []).map(({ key, sum }) => ({ account: String(key[1]), currency: String(key[2]), sum }))
    const missing = missingOf(soldIn(order, sums), issued.get(order.id) ?? [])
    const isWaiting = order.holds.includes(exchangeOpen)
    if (missing.every(({ net, tax }) => net + tax === 0 || (isWaiting && net + tax < 0)) || isOwed(order.id)) continue
    report('invoices.fit_sales', [`orders/${order.id}`], `beyond what is sold: ${JSON.stringify(missing)}`)
  }
}
