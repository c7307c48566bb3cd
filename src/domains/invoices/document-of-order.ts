// The documents of an order: what an invoice says of all that was sold, and a credit note of what is sold no longer. Pure.
import { assert } from '../../base/assert.ts'
import type { Language } from '../../base/language.ts'
import { allocateMoney, money } from '../../base/money.ts'
import { postalLines } from '../../base/postal-form.ts'
import { euStateOf } from '../../config/eu-taxes.ts'
import type { ExchangeRate } from '../../config/exchange-rates.ts'
import type { Project, ShopSettings } from '../../config/project.ts'
import type {
  DocumentAddress,
  DocumentLine,
  DocumentRate,
  DocumentShipping,
  DocumentTax,
  InvoiceDocument,
  TaxCategory,
} from '../../documents/invoice-document.ts'
import { languageWords, moneyText } from '../../languages/language-texts.ts'
import type { Address } from '../carts/collections.ts'
import type { Order, OrderLine } from '../orders/collections.ts'
import type { GivenBack, GivenBackBy } from '../orders/given-back.ts'
import { soldParts } from '../orders/place-order.ts'
import { type DocumentPart, unchargedOf } from './billed.ts'
import type { Billed } from './collections.ts'
import { oldRateOf } from './sold-now.ts'
import { inTaxCurrency } from './tax-currency.ts'

export type Issue = {
  readonly project: Project
  readonly order: Order
  readonly number: string
  readonly issuedAt: number
  /** Where the seller is. */
  readonly issuedOn: string
  readonly placedOn: string
  readonly countryName: (code: string) => string
  /** Of its tax in another currency. */
  readonly exchange: (ExchangeRate & { readonly currency: string }) | null
}

/** Everything that was ordered, but for `canceled`, which was canceled before. `paid`: what is there for it, in minor units. */
export function invoiceOf(issue: Issue, { paid, canceled }: { readonly paid: number; readonly canceled: Canceled }): InvoiceDocument {
  const { order } = issue
  const rate = rateIn(issue)
  const parts = partsOf(order, canceled)
  const lines = order.lines.flatMap((line): DocumentLine[] => {
    const { net, tax, ratePpm } = parts.lines.get(line.id)!
    const quantity = line.quantity - (canceled.get(line.id)?.units ?? 0)
    if (quantity === 0) return []
    return [goodsLine(line, { ...rate(ratePpm), quantity, total: isIncluded(order) ? net + tax : net, net })]
  })
  const title = order.shipping?.title ?? ''
  const shipping = parts.shipping.map(
    ({ ratePpm, net, tax }): DocumentShipping => ({
      ...rate(ratePpm),
      title,
      total: isIncluded(order) ? net + tax : net,
      net,
    }),
  )
  const taxes = parts.taxes.map((group): DocumentTax => ({ ...group, ...rate(group.ratePpm), reason: reasonIn(issue, group.ratePpm) }))
  return {
    ...commonOf(issue),
    kind: 'invoice',
    corrects: null,
    lines,
    shipping,
    taxes,
    totals: totalsOf(taxes),
    ...inTaxCurrency({ currency: order.total.currency, totals: totalsOf(taxes) }, issue.exchange),
    paid: Math.min(paid, totalsOf(taxes).total),
  }
}

type Correction = {
  readonly parts: readonly DocumentPart[]
  readonly first: InvoiceDocument
  readonly corrects: InvoiceDocument
  readonly whole: boolean
  readonly due: number
  readonly setOff: number
}

/**
 * The difference between what was invoiced and what is sold: of a credit note what is sold no longer, of an invoice what is sold
 * beside. `corrects`: the invoice that it names. `whole`: the invoice that nothing is left of; then it says again what that said. `due`: what is to be paid for the order, of which
 * an invoice is a part. `setOff`: what a credit note lowers that by.
 */
