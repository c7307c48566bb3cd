// Amounts as PayPal writes them: decimal texts, of which three currencies have no decimals there although ISO 4217 gives two
// to two of them. Source: https://developer.paypal.com/reference/currency-codes
import { minorDigits } from '../../base/currencies.ts'
import type { Money } from '../../base/money.ts'

export const payPalCurrencies = 'AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD'.split(' ')

const withoutDecimals = ['HUF', 'JPY', 'TWD']

export type PayPalMoney = { readonly currency_code: string; readonly value: string }

/** Null: PayPal does not take that currency, or no such part of it (50 fillér). */
export function toPayPal({ amount, currency }: Money): PayPalMoney | null {
  if (!payPalCurrencies.includes(currency) || amount < 0) return null
  const digits = minorDigits(currency)!
  const text = String(amount).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  const part = text.slice(text.length - digits)
  if (!withoutDecimals.includes(currency)) return { currency_code: currency, value: `${whole}.${part}` }
  return /^0*$/.test(part) ? { currency_code: currency, value: whole } : null
}

/** Null where it is no amount that can be kept exactly. Reports write what left the account with a minus. */
export function fromPayPal(value: unknown): Money | null {
  const { currency_code: currency, value: text } = (value ?? {}) as Record<string, unknown>
  if (typeof currency !== 'string' || typeof text !== 'string') return null
  const digits = minorDigits(currency)
  const [, sign = '', whole = '', part = ''] = /^(-?)(\d{1,16})(?:\.(\d{1,8}))?$/.exec(text) ?? []
  if (digits === undefined || whole === '' || !/^0*$/.test(part.slice(digits))) return null
  const minor = Number(whole + part.slice(0, digits).padEnd(digits, '0'))
  if (!Number.isSafeInteger(minor)) return null
  return { amount: sign === '-' && minor !== 0 ? -minor : minor, currency }
}
