// The part of a text that is looked for, in either case, as patterns that databases know. Only letters stand in
// brackets, so a pattern has one way to match at each place and no way to run long.
import { casesOf } from '../contract/letter-case.ts'

/** A regular expression of PostgreSQL, PCRE (MariaDB, MongoDB) and ICU (MySQL). */
export function regexOf(text: string, isStart: boolean): string {
  const letters = [...text].map((letter) => {
    const cases = casesOf(letter)
    if (cases.length > 1) return `[${cases.join('')}]`
    return letter === '\0' ? '\\x00' : letter.replace(/[\\^$.*+?()[\]{}|]/, '\\$&')
  })
  return (isStart ? '^' : '') + letters.join('')
}

/** A pattern of SQLite's `glob`, which tells upper from lower case. */
export function globOf(text: string, isStart: boolean): string {
  const letters = [...text].map((letter) => {
    const cases = casesOf(letter)
    return cases.length > 1 || /[*?[]/.test(letter) ? `[${cases.join('')}]` : letter
  })
  return `${isStart ? '' : '*'}${letters.join('')}*`
}
