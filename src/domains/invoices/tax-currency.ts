// The tax of an invoice in the currency that its seller accounts for tax in, where the invoice is in another (article 230 of the VAT
// directive; BT-6 and BT-111 of EN 16931). Invariant: an invoice that needs a rate is issued with one, or waits.
import { toIso } from '../../base/clock.ts'
import { offsetAt } from '../../base/time-zone.ts'
import type { ExchangeRate } from '../../config/exchange-rates.ts'
import type { Project } from '../../config/project.ts'
import { eq } from '../../contract/filter.ts'
import { digitsOf } from '../../documents/amounts.ts'
import type { InvoiceDocument } from '../../documents/invoice-document.ts'
import type { Services } from '../../operation/define.ts'
import type { Reader } from '../../storage/storage.ts'
import { type Order, orders } from '../orders/collections.ts'
import { invoices } from './collections.ts'

type Asking = {
  readonly read: Pick<Reader, 'get' | 'find'>
  readonly project: Project
  readonly services: Pick<Services, 'exchangeRates'>
  readonly now: number
}

/** `isMissing`: one is needed, and nobody says it now. Null: none is needed. */
export type Exchange = (ExchangeRate & { readonly currency: string }) | 'missing' | null

/** Before the transaction that issues: of an order that was not invoiced. What corrects an invoice takes the rate of that one. */
export async function askExchange({ read, project, services, now }: Asking, id: string): Promise<Exchange> {
  const settings = project.shop?.invoices
  if (!settings?.asksExchangeRates) return null
  const order = await read.get(orders, id)
  const from = order?.total.currency
  const to = taxCurrencyOf(project)
  if (from === undefined || from === to) return null
  // Beyond the limit: more of the same, and one is enough.
  const [issued] = await read.find(invoices, { where: eq('order', id), limit: 1 })
  if (issued !== undefined) return null
  const answer = await services.exchangeRates?.rate({ from, to, day: dayOf(project, now) })
  return answer ? { ...answer, currency: to } : 'missing'
}

export function dayOf(project: Project, at: number): string {
  return toIso(at + offsetAt(project.shop!.bookkeeping.timeZone, at)).slice(0, 10)
}

function taxCurrencyOf({ shop }: Project): string {
  return shop!.invoices!.taxCurrency ?? shop!.currency
}

/** Whether its first invoice cannot be written with what was said. */
export function needsExchange(project: Project, order: Order, exchange: Exchange): boolean {
  if (!project.shop?.invoices?.asksExchangeRates || order.total.currency === taxCurrencyOf(project)) return false
  return exchange === null || exchange === 'missing' || exchange.currency !== taxCurrencyOf(project)
}

/** Nothing of a document without tax, of one that needs no rate, and of a sum beyond 2^53. */
export function inTaxCurrency(
  { currency, totals }: Pick<InvoiceDocument, 'currency' | 'totals'>,
  exchange: (ExchangeRate & { readonly currency: string }) | null,
): Pick<InvoiceDocument, 'taxIn'> {
  if (exchange === null || totals.tax === 0) return {}
  const { rate, source, day, currency: to } = exchange
  const tax = converted(totals.tax, { rate, from: digitsOf(currency), to: digitsOf(to) })
  return Number.isSafeInteger(tax) ? { taxIn: { currency: to, rate, source, day, tax } } : {}
}

/** Half a unit of the last digit is rounded up. */
function converted(minor: number, { rate, from, to }: { readonly rate: string; readonly from: number; readonly to: number }): number {
  const [whole = '', rest = ''] = rate.split('.')
  const value = BigInt(minor) * BigInt(whole + rest) * 10n ** BigInt(to)
  const unit = 10n ** BigInt(rest.length + from)
  return Number((value * 2n + unit) / (unit * 2n))
}
