// Issuing: the invoice of an order, and what corrects it. Invariant: invoices less credit notes are what of the order is sold, in
// each rate of tax, once whatever was owed is carried out, but for what was added in an exchange that is open. So it is asked as often as
// anything has changed, and writes what is missing.

import { EngineError } from '../../base/engine-error.ts'
import { money } from '../../base/money.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { eq } from '../../contract/filter.ts'
import { documentHash, type InvoiceDocument } from '../../documents/invoice-document.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { exchangeOpen, type Order, orders } from '../orders/collections.ts'
import { givenBack } from '../orders/given-back.ts'
import { dueFor } from '../orders/still-charged.ts'
import { payments } from '../payments/collections.ts'
import { billedNow, type DocumentPart, sidesOf, withoutAdded } from './billed.ts'
import { type Invoice, invoices } from './collections.ts'
import { billedFirst, canceledIn, correctionOf, type Issue, invoiceOf, languageOf } from './document-of-order.ts'
import { invoiceIssued } from './events.ts'
import { missingOf, soldNow } from './sold-now.ts'
import { numberText, takeNumber } from './take-number.ts'
import { dayOf, type Exchange, needsExchange } from './tax-currency.ts'

/** `exchange`: what was said of its tax in another currency. */
type How = { readonly isBegun?: boolean; readonly exchange?: Exchange }
export type Issued = { readonly invoices: readonly Invoice[]; readonly events: readonly DomainEvent[] }

/**
 * Writes what is missing: nothing where it says all already, or nothing was sold. `isBegun`: only what corrects what was issued.
 */
export async function issueInvoices(work: Work, id: string, { isBegun = false, exchange = null }: How = {}): Promise<Issued> {
  const { tx } = work
  // Whoever gives its money back, or issues for it too, waits.
  const order = await tx.lock(orders, id, 'exclusive')
  // What was imported was invoiced by whoever sold it.
  const isOurs = order !== null && order.placedAt !== null && order.importedAt === null
  if (!isOurs || work.project.shop?.invoices == null) return { invoices: [], events: [] }
  const before = (await findAll(tx, invoices, eq('order', id))).toSorted((one, other) => one.position - other.position)
  if (before.length === 0 && (isBegun || order.status === 'canceled' || order.status === 'expired')) return { invoices: [], events: [] }
  if (before.length === 0 && needsExchange(work.project, order, exchange))
    throw new EngineError('tax_unavailable', { detail: 'The exchange rate of its tax is not known now. Try again in a moment.' })
  const made = before.length > 0 ? [] : [await issueFirst(work, order, exchange)]
  made.push(...(await correct(work, order, [...before, ...made])))
  return { invoices: made, events: made.map((invoice) => invoiceIssued({ invoice, order })) }
}

async function issueFirst(work: Work, order: Order, exchange: Exchange): Promise<Invoice> {
  const given = { paid: await paidFor(work, order), canceled: canceledIn(order, await givenBack(work.tx, order)) }
  const billed = billedFirst(order, given.canceled)
  return await issue(work, order, {
    position: 1,
    kind: 'invoice',
    corrects: null,
    billed,
    make: (one) => invoiceOf({ ...one, exchange: exchange === 'missing' ? null : exchange }, given),
  })
}

/** What was added in exchange is billed once it is known what came back for it: until then nobody owes it. */
async function correct(work: Work, order: Order, before: readonly Invoice[]): Promise<Invoice[]> {
  const { tx } = work
  const sold = await soldNow(tx, order)
  const [first, last] = [before[0]!, before.at(-1)!]
  const now = await billedNow(tx, order, await givenBack(tx, order))
  const sides = sidesOf(last.billed, now, missingOf(sold, before))
  const isWaiting = order.holds.includes(exchangeOpen)
  const billed = isWaiting && last.billed !== null && now !== null ? withoutAdded(last.billed, now) : now
  const shared = {
    first: first.document,
    whole: before.length === 1 && sold.every(({ net, tax }) => net === 0 && tax === 0),
    due: sides.up.length === 0 || isWaiting ? 0 : await dueFor(work, order),
    setOff: last.billed === null || now === null ? 0 : Math.max(0, now.uncharged - last.billed.uncharged),
  }
  const made: Invoice[] = []
  for (const [kind, parts] of [
    ['credit_note', sides.down],
    ['invoice', isWaiting ? [] : sides.up],
  ] as const) {
    if (parts.length === 0) continue
    const corrected = kind === 'credit_note' ? invoiceOfUnits(before, parts) : first
    const place = { position: last.position + made.length + 1, kind, corrects: corrected.id, billed }
    // What a credit note of before was set off against is none of this invoice's.
    const setOff = kind === 'credit_note' ? shared.setOff : (made[0]?.document.setOff ?? 0)
    made.push(
      await issue(work, order, {
        ...place,
        // At the rate of what it corrects.
        make: (one) =>
          correctionOf({ ...one, exchange: first.document.taxIn ?? null }, kind, {
            ...shared,
            corrects: corrected.document,
            setOff,
            parts,
          }),
      }),
    )
  }
  return made
}

/** That which billed the units of a credit note. Of units of several, and of what names no units, it is the first. */
function invoiceOfUnits(before: readonly Invoice[], parts: readonly DocumentPart[]): Invoice {
  const [first] = before as readonly [Invoice]
  const isBilledBy = (line: string) => (one: Invoice) =>
    one.kind === 'invoice' && one.billed?.parts.some((part) => part.line === line && part.quantity > 0) === true
  const of = new Set(parts.map(({ goods }) => (goods === null ? first : (before.find(isBilledBy(goods.line)) ?? first))))
  return of.size === 1 ? [...of][0]! : first
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

type Place = Pick<Invoice, 'position' | 'kind' | 'corrects' | 'billed'>
type Make = (issue: Issue) => InvoiceDocument

async function issue(work: Work, order: Order, { make, ...place }: Place & { readonly make: Make }): Promise<Invoice> {
  const { tx, now, newId, project } = work
  const { seller, invoices: settings } = project.shop!
  const day = (at: number) => dayOf(project, at)
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
    exchange: null,
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
