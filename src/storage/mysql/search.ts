// How words lie in MySQL and MariaDB, and how they are found. InnoDB's index of full texts leaves out words that are short or that
// its list of stop words has, takes accents and marks for spaces, and does not see what its own transaction wrote. So a
// column has its words twice: as they are, which decide, and in letters of ASCII with a beginning that makes each long enough and
// none a stop word, which the index finds. Invariant: the index finds at least what fits.
import type { Dialect } from '../sql/compile.ts'

const beginning = 'kpw'
/**
 * A word of one letter is longer than `innodb_ft_min_token_size` (3), and the longest shorter than `innodb_ft_max_token_size` (84): others
 * are in no index (doctor.ts asks). Words that begin alike for so long are told apart by the text.
 */
export const keyCharacters = { least: beginning.length + 1, most: 80 }

/** ` one two ,kpwone,kpwtwo`: spaces alone stand around the words that decide. */
export function storedWords(text: string): string {
  if (text === '') return ''
  return ` ${text} ,${text.split(' ').map(keyOf).join(',')}`
}

/** Letters beyond ASCII by their numbers, all of one length, so that what begins alike still does. */
function keyOf(word: string): string {
  let key = beginning
  for (const letter of word) {
    const own = letter < '\u0080' ? letter : `_${letter.codePointAt(0)!.toString(36).padStart(4, '0')}`
    if (key.length + own.length > keyCharacters.most) break
    key += own
  }
  return key
}

export function wordsTest(quote: Dialect['quote']): Dialect['hasWords'] {
  return (collection, { paths, words }, { values, alias }) => {
    const name = (path: string) => `${alias}.${quote(collection.words.get(path)!.columns[0]!.name)}`
    // The index is asked with all its columns; which of them decide is the caller's.
    const [all, columns] = [[...collection.words.keys()].map(name), paths.map(name)]
    values.push(words.map(({ text, isStart }) => `+${keyOf(text)}${isStart ? '*' : ''}`).join(' '))
    const parts = words.map(({ text, isStart }) => {
      for (const _ of columns) values.push(isStart ? ` ${text}` : ` ${text} `)
      return `(${columns.map((column) => `locate(?,${column})>0`).join(' or ')})`
    })
    return `(match(${all.join(',')}) against (? in boolean mode) and ${parts.join(' and ')})`
  }
}