export function correctionOf(
  issue: Issue,
  kind: InvoiceDocument['kind'],
  { parts, first, corrects, whole, due, setOff }: Correction,
): InvoiceDocument {
  const { order } = issue
  // What it corrects said which taxes these are, and why there are none.
  const { language, lines, shipping, taxes } = first
  const common = {
    ...commonOf(issue),
    seller: first.seller,
    buyer: first.buyer,
    shipTo: first.shipTo,
    kind,
    corrects: { number: corrects.number, issuedOn: corrects.issuedOn },
  }
  const taxIn = (totals: InvoiceDocument['totals']) => inTaxCurrency({ currency: first.currency, totals }, issue.exchange)
  if (whole)
    return {
      ...common,
      lines,
      shipping,
      taxes,
      ...taxIn(first.totals),
      ...settledBy(first, { kind, totals: first.totals, due: 0, setOff }),
    }
  const own = [...Map.groupBy(parts, ({ ratePpm }) => ratePpm)].map(([ratePpm, of]): DocumentTax => {
    const tax = taxes.find((one) => one.ratePpm === ratePpm) ?? { ...rateIn(issue)(ratePpm), reason: reasonIn(issue, ratePpm) }
    const sum = (name: 'net' | 'tax') => of.reduce((all, part) => all + part[name], 0)
    return { ...tax, net: sum('net'), tax: sum('tax') }
  })
  const words = languageWords(language).issued[kind === 'credit_note' ? 'refundOf' : 'chargeOf']
  const unnamed = words.replace('{number}', order.number)
  const made = parts.map(({ goods, ratePpm, net, tax }): DocumentLine => {
    const { category } = own.find((one) => one.ratePpm === ratePpm)!
    const line = goods && order.lines.find(({ id }) => id === goods.line)!
    const total = isIncluded(order) ? net + tax : net
    return line && goods
      ? goodsLine(line, { ratePpm, category, total, net, quantity: goods.quantity })
      : { ratePpm, category, name: unnamed, sku: null, quantity: 1, unitPrice: total, discount: 0, total, net }
  })
  return {
    ...common,
    lines: made,
    shipping: [],
    taxes: own,
    ...taxIn(totalsOf(own)),
    ...settledBy(first, { kind, totals: totalsOf(own), due, setOff }),
  }
}

type Settled = Pick<InvoiceDocument, 'kind' | 'totals'> & Pick<Correction, 'due' | 'setOff'>

/** What of its amount is paid, is to be paid or comes back, and what is set off against the other of the two. */
function settledBy({ language, currency }: InvoiceDocument, { kind, totals, due, setOff }: Settled) {
  const paid = kind === 'credit_note' ? totals.total : Math.max(0, totals.total - due)
  const off = Math.min(setOff, paid)
  const said = { totals, paid, ...(off > 0 && { setOff: off }) }
  if (kind === 'invoice') return said
  const words = languageWords(language).issued
  const part = () => words.setOffPart.replace('{amount}', moneyText(money(off, currency), language))
  return { ...said, settlement: off === 0 ? words.givenBack : off === totals.total ? words.setOffWhole : part() }
}

/** A cent more than so many units cost, by the shares that what was canceled is reckoned by: then it is one price for all of them. */
function goodsLine(
  { title, sku, unitPrice }: OrderLine,
  { quantity, ...amounts }: Pick<DocumentLine, 'ratePpm' | 'category' | 'total' | 'net' | 'quantity'>,
): DocumentLine {
  const { total } = amounts
  const discount = quantity * unitPrice.amount - total
  const common = { ...amounts, sku: sku === '' ? null : sku }
  if (discount < 0) return { ...common, name: `${quantity} × ${title}`, quantity: 1, unitPrice: total, discount: 0 }
  return { ...common, name: title, quantity, unitPrice: unitPrice.amount, discount }
}

