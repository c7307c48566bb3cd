// Issuing: the invoice of an order, and what corrects it. Invariant: invoices less credit notes are what of the order is sold, in
// each rate of tax, once whatever was owed is carried out. So it is asked as often as anything has changed, and writes what is missing.

import { toIso } from '../../base/clock.ts'
import { money } from '../../base/money.ts'
import { offsetAt } from '../../base/time-zone.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { eq } from '../../contract/filter.ts'
import { documentHash, type InvoiceDocument } from '../../documents/invoice-document.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { type Order, orders } from '../orders/collections.ts'
import { givenBack } from '../orders/given-back.ts'
import { payments } from '../payments/collections.ts'
import { type Invoice, invoices } from './collections.ts'
import { canceledIn, correctionOf, type Issue, invoiceOf, languageOf } from './document-of-order.ts'
import { invoiceIssued } from './events.ts'
import { type AtRate, missingOf, soldNow } from './sold-now.ts'
import { numberText, takeNumber } from './take-number.ts'

export type Issued = { readonly invoices: readonly Invoice[]; readonly events: readonly DomainEvent[] }

/**
 * Writes what is missing: nothing where it says all already, or nothing was sold. `isBegun`: only what corrects what was issued.
 */
export async function issueInvoices(work: Work, id: string, { isBegun = false } = {}): Promise<Issued> {
  const { tx } = work
  // Whoever gives its money back, or issues for it too, waits.
  const order = await tx.lock(orders, id, 'exclusive')
  // What was imported was invoiced by whoever sold it.
  const isOurs = order !== null && order.placedAt !== null && order.importedAt === null
  if (!isOurs || work.project.shop?.invoices == null) return { invoices: [], events: [] }
  const before = await findAll(tx, invoices, eq('order', id))
  const sold = await soldNow(tx, order)
  const made: Invoice[] = []
  if (before.length === 0) {
    if (isBegun || order.status === 'canceled' || order.status === 'expired') return { invoices: [], events: [] }
    const given = { paid: await paidFor(work, order), canceled: canceledIn(order, await givenBack(tx, order)) }
    made.push(await issue(work, order, { position: 1, kind: 'invoice', corrects: null, make: (one) => invoiceOf(one, given) }))
  }
  const first = [...before, ...made].find(({ position }) => position === 1)!
  const difference = missingOf(sold, [...before, ...made])
  const isWhole = before.length + made.length === 1 && sold.every(({ net, tax }) => net === 0 && tax === 0)
  for (const [kind, sign] of [
    ['credit_note', 1],
    ['invoice', -1],
  ] as const) {
    const part = partOf(difference, sign)
    if (part.length === 0) continue
    const corrects = { position: before.length + made.length + 1, kind, corrects: first.id }
    const given = { difference: part, first: first.document, whole: isWhole }
    made.push(await issue(work, order, { ...corrects, make: (one) => correctionOf(one, kind, given) }))
  }
  return { invoices: made, events: made.map((invoice) => invoiceIssued({ invoice, order })) }
}

/** What was sold less than invoiced (1), or more (-1). By rates, so that a document has amounts of one sign. */
function partOf(difference: readonly AtRate[], sign: 1 | -1): AtRate[] {
  return difference
    .filter(({ net, tax }) => (net + tax) * sign > 0)
    .map(({ ratePpm, net, tax }) => ({ ratePpm, net: net * sign, tax: tax * sign }))
}

/**
 * What is there for it, or held by a provider: what was given back of that is a credit note's matter. What was only promised, as by who buys
 * on an invoice, is still to be paid.
 */
async function paidFor({ tx, project }: Work, { id, total }: Order): Promise<number> {
  const attempts = await findAll(tx, payments, eq('order', id))
  const byHand = new Set(project.paymentProviders.filter((one) => one.isByHand).map((one) => one.id))
  const held = attempts.reduce(
    (sum, { provider, captured, capturable }) => sum + captured.amount + (byHand.has(provider) ? 0 : (capturable?.amount ?? 0)),
    0,
  )
  return Math.min(held, total.amount)
}

type Place = Pick<Invoice, 'position' | 'kind' | 'corrects'>
type Make = (issue: Issue) => InvoiceDocument

async function issue(work: Work, order: Order, { make, ...place }: Place & { readonly make: Make }): Promise<Invoice> {
  const { tx, now, newId, project } = work
  const { seller, invoices: settings, bookkeeping } = project.shop!
  const day = (at: number) => toIso(at + offsetAt(bookkeeping.timeZone, at)).slice(0, 10)
  const issuedOn = day(now)
  const year = Number(issuedOn.slice(0, 4))
  const series = settings![place.kind === 'invoice' ? 'series' : 'creditNoteSeries']
  const whose = seller!.vatId ?? seller!.taxNumber!
  const sequence = await takeNumber(work, { seller: whose, series, year })
  const number = numberText(settings!.number, { series, year, number: sequence })
  const names = new Intl.DisplayNames([languageOf({ project, order })], { type: 'region' })
  const document = make({
    project,
    order,
    number,
    issuedAt: now,
    issuedOn,
    placedOn: day(order.placedAt!),
    countryName: (code) => names.of(code) ?? code,
  })
  const { currency, totals } = document
  return await tx.insert(
    invoices,
    {
      ...place,
      id: newId('invoice'),
      number,
      seller: whose,
      series,
      year,
      sequence,
      order: order.id,
      buyer: document.buyer.name,
      total: money(totals.total, currency),
      tax: money(totals.tax, currency),
      issuedAt: now,
      document,
      hash: documentHash(document),
    },
    'conflict',
  )
}
