// What an invoice or a credit note says, frozen when it is issued: all that its PDF and its XML are made of, and nothing else
// is. Amounts are whole minor units of its currency. Invariant: net + tax = total, in each rate and over all of them; the nets
// of lines and shipping of a rate sum to the net of that rate.
import { createHash } from 'node:crypto'
import type { Language } from '../base/language.ts'

export type DocumentAddress = {
  readonly line1: string | null
  readonly line2: string | null
  readonly postalCode: string | null
  readonly city: string | null
  readonly region: string | null
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  /** In the document's language: names of countries change with the data that Node brings, and a document does not. */
  readonly countryName: string
  /** As its country writes it, without the country. Of what was issued before forms were known, missing. */
  readonly lines?: readonly string[]
}

export type DocumentSeller = {
  readonly name: string
  readonly address: DocumentAddress
  readonly vatId: string | null
  /** The number that a tax office gave to who has no VAT id. */
  readonly taxNumber: string | null
  /** Of the company, such as `Amtsgericht Berlin HRB 12345 B`. */
  readonly register: string | null
  readonly email: string | null
  readonly phone: string | null
  readonly bank: { readonly holder: string | null; readonly iban: string; readonly bic: string | null } | null
}

export type DocumentBuyer = {
  readonly name: string
  readonly address: DocumentAddress
  readonly vatId: string | null
}

/**
 * UNTDID 5305, as EN 16931 takes it: S standard and reduced rates, Z a rate of zero, E exempt, AE reverse charge, K goods to
 * another country of the EU, G goods out of the EU, O not a matter of VAT.
 */
export const taxCategories = ['S', 'Z', 'E', 'AE', 'K', 'G', 'O'] as const
export type TaxCategory = (typeof taxCategories)[number]

export type DocumentRate = { readonly ratePpm: number; readonly category: TaxCategory }

export type DocumentLine = DocumentRate & {
  readonly name: string
  readonly sku: string | null
  readonly quantity: number
  /** As it was sold, with tax where prices include it. */
  readonly unitPrice: number
  readonly discount: number
  /** After the discount, as it was sold. */
  readonly total: number
  /** After the discount, without tax. */
  readonly net: number
}

/** What shipping of one rate came to. */
export type DocumentShipping = DocumentRate & { readonly title: string; readonly total: number; readonly net: number }

/** `reason`: why there is no tax, in the words that the law asks for. */
export type DocumentTax = DocumentRate & { readonly net: number; readonly tax: number; readonly reason: string | null }

export type InvoiceDocument = {
  /** How it is laid out: what was issued looks the same for ever. */
  readonly layout: 1
  readonly kind: 'invoice' | 'credit_note'
  readonly number: string
  /** A day where the seller is: `2026-11-30`. */
  readonly issuedOn: string
  /** Milliseconds UTC. */
  readonly issuedAt: number
  readonly language: Language
  /** Of headings: `#2f5bd0`. */
  readonly accent: string
  readonly currency: string
  readonly order: { readonly number: string; readonly placedOn: string }
  /** The day of the supply, where it is known. */
  readonly suppliedOn: string | null
  readonly seller: DocumentSeller
  readonly buyer: DocumentBuyer
  /** Where it went, where that is another place than the buyer's. */
  readonly shipTo: { readonly name: string; readonly address: DocumentAddress } | null
  /** Of a credit note: the invoice that it corrects. */
  readonly corrects: { readonly number: string; readonly issuedOn: string } | null
  readonly pricesIncludeTax: boolean
  readonly lines: readonly DocumentLine[]
  readonly shipping: readonly DocumentShipping[]
  readonly taxes: readonly DocumentTax[]
  readonly totals: { readonly net: number; readonly tax: number; readonly total: number }
  /**
   * The tax in the currency that the seller accounts for it in, where the document is in another: minor units of that one. `rate`: how
   * much of it one of `currency` was worth on `day`, as `source` published it. Left out: it is not said.
   */
  readonly taxIn?: {
    readonly currency: string
    readonly tax: number
    readonly rate: string
    readonly source: string
    readonly day: string
  }
  /** What was paid when it was issued. Of a credit note: all of it is given back by itself, but for what is set off. */
  readonly paid: number
  /**
   * Of a credit note, what is not paid out: it lowers what is to be paid for the order. Of an invoice, what of `paid` a credit note that was
   * issued with it has paid. Left out: nothing.
   */
  readonly setOff?: number
  /** Of a credit note: what becomes of its amount. Left out of those from before that was said. */
  readonly settlement?: string
  /** Of what is still to be paid. */
  readonly terms: string | null
  readonly notes: readonly string[]
}

/** SHA-256 of the document, whichever way a database keeps it: names of objects in their order. */
export function documentHash(document: InvoiceDocument): string {
  return createHash('sha256')
    .update(JSON.stringify(ordered(document)))
    .digest('hex')
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  const names = Object.keys(value).toSorted()
  return Object.fromEntries(names.map((name) => [name, ordered((value as Record<string, unknown>)[name])]))
}
