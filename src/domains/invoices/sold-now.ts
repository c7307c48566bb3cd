// What of an order is sold now, by the rate of its tax, as the books hold it after all that was given back, canceled and reversed;
// and what invoices say beyond it.
import { eq } from '../../contract/filter.ts'
import { sumsBy } from '../../storage/sums-by.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { accounts, ledgerEntries } from '../ledger/collections.ts'
import type { Order } from '../orders/collections.ts'
import type { Invoice } from './collections.ts'

export type AtRate = { readonly ratePpm: number; readonly net: number; readonly tax: number }
type Summed = { readonly account: string; readonly currency: string; readonly sum: number }

export async function soldNow(tx: Transaction, order: Order): Promise<AtRate[]> {
  const groups = await sumsBy(tx, ledgerEntries, { where: eq('order', order.id), by: ['account', 'amount.currency'], sum: 'amount.amount' })
  return soldIn(
    order,
    groups.map(({ key, sum }) => ({ account: String(key[0]), currency: String(key[1]), sum })),
  )
}

/** By what the ledger holds of the order. */
export function soldIn(order: Order, sums: readonly Summed[]): AtRate[] {
  const { currency } = order.total
  // Income and tax are credits.
  const balance = (...names: readonly string[]) =>
    0 - sums.filter((one) => names.includes(one.account) && one.currency === currency).reduce((all, one) => all + one.sum, 0)
  if (order.taxes === null)
    return [{ ratePpm: oldRateOf(order), net: balance(accounts.sales(), accounts.shipping()), tax: balance(accounts.tax()) }]
  const { country } = order.addresses.shipping
  return [...new Set(order.taxes.map(({ ratePpm }) => ratePpm))].map((ratePpm) => {
    const at = { country, ratePpm }
    return { ratePpm, net: balance(accounts.sales(at), accounts.shipping(at)), tax: balance(accounts.tax(at)) }
  })
}

/** What invoices less credit notes are beyond what is sold; less than nothing where something was not invoiced. */
export function missingOf(sold: readonly AtRate[], issued: readonly Pick<Invoice, 'kind' | 'document'>[]): AtRate[] {
  const billed = issued.flatMap(({ kind, document }) => {
    const sign = kind === 'invoice' ? 1 : -1
    return document.taxes.map(({ ratePpm, net, tax }) => ({ ratePpm, net: sign * net, tax: sign * tax }))
  })
  const rates = new Set([...sold, ...billed].map(({ ratePpm }) => ratePpm))
  const sum = (of: readonly AtRate[], rate: number, what: 'net' | 'tax') =>
    of.reduce((all, one) => all + (one.ratePpm === rate ? one[what] : 0), 0)
  return [...rates].map((ratePpm) => ({
    ratePpm,
    net: sum(billed, ratePpm, 'net') - sum(sold, ratePpm, 'net'),
    tax: sum(billed, ratePpm, 'tax') - sum(sold, ratePpm, 'tax'),
  }))
}

/** Of an order from before it kept its rates: what its tax comes to, to a tenth of a percent. */
export function oldRateOf({ totals }: Order): number {
  const { tax, total } = totals
  const net = total.amount - tax.amount
  return net === 0 ? 0 : Math.round((tax.amount * 1_000) / net) * 1_000
}
