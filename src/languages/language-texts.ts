// Every language with its file. One more is a file beside these, a line here, and its code in base/language.ts.
import { type Language, languages } from '../base/language.ts'
import { formatMoney, type Money } from '../base/money.ts'
import { english } from './english.ts'
import { german } from './german.ts'
import type { LanguageWords } from './language-words.ts'

const all: Readonly<Record<Language, LanguageWords>> = { en: english, de: german }

export function languageWords(language: Language): LanguageWords {
  return all[language]
}

/** Of a tag such as `de-AT`, in which a project may have mails of its own: English where there is none of it. */
export function nearestLanguage(tag: string): Language {
  return languages.find((one) => tag === one || tag.startsWith(`${one}-`)) ?? 'en'
}

/** `30 November 2026` or `30. November 2026`, of `2026-11-30`: the same on every machine and ICU version. */
export function dayText(day: string, language: Language): string {
  const [year = '', month = '', date = ''] = day.split('-')
  const { months, afterDay } = languageWords(language)
  return `${Number(date)}${afterDay} ${months[Number(month) - 1] ?? month} ${year}`
}

/** `19.99 EUR` or `19,99 EUR`: as mails have it. */
export function moneyText(value: Money, language: Language): string {
  return formatMoney(value).replace('.', languageWords(language).point)
}
