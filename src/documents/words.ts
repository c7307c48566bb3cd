// What stands on a document besides its data, in each language.
import type { Language } from '../base/language.ts'

export type Words = Readonly<Record<keyof typeof en, string>>

const en = {
  invoice: 'Invoice',
  creditNote: 'Credit note',
  number: 'Number',
  date: 'Date',
  order: 'Order',
  ordered: 'Ordered on',
  supplied: 'Supplied on',
  yourVatId: 'Your VAT ID',
  corrects: 'For invoice',
  of: 'of',
  shipTo: 'Delivered to',
  position: 'No.',
  description: 'Description',
  quantity: 'Qty',
  unitPrice: 'Price',
  rate: 'Tax',
  amount: 'Amount',
  discount: 'Discount',
  net: 'Net',
  tax: 'Tax',
  gross: 'Total',
  sumNet: 'Total without tax',
  sum: 'Total',
  includesTax: 'Prices include tax.',
  addsTax: 'Prices are without tax.',
  paid: 'Paid',
  due: 'Amount due',
  givenBack: 'It is given back the way it was paid.',
  taxNumber: 'Tax number',
  vatId: 'VAT ID',
  page: 'Page',
  continued: 'continued',
  amountsIn: 'All amounts in',
} as const

const de: Words = {
  invoice: 'Rechnung',
  creditNote: 'Rechnungskorrektur',
  number: 'Nummer',
  date: 'Datum',
  order: 'Bestellung',
  ordered: 'Bestellt am',
  supplied: 'Geliefert am',
  yourVatId: 'Ihre USt-IdNr.',
  corrects: 'Zur Rechnung',
  of: 'vom',
  shipTo: 'Geliefert an',
  position: 'Nr.',
  description: 'Beschreibung',
  quantity: 'Menge',
  unitPrice: 'Preis',
  rate: 'USt.',
  amount: 'Betrag',
  discount: 'Rabatt',
  net: 'Netto',
  tax: 'USt.',
  gross: 'Brutto',
  sumNet: 'Summe ohne Umsatzsteuer',
  sum: 'Gesamtbetrag',
  includesTax: 'Die Preise enthalten die Umsatzsteuer.',
  addsTax: 'Die Preise sind ohne Umsatzsteuer.',
  paid: 'Bezahlt',
  due: 'Zu zahlen',
  givenBack: 'Der Betrag wird auf dem Weg der Zahlung erstattet.',
  taxNumber: 'Steuernummer',
  vatId: 'USt-IdNr.',
  page: 'Seite',
  continued: 'Fortsetzung',
  amountsIn: 'Alle Beträge in',
}

export const wordsOf: Readonly<Record<Language, Words>> = { en, de }

/** What is written into a document when it is issued: later changes of these words change no document. */
export const issuedWords = {
  en: {
    refundOf: 'Refund for order {number}',
    chargeOf: 'Change of order {number}',
    export: 'Export outside the EU, exempt from tax.',
  },
  de: {
    refundOf: 'Erstattung zur Bestellung {number}',
    chargeOf: 'Änderung der Bestellung {number}',
    export: 'Steuerfreie Ausfuhrlieferung.',
  },
} as const
