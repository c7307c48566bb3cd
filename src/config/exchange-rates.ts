// What is asked of whoever knows exchange rates, and what is answered. The rate is a decimal text, so that no digit of it is lost.

/** How many `to` one `from` is worth, on this day where the seller is (`2026-11-30`). ISO 4217. */
export type RateQuestion = { readonly from: string; readonly to: string; readonly day: string }

/** `rate`: `0.9231`. `source`: who published it, as it stands on the invoice. `day`: of which day it is: the last that there is one of. */
export type ExchangeRate = { readonly rate: string; readonly source: string; readonly day: string }

/** Null: it did not say. Whatever keeps it from answering, no rate is guessed. */
export interface ExchangeRates {
  rate(question: RateQuestion): Promise<ExchangeRate | null>
}

export const exchangeRateForm = /^(?=.*[1-9])\d{1,9}(\.\d{1,9})?$/
