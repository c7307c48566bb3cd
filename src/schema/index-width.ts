// How wide the texts of an index can be. Databases bound the key of an index: PostgreSQL at 2,704 bytes, MySQL and
// MariaDB at 3,072, SQLite and MongoDB not at all. So that every database takes the same values (P-014), an index that
// could exceed the narrowest of them is refused before anything is opened, and no write can meet the limit.
import { limits } from '../base/limits.ts'
import type { Field } from './field.ts'

/** The longest text that a field takes, in characters. An id, ours or a hash, has at most 69. */
export function charactersOf(field: Field): number {
  if (field.kind === 'ref') return 100
  if (field.kind === 'money' || field.kind === 'date') return 32
  if (field.kind === 'enum') return Math.max(100, ...(field.options ?? []).map((option) => option.length))
  return Math.max(field.max ?? 255, field.kind === 'text' ? 100 : 0)
}

const textKinds = new Set(['text', 'longText', 'email', 'url', 'enum', 'date', 'ref'])

/** What is wrong with an index of these fields, or null. */
export function indexWidthMistake(fields: Readonly<Record<string, Field>>, paths: readonly string[]): string | null {
  const names = paths.map((path) => path.replace(/^-/, '').split('.')[0]!)
  const texts = names.filter((name) => Object.hasOwn(fields, name) && textKinds.has(fields[name]!.kind))
  const sum = texts.reduce((width, name) => width + charactersOf(fields[name]!), 0)
  if (sum <= limits.indexCharactersMax) return null
  return `may hold ${sum} characters in an index, which takes ${limits.indexCharactersMax}: give ${texts.join(', ')} a smaller max`
}
