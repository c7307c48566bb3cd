// Amounts and numbers of a document as texts.
import { minorDigits } from '../base/currencies.ts'
import type { Language } from '../base/language.ts'

const signs = { en: { group: ',', point: '.' }, de: { group: '.', point: ',' } } as const

export const digitsOf = (currency: string): number => minorDigits(currency) ?? 2

/** `1,234.50`, as people read it in this language, without the currency. */
export function amountText(minor: number, currency: string, language: Language): string {
  const { group, point } = signs[language]
  const [whole = '', rest] = decimalText(Math.abs(minor), digitsOf(currency)).split('.')
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, group)
  return `${minor < 0 ? '\u2212' : ''}${grouped}${rest === undefined ? '' : `${point}${rest}`}`
}

/** `19`, or `8.1`, of parts per million. */
export function percentText(ratePpm: number, language: Language | 'xml'): string {
  const text = decimalText(ratePpm, 4).replace(/\.?0+$/, '')
  return language === 'de' ? text.replace('.', ',') : text
}

/** `1234.50`, of whole units of the last digit. */
export function decimalText(value: number | bigint, digits: number): string {
  const isNegative = value < 0
  const text = String(isNegative ? -value : value).padStart(digits + 1, '0')
  const at = text.length - digits
  return `${isNegative ? '-' : ''}${text.slice(0, at)}${digits === 0 ? '' : `.${text.slice(at)}`}`
}

/** `30 November 2026` or `30. November 2026`, of `2026-11-30`: the same on every machine and ICU version. */
export function dayText(day: string, language: Language): string {
  const [year = '', month = '', date = ''] = day.split('-')
  const name = months[language][Number(month) - 1] ?? month
  return `${Number(date)}${language === 'de' ? '.' : ''} ${name} ${year}`
}

const months = {
  en: ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'],
  de: ['Januar', 'Februar', 'März', 'April', 'Mai', 'Juni', 'Juli', 'August', 'September', 'Oktober', 'November', 'Dezember'],
} as const
