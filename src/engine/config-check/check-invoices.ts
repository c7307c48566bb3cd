// What a config says of its invoices, and of its seller for them.
import { isCurrency } from '../../base/currencies.ts'
import { readIban } from '../../base/iban.ts'
import { languages } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import type { InvoicesConfig } from '../../config/invoices.ts'
import { type Add, type Check, flag, is, isObject, line, list, object, word } from '../../schema/shape.ts'
import { secret } from './check-providers.ts'

const series = is(
  'a text of letters, digits, - and _, such as INV',
  (value) => typeof value === 'string' && new RegExp(`^[A-Za-z0-9_-]{1,${limits.invoiceNumberCharactersMax / 3}}$`).test(value),
)

/** Numbers of two series or of two years must not be the same. */
const number: Check = (value, path, add) => {
  if (typeof value !== 'string') return add(path, 'is a text, such as {series}-{year}-{number:5}')
  const rest = value.replaceAll(/\{series\}|\{year\}|\{number(:[1-9])?\}/g, '')
  if (!/\{number(:[1-9])?\}/.test(value)) add(path, 'has no {number}, or {number:5} with five digits')
  if (!value.includes('{year}')) add(path, 'has no {year}: each year begins with 1')
  if (!/^[\w./ -]*$/.test(rest) || rest.length > limits.invoiceNumberCharactersMax / 3)
    add(path, 'has besides {series}, {year} and {number} letters, digits and . / - _ alone, and few of them')
}

/** A bridge of the project's own, which the engine asks by POST. */
export const checkService = object(
  {
    url: is(
      'an address such as https://service.example/ask',
      (value) => typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value),
    ),
    secret,
  },
  { required: ['url'] },
)

export const checkInvoicesConfig = object({
  issue: word('placed', 'shipped', 'asked'),
  series,
  creditNoteSeries: series,
  number,
  language: word(...languages),
  mail: flag,
  exemption: line,
  terms: line,
  notes: list(line),
  taxCurrency: is('a currency of ISO 4217, such as EUR', (value) => typeof value === 'string' && isCurrency(value)),
  exchangeRates: checkService,
} satisfies Record<keyof InvoicesConfig, Check>)

export const checkBank = object(
  {
    holder: line,
    iban: is('an IBAN whose check digits fit', (value) => typeof value === 'string' && readIban(value) !== null),
    bic: is('a BIC, such as BYLADEM1001', (value) => typeof value === 'string' && /^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$/.test(value)),
  },
  { required: ['iban'] },
)

/** What one part of a shop asks of another. */
export function checkInvoices(shop: Readonly<Record<string, unknown>>, add: Add): void {
  const { invoices, seller } = shop
  if (!isObject(invoices)) return
  if (!isObject(seller)) return add('shop.seller', 'is missing: it stands on invoices')
  if (seller['vatId'] === undefined && seller['taxNumber'] === undefined)
    add('shop.seller', 'has neither vatId nor taxNumber, one of which stands on invoices')
  const { series: own = 'INV', creditNoteSeries = own, number: format } = invoices
  if (invoices['taxCurrency'] !== undefined && invoices['exchangeRates'] === undefined)
    add('shop.invoices.taxCurrency', 'has no exchangeRates beside it: nobody says what the tax is in it')
  if (creditNoteSeries !== own && typeof format === 'string' && !format.includes('{series}'))
    add('shop.invoices.number', 'has no {series}, and there are two')
}
