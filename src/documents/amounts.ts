// Amounts and numbers of a document as texts.
import { minorDigits } from '../base/currencies.ts'
import type { Language } from '../base/language.ts'
import { languageWords } from '../languages/language-texts.ts'

export const digitsOf = (currency: string): number => minorDigits(currency) ?? 2

/** `1,234.50`, as people read it in this language, without the currency. */
export function amountText(minor: number, currency: string, language: Language): string {
  const { group, point } = languageWords(language)
  const [whole = '', rest] = decimalText(Math.abs(minor), digitsOf(currency)).split('.')
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, group)
  return `${minor < 0 ? '\u2212' : ''}${grouped}${rest === undefined ? '' : `${point}${rest}`}`
}

/** `19`, or `8.1`, of parts per million. */
export function percentText(ratePpm: number, language: Language | 'xml'): string {
  const text = decimalText(ratePpm, 4).replace(/\.?0+$/, '')
  return language === 'xml' ? text : text.replace('.', languageWords(language).point)
}

/** `1234.50`, of whole units of the last digit. */
export function decimalText(value: number | bigint, digits: number): string {
  const isNegative = value < 0
  const text = String(isNegative ? -value : value).padStart(digits + 1, '0')
  const at = text.length - digits
  return `${isNegative ? '-' : ''}${text.slice(0, at)}${digits === 0 ? '' : `.${text.slice(at)}`}`
}
