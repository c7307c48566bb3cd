// Invoices and credit notes: what was issued, frozen. Invariant: the numbers of a seller's series in a year are 1 to n, each once,
// and no row is ever changed or removed. Numbers are taken in take-number.ts alone, in the transaction that issues.
import { nobody, staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import type { InvoiceDocument } from '../../documents/invoice-document.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

/** What is billed of a line, or of shipping (null), in minor units. */
export type BilledPart = {
  readonly line: string | null
  readonly quantity: number
  readonly ratePpm: number
  readonly net: number
  readonly tax: number
}
/** Of all documents of an order up to one. `uncharged`: what nobody was charged for by then. */
export type Billed = { readonly parts: readonly BilledPart[]; readonly uncharged: number }

export const invoices = collection('invoices', {
  prefix: 'invoice',
  // Found by any part of a number or a name; and an index would be written with each.
  search: 'parts',
  system: true,
  appendOnly: true,
  fields: {
    number: field.text({ required: true, search: true, max: limits.invoiceNumberCharactersMax }),
    /** Whose numbers they are: a VAT id or tax number. Another company begins anew. */
    seller: field.text({ required: true }),
    series: field.text({ required: true }),
    /** In the time zone of the bookkeeping. */
    year: field.integer({ required: true }),
    /** 1, 2, 3, … in its series and year. */
    sequence: field.integer({ required: true }),
    order: field.ref('orders', { required: true }),
    kind: field.enum(['invoice', 'credit_note'], { required: true }),
    /** Of its order, in the order of issuing: 1, 2, … Two processes that issue at once issue once. */
    position: field.integer({ required: true, read: staff }),
    /** The invoice that a credit note corrects. */
    corrects: field.ref('invoices'),
    buyer: field.text({ required: true, search: true, max: limits.textCharactersMax }),
    total: field.money({ required: true }),
    tax: field.money({ required: true }),
    issuedAt: field.dateTime({ required: true }),
    /** All that stands in it: its PDF and XML are made of this. */
    document: field.json<InvoiceDocument>({ required: true, read: nobody, feed: false, schema: { type: 'object' } }),
    /** What of the order is billed with it, by line, so that the next says what is new. Null: it was not known. */
    billed: field.json<Billed | null>({ read: nobody, feed: false, schema: { type: ['object', 'null'] } }),
    /** SHA-256 of the document. */
    hash: field.text({ required: true, feed: false }),
  },
  unique: [
    ['seller', 'series', 'year', 'sequence'],
    ['seller', 'number'],
    ['order', 'position'],
  ],
  indexes: [['-issuedAt']],
  personal: {
    by: { order: { holds: 'record', onErase: 'keep' } },
    because: 'An invoice is kept as it was issued: the law of taxes asks for it for eight to ten years (Germany: section 14b of the UStG).',
  },
  access: { read: staff },
})
export type Invoice = NonNullable<(typeof invoices)['record']>

/** The last number of each series: a row that whoever issues waits for. */
export const invoiceSeries = collection('invoiceSeries', {
  prefix: 'ivs',
  system: true,
  internal: true,
  feed: false,
  fields: {
    /** Seller, series and year. */
    key: field.text({ required: true, unique: true }),
    last: field.integer({ required: true }),
    /** Of these, how many went out after a backup and are not here: said at its restore. */
    lost: field.integer(),
  },
})
