// What is asked of an outside tax service, and what it answers. It says rates and no amounts: what they come to is our arithmetic, so that
// every sum of an order stays exact. Rates are parts per million of the price without tax.

export type TaxQuestion = {
  /** Of all that decides the tax: the same cart has the same. */
  readonly key: string
  readonly currency: string
  readonly from: TaxAddress | null
  readonly to: TaxAddress
  readonly vatId: string | null
  readonly lines: readonly TaxedLine[]
  /** Minor units, less its discount; null where nothing is sent. */
  readonly shipping: number | null
}
/** Nobody’s name: where a house is, decides the rate in some countries. */
export type TaxAddress = {
  /** Null of what is not sent, where no more than the country is known. */
  readonly line1: string | null
  readonly city: string | null
  readonly region: string | null
  readonly postalCode: string | null
  readonly country: string
}
/** `amount`: minor units of the whole line, less its discount. */
export type TaxedLine = {
  readonly id: string
  readonly product: string
  readonly variant: string
  readonly sku: string
  readonly taxClass: string
  readonly quantity: number
  readonly amount: number
}

export type TaxAnswer = {
  /** Of each line, in the order of the question. */
  readonly lines: readonly number[]
  readonly shipping: number
  /** Its own name of the answer, for whoever asks it later. */
  readonly reference: string | null
}

/** An answer that is kept, with what it is the answer to and when it was given (RFC 3339). */
export type TaxQuote = TaxAnswer & { readonly key: string; readonly at: string }

/** Null: it did not say. Whatever keeps it from answering, no rate is guessed. */
export interface TaxService {
  quote(question: TaxQuestion): Promise<TaxAnswer | null>
}