/** The shop's, where it has one for all; otherwise that of who ordered. */
export function languageOf({ project, order }: Pick<Issue, 'project' | 'order'>): Language {
  return project.shop?.invoices?.language ?? order.language ?? 'en'
}

function commonOf(issue: Issue) {
  const { project, order, number, issuedAt, issuedOn, placedOn, countryName } = issue
  const shop = shopOf(project)
  const { billing, shipping } = order.addresses
  const { seller, invoices } = shop
  const address = (of: Address | typeof seller.address): DocumentAddress => {
    const { line1 = null, line2 = null, postalCode = null, city = null, region = null, country } = of
    return { line1, line2, postalCode, city, region, country, countryName: countryName(country), lines: postalLines(of) }
  }
  const sameAddress = JSON.stringify([billing.name, address(billing)]) === JSON.stringify([shipping.name, address(shipping)])
  return {
    layout: 1 as const,
    number,
    issuedOn,
    issuedAt,
    language: languageOf(issue),
    accent: project.accounts.accent.ground,
    currency: order.total.currency,
    order: { number: order.number, placedOn },
    // A supply within the EU has a day (BR-IC-11); of what is yet to be sent it is the one of the invoice.
    suppliedOn: order.fulfillmentStatus === 'fulfilled' || order.taxExemption === 'reverse_charge' ? issuedOn : null,
    seller: { ...seller, address: address(seller.address) },
    // Of digital goods that were sold to a country alone, nobody said a name.
    buyer: { name: billing.name ?? order.email, vatId: order.vatId, address: address(billing) },
    shipTo: sameAddress ? null : { name: shipping.name ?? order.email, address: address(shipping) },
    pricesIncludeTax: isIncluded(order),
    terms: invoices.terms,
    notes: invoices.notes,
  }
}

const isIncluded = ({ taxIncluded, totals }: Order) =>
  taxIncluded ?? totals.subtotal.amount - totals.discount.amount + totals.shipping.amount === totals.total.amount

function shopOf({ shop }: Project): ShopSettings & {
  readonly seller: NonNullable<ShopSettings['seller']>
  readonly invoices: NonNullable<ShopSettings['invoices']>
} {
  assert(shop?.seller && shop.invoices, 'the config has a seller where it has invoices')
  return { ...shop, seller: shop.seller, invoices: shop.invoices }
}

type Part = { readonly ratePpm: number; readonly net: number; readonly tax: number }
type Parts = { readonly lines: ReadonlyMap<string, Part>; readonly shipping: readonly Part[]; readonly taxes: readonly Part[] }

/** By line: units that were canceled, and what of the line was given back for them. */
export type Canceled = ReadonlyMap<string, GivenBack>

/**
 * Of what was given back by line, that which was canceled and nothing else: a return, or a refund of a line that is sent, is no cancellation, and
 * a credit note says it. Nothing where nothing would be left to invoice by line.
 */
export function canceledIn(order: Order, back: GivenBackBy): Canceled {
  if (order.taxes === null) return new Map()
  const own = order.lines.flatMap(({ id, canceled = 0 }) => {
    const given = back.get(id)
    return canceled > 0 && given?.units === canceled ? [[id, given] as const] : []
  })
  const found = new Map(own)
  return order.lines.every(({ id, quantity }) => found.get(id)?.units === quantity) ? new Map() : found
}

/** What the first invoice bills. Null of an order from before lines had their tax. */
export function billedFirst(order: Order, canceled: Canceled): Billed | null {
  if (soldParts(order) === null) return null
  const { lines, shipping } = partsOf(order, canceled)
  const goods = order.lines.map(({ id, quantity }) => ({
    line: id,
    quantity: quantity - (canceled.get(id)?.units ?? 0),
    ...lines.get(id)!,
  }))
  const rates = [...Map.groupBy(shipping, ({ ratePpm }) => ratePpm)].map(([ratePpm, of]) => ({
    line: null,
    quantity: 0,
    ratePpm,
    net: of.reduce((sum, { net }) => sum + net, 0),
    tax: of.reduce((sum, { tax }) => sum + tax, 0),
  }))
  const parts = [...goods, ...rates].map(({ line, quantity, ratePpm, net, tax }) => ({ line, quantity, ratePpm, net, tax }))
  return { parts, uncharged: unchargedOf({ uncharged: (order.uncharged ?? []).filter(({ line }) => canceled.has(line)) }) }
}

