// What a config says of its invoices, completed.

import type { Language } from '../base/language.ts'

export type InvoicesConfig = {
  /**
   * When each is issued. `placed`: with the order, when left out. `shipped`: when all of it was sent. `asked`: when staff ask for it,
   * as they always can.
   */
  readonly issue?: 'placed' | 'shipped' | 'asked'
  /** What numbers are counted in, each year anew: `INV` when left out. */
  readonly series?: string
  /** Of credit notes, where they are counted by themselves. The one of invoices when left out. */
  readonly creditNoteSeries?: string
  /** `{series}-{year}-{number:5}` when left out, as in INV-2026-00042. */
  readonly number?: string
  /** Of every document. When left out, each is in the language that was ordered in. */
  readonly language?: Language
  /** `false`: staff send them. When left out, each goes to its customer by mail when it is issued. */
  readonly mail?: boolean
  /** Why no tax is due on anything, as the law asks for it: `Kein Ausweis von Umsatzsteuer, da Kleinunternehmer gemäß § 19 UStG.` */
  readonly exemption?: string
  /** By when to pay what is open: `Payable within 14 days, without deduction.` */
  readonly terms?: string
  /** Said at the end of each. */
  readonly notes?: readonly string[]
  /** That the seller accounts for tax in; the one of the shop when left out. With `exchangeRates`, invoices in others say their tax in it, too. */
  readonly taxCurrency?: string
  /** The address of whoever says exchange rates: see the guide. */
  readonly exchangeRates?: { readonly url: string; readonly secret?: { readonly name: string } }
}

export type InvoiceSettings = {
  readonly issue: 'placed' | 'shipped' | 'asked'
  readonly series: string
  readonly creditNoteSeries: string
  readonly number: string
  readonly language: Language | null
  readonly isMailed: boolean
  readonly exemption: string | null
  readonly terms: string | null
  readonly notes: readonly string[]
  /** Null: the one of the shop. */
  readonly taxCurrency: string | null
  readonly asksExchangeRates: boolean
}

export function invoicesOf(given: InvoicesConfig): InvoiceSettings {
  const { issue = 'placed', series = 'INV', creditNoteSeries = series, number = '{series}-{year}-{number:5}' } = given
  const { language = null, mail = true, exemption = null, terms = null, notes = [], taxCurrency = null } = given
  return {
    issue,
    series,
    creditNoteSeries,
    number,
    language,
    isMailed: mail,
    exemption,
    terms,
    notes,
    taxCurrency,
    asksExchangeRates: given.exchangeRates !== undefined,
  }
}
