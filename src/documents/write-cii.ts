// An invoice as XML that programs read: Cross Industry Invoice (UN/CEFACT D22B) in the profile EN 16931 of ZUGFeRD 2 and
// Factur-X 1. The standard counts without tax: what was sold with tax included is told as its net, which sums to the same cent.
// Element names and their order are those of its schema; BT and BG are the terms of EN 16931.
import { decimalText, digitsOf, percentText } from './amounts.ts'
import type { DocumentAddress, DocumentLine, DocumentRate, DocumentTax, InvoiceDocument } from './invoice-document.ts'

/** EN 16931 takes amounts of at most two decimals (BR-DEC): an invoice in dinars of Kuwait has no such XML. */
export function hasXml({ currency }: Pick<InvoiceDocument, 'currency'>): boolean {
  return digitsOf(currency) <= 2
}

export const xmlFileName = 'factur-x.xml'

/** Null where the standard has no form for it. */
export function writeCii(document: InvoiceDocument): string | null {
  if (!hasXml(document)) return null
  const parts = [
    tag('rsm:ExchangedDocumentContext', [
      tag('ram:GuidelineSpecifiedDocumentContextParameter', [tag('ram:ID', 'urn:cen.eu:en16931:2017')]),
    ]),
    tag('rsm:ExchangedDocument', [
      tag('ram:ID', document.number),
      tag('ram:TypeCode', document.kind === 'invoice' ? '380' : '381'),
      tag('ram:IssueDateTime', [day(document.issuedOn)]),
      ...[...(document.settlement === undefined ? [] : [document.settlement]), ...document.notes].map((note) =>
        tag('ram:IncludedNote', [tag('ram:Content', note)]),
      ),
    ]),
    tag('rsm:SupplyChainTradeTransaction', [
      ...document.lines.map((line, index) => lineItem(document, line, index + 1)),
      agreement(document),
      delivery(document),
      settlement(document),
    ]),
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice ${namespaces}>${parts.join('')}</rsm:CrossIndustryInvoice>\n`
}

const namespaces = [
  ['rsm', 'urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100'],
  ['ram', 'urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100'],
  ['udt', 'urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100'],
  ['qdt', 'urn:un:unece:uncefact:data:standard:QualifiedDataType:100'],
]
  .map(([prefix, name]) => `xmlns:${prefix}="${name}"`)
  .join(' ')

/** BG-25. */
function lineItem({ currency, pricesIncludeTax }: InvoiceDocument, line: DocumentLine, position: number): string {
  const amount = amountsOf(currency)
  // BT-136: what the discount was without tax. The price before it is what is left and that.
  const discount = pricesIncludeTax ? withoutTax(line.discount, line.ratePpm) : line.discount
  return tag('ram:IncludedSupplyChainTradeLineItem', [
    tag('ram:AssociatedDocumentLineDocument', [tag('ram:LineID', String(position))]),
    tag('ram:SpecifiedTradeProduct', [optional('ram:SellerAssignedID', line.sku), tag('ram:Name', line.name)]),
    tag('ram:SpecifiedLineTradeAgreement', [
      tag('ram:NetPriceProductTradePrice', [tag('ram:ChargeAmount', unitPrice(line.net + discount, line.quantity, digitsOf(currency)))]),
    ]),
    tag('ram:SpecifiedLineTradeDelivery', [tag('ram:BilledQuantity', String(line.quantity), 'unitCode="C62"')]),
    tag('ram:SpecifiedLineTradeSettlement', [
      tag('ram:ApplicableTradeTax', rateOf(line)),
      discount === 0
        ? ''
        : tag('ram:SpecifiedTradeAllowanceCharge', [
            tag('ram:ChargeIndicator', [tag('udt:Indicator', 'false')]),
            tag('ram:ActualAmount', amount(discount)),
            tag('ram:Reason', 'Discount'),
          ]),
      tag('ram:SpecifiedTradeSettlementLineMonetarySummation', [tag('ram:LineTotalAmount', amount(line.net))]),
    ]),
  ])
}

/** BT-146: a price may have more decimals than an amount, so that it comes to the line's net within half a cent. */
function unitPrice(minor: number, quantity: number, digits: number): string {
  const more = 6
  const scaled = BigInt(minor) * 10n ** BigInt(more)
  const price = (scaled * 2n + BigInt(quantity)) / (BigInt(quantity) * 2n)
  const text = decimalText(price, digits + more)
  return text.slice(0, text.length - more) + text.slice(-more).replace(/0+$/, '')
}

function withoutTax(gross: number, ratePpm: number): number {
  const [value, rate] = [BigInt(gross) * 1_000_000n, 1_000_000n + BigInt(ratePpm)]
  return Number((value * 2n + rate) / (rate * 2n))
}

/** BG-4, BG-7, and BT-14. */
function agreement({ seller, buyer, order }: InvoiceDocument): string {
  const contact = seller.email === null && seller.phone === null
  return tag('ram:ApplicableHeaderTradeAgreement', [
    tag('ram:SellerTradeParty', [
      // BR-CO-26: without a VAT id it is known by another number (BT-29).
      seller.vatId === null ? optional('ram:ID', seller.taxNumber) : '',
      tag('ram:Name', seller.name),
      optional('ram:Description', seller.register),
      contact
        ? ''
        : tag('ram:DefinedTradeContact', [
            tag('ram:PersonName', seller.name),
            seller.phone === null ? '' : tag('ram:TelephoneUniversalCommunication', [tag('ram:CompleteNumber', seller.phone)]),
            seller.email === null ? '' : tag('ram:EmailURIUniversalCommunication', [tag('ram:URIID', seller.email)]),
          ]),
      address(seller.address),
      registration(seller.vatId, 'VA'),
      registration(seller.taxNumber, 'FC'),
    ]),
    tag('ram:BuyerTradeParty', [tag('ram:Name', buyer.name), address(buyer.address), registration(buyer.vatId, 'VA')]),
    tag('ram:SellerOrderReferencedDocument', [tag('ram:IssuerAssignedID', order.number)]),
  ])
}

const registration = (id: string | null, scheme: string) =>
  id === null ? '' : tag('ram:SpecifiedTaxRegistration', [tag('ram:ID', id, `schemeID="${scheme}"`)])

function address({ postalCode, line1, line2, city, region, country }: DocumentAddress): string {
  return tag('ram:PostalTradeAddress', [
    optional('ram:PostcodeCode', postalCode),
    optional('ram:LineOne', line1),
    optional('ram:LineTwo', line2),
    optional('ram:CityName', city),
    tag('ram:CountryID', country),
    optional('ram:CountrySubDivisionName', region),
  ])
}

/** BG-13. */
function delivery({ buyer, shipTo, suppliedOn }: InvoiceDocument): string {
  const to = shipTo ?? buyer
  return tag('ram:ApplicableHeaderTradeDelivery', [
    tag('ram:ShipToTradeParty', [tag('ram:Name', to.name), address(to.address)]),
    suppliedOn === null ? '' : tag('ram:ActualDeliverySupplyChainEvent', [tag('ram:OccurrenceDateTime', [day(suppliedOn)])]),
  ])
}

function settlement(document: InvoiceDocument): string {
  const { currency, lines, shipping, taxes, totals, paid, corrects, seller, terms } = document
  const amount = amountsOf(currency)
  const taxIn = document.taxIn !== undefined && hasXml(document.taxIn) ? document.taxIn : undefined
  const due = totals.total - paid
  const sum = (parts: readonly { readonly net: number }[]) => parts.reduce((all, { net }) => all + net, 0)
  const charges = shipping.filter(({ net }) => net > 0)
  return tag('ram:ApplicableHeaderTradeSettlement', [
    tag('ram:PaymentReference', document.number),
    // BT-6, which has to come with BT-111.
    taxIn === undefined ? '' : tag('ram:TaxCurrencyCode', taxIn.currency),
    tag('ram:InvoiceCurrencyCode', currency),
    due > 0 && seller.bank !== null ? paymentMeans(seller.bank) : '',
    ...taxes.map((one) => taxGroup(one, currency)),
    ...charges.map((one) =>
      tag('ram:SpecifiedTradeAllowanceCharge', [
        tag('ram:ChargeIndicator', [tag('udt:Indicator', 'true')]),
        tag('ram:ActualAmount', amount(one.net)),
        // UNTDID 7161: freight.
        tag('ram:ReasonCode', 'FC'),
        tag('ram:Reason', one.title),
        tag('ram:CategoryTradeTax', rateOf(one)),
      ]),
    ),
    due > 0 ? tag('ram:SpecifiedTradePaymentTerms', [tag('ram:Description', terms ?? 'Payable at once, without deduction.')]) : '',
    tag('ram:SpecifiedTradeSettlementHeaderMonetarySummation', [
      tag('ram:LineTotalAmount', amount(sum(lines))),
      tag('ram:ChargeTotalAmount', amount(sum(charges))),
      tag('ram:AllowanceTotalAmount', amount(0)),
      tag('ram:TaxBasisTotalAmount', amount(totals.net)),
      tag('ram:TaxTotalAmount', amount(totals.tax), `currencyID="${currency}"`),
      taxIn === undefined ? '' : tag('ram:TaxTotalAmount', amountsOf(taxIn.currency)(taxIn.tax), `currencyID="${taxIn.currency}"`),
      tag('ram:GrandTotalAmount', amount(totals.total)),
      tag('ram:TotalPrepaidAmount', amount(paid)),
      tag('ram:DuePayableAmount', amount(due)),
    ]),
    corrects === null
      ? ''
      : tag('ram:InvoiceReferencedDocument', [
          tag('ram:IssuerAssignedID', corrects.number),
          tag('ram:FormattedIssueDateTime', [tag('qdt:DateTimeString', compact(corrects.issuedOn), 'format="102"')]),
        ]),
  ])
}

/** BG-16: a transfer within SEPA, or to any account elsewhere (UNTDID 4461). */
function paymentMeans({ holder, iban, bic }: NonNullable<InvoiceDocument['seller']['bank']>): string {
  return tag('ram:SpecifiedTradeSettlementPaymentMeans', [
    tag('ram:TypeCode', '58'),
    tag('ram:PayeePartyCreditorFinancialAccount', [tag('ram:IBANID', iban.replaceAll(/\s/g, '')), optional('ram:AccountName', holder)]),
    bic === null ? '' : tag('ram:PayeeSpecifiedCreditorFinancialInstitution', [tag('ram:BICID', bic)]),
  ])
}

/** BG-23. */
function taxGroup(group: DocumentTax, currency: string): string {
  const amount = amountsOf(currency)
  return tag('ram:ApplicableTradeTax', [
    tag('ram:CalculatedAmount', amount(group.tax)),
    tag('ram:TypeCode', 'VAT'),
    optional('ram:ExemptionReason', group.category === 'S' || group.category === 'Z' ? null : group.reason),
    tag('ram:BasisAmount', amount(group.net)),
    tag('ram:CategoryCode', group.category),
    optional('ram:ExemptionReasonCode', reasonCodes[group.category] ?? null),
    group.category === 'O' ? '' : tag('ram:RateApplicablePercent', percentText(group.ratePpm, 'xml')),
  ])
}

/** Of the CEF's list of VAT exemption reasons. */
const reasonCodes: Readonly<Record<string, string>> = { AE: 'VATEX-EU-AE', K: 'VATEX-EU-IC', G: 'VATEX-EU-G', O: 'VATEX-EU-O' }

function rateOf({ category, ratePpm }: DocumentRate): string[] {
  return [
    tag('ram:TypeCode', 'VAT'),
    tag('ram:CategoryCode', category),
    category === 'O' ? '' : tag('ram:RateApplicablePercent', percentText(ratePpm, 'xml')),
  ]
}

const amountsOf = (currency: string) => (minor: number) => decimalText(minor, digitsOf(currency))

const compact = (of: string) => of.replaceAll('-', '')
const day = (of: string) => tag('udt:DateTimeString', compact(of), 'format="102"')
const optional = (name: string, text: string | null) => (text === null || text.trim() === '' ? '' : tag(name, text))

function tag(name: string, content: string | readonly string[], attributes = ''): string {
  const inner = typeof content === 'string' ? escaped(content) : content.join('')
  return `<${name}${attributes && ` ${attributes}`}>${inner}</${name}>`
}

/** XML 1.0 section 2.2: control characters and halves of pairs cannot be said at all. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' ')
    .replaceAll(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!)
}