function partsOf(order: Order, canceled: Canceled): Parts {
  const all = soldParts(order) ?? oldParts(order)
  const sold = all.map((part) => {
    const given = part.line === null ? undefined : canceled.get(part.line)
    if (given === undefined) return part
    // As the books divide it.
    const [net, tax] = allocateMoney(money(given.amount, order.total.currency), [part.net, part.tax])
    return { ...part, net: part.net - net!.amount, tax: part.tax - tax!.amount }
  })
  const taxes = [...Map.groupBy(sold, ({ ratePpm }) => ratePpm)].map(([ratePpm, of]) => ({
    ratePpm,
    net: of.reduce((sum, { net }) => sum + net, 0),
    tax: of.reduce((sum, { tax }) => sum + tax, 0),
  }))
  return {
    lines: new Map(sold.flatMap((part) => (part.line === null ? [] : [[part.line, part]]))),
    shipping: sold.filter(({ line, net, tax }) => line === null && net + tax > 0),
    taxes,
  }
}

/** Of an order from before lines had their tax: all of it in proportion. */
function oldParts(order: Order): (Part & { readonly line: string | null })[] {
  const ratePpm = oldRateOf(order)
  const { tax, shipping } = order.totals
  const amounts = [...order.lines.map(({ total }) => total.amount), shipping.amount]
  let [left, weight] = [BigInt(tax.amount), amounts.reduce((sum, amount) => sum + BigInt(amount), 0n)]
  return amounts.map((amount, index) => {
    // What is left, in proportion to what is left: so the parts sum to the whole.
    const share = weight === 0n ? 0n : (left * BigInt(amount)) / weight
    left -= share
    weight -= BigInt(amount)
    const own = Number(share)
    return { line: order.lines[index]?.id ?? null, ratePpm, net: isIncluded(order) ? amount - own : amount, tax: own }
  })
}

function totalsOf(taxes: readonly Part[]): InvoiceDocument['totals'] {
  const net = taxes.reduce((sum, one) => sum + one.net, 0)
  const tax = taxes.reduce((sum, one) => sum + one.tax, 0)
  return { net, tax, total: net + tax }
}

/** Which tax a rate is. Where nothing is due: why. */
function categoryIn({ project, order }: Issue, ratePpm: number): TaxCategory {
  if (ratePpm > 0) return 'S'
  const { seller, invoices } = shopOf(project)
  // Goods that are sent are a supply within the EU; anything else is taxed where its buyer is.
  if (order.taxExemption === 'reverse_charge') return order.shipping === null ? 'AE' : 'K'
  if (order.taxExemption === 'customer_group' || invoices.exemption !== null) return 'E'
  const isExport = euStateOf(seller.address) !== null && euStateOf(order.addresses.shipping) === null && seller.vatId !== null
  return isExport ? 'G' : 'Z'
}

function rateIn(issue: Issue): (ratePpm: number) => DocumentRate {
  return (ratePpm) => ({ ratePpm, category: categoryIn(issue, ratePpm) })
}

function reasonIn(issue: Issue, ratePpm: number): string | null {
  const { invoices } = shopOf(issue.project)
  const words = languageWords(languageOf(issue)).issued
  switch (categoryIn(issue, ratePpm)) {
    case 'AE':
      return words.reverseCharge
    case 'K':
      return words.withinEu
    case 'G':
      return words.export
    case 'E':
      return invoices.exemption ?? words.exempt
    default:
      return null
  }
}
