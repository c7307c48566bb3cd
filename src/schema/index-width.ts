// How wide the texts of an index can be. Databases bound the key of an index: PostgreSQL at 2,704 bytes, MySQL and
// MariaDB at 3,072, SQLite and MongoDB not at all. So that every database takes the same values (P-014), an index that
// could exceed the narrowest of them is refused before anything is opened, and no write can meet the limit.
import { limits } from '../base/limits.ts'
import { charactersIn, type Field } from './kinds/kind.ts'

/** What is wrong with an index of these fields, or null. */
export function indexWidthMistake(fields: Readonly<Record<string, Field>>, paths: readonly string[]): string | null {
  const names = paths.map((path) => path.replace(/^-/, '').split('.')[0]!)
  const texts = names.filter((name) => Object.hasOwn(fields, name) && fields[name]!.kind.columns[0].type === 'text')
  const sum = texts.reduce((width, name) => width + charactersIn(fields[name]!.kind.columns[0], fields[name]!), 0)
  if (sum <= limits.indexCharactersMax) return null
  return `may hold ${sum} characters in an index, which takes ${limits.indexCharactersMax}: give ${texts.join(', ')} a smaller max`
}
