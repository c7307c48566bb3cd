// How the model's columns and indexes lie in MySQL and MariaDB. Two limits shape them: a key has at most 3,072 bytes,
// four for each character, and a text without a length stands in no key whole. So a text is `varchar` where an index
// needs it, and `longtext` else: then no limit of the database is narrower than the field's own.
import { createHash } from 'node:crypto'
import { plainType } from '../../schema/kinds/kind.ts'
import type { CollectionModel, Column, IndexModel, Model } from '../../schema/model.ts'
import { quote } from './dialect.ts'

const keyBytesMax = 3_072
const bytesPerCharacter = 4
const keyCharactersMax = keyBytesMax / bytesPerCharacter
/** Where a column is too wide for its key, the key holds its beginning: it still finds, but no longer sorts. */
const prefixCharacters = 100
/** Identifiers of MySQL and MariaDB (both count characters). */
const nameCharactersMax = 64

export type KeyPart = { readonly name: string; readonly descending: boolean; readonly prefix: number | null }
export type Key = { readonly name: string; readonly parts: readonly KeyPart[]; readonly isUnique: boolean }

const sqlTypes = { integer: 'bigint', boolean: 'tinyint(1)', dateTime: 'bigint', json: 'longtext', words: 'mediumtext' } as const

/** `varchar(255)`, `longtext`, `bigint` …, as a new table has it. */
export function sqlType(collection: CollectionModel, column: Column): string {
  const type = plainType(column.type)
  if (type !== 'text') return sqlTypes[type]
  const { characters } = column
  return isInKey(collection, column) && characters <= keyCharactersMax ? `varchar(${characters})` : 'longtext'
}

function isInKey(collection: CollectionModel, column: Column): boolean {
  if (column.isList) return false
  return column.path === 'id' || collection.indexes.some((index) => index.columns.some(({ name }) => name === column.name))
}

/** @throws Error with one sentence for people where a unique key cannot be had */
export function keyOf(collection: CollectionModel, index: IndexModel): Key {
  const byName = new Map(collection.stored.map((column) => [column.name, column]))
  const widthOf = (name: string): number => {
    const column = byName.get(name)!
    return column.type === 'text' || column.type === 'json' ? column.characters * bytesPerCharacter : 9
  }
  const name = keyName(index.name)
  const whole = (columns: IndexModel['columns']) => columns.reduce((sum, part) => sum + widthOf(part.name), 0) <= keyBytesMax
  const parts = (columns: IndexModel['columns']) => columns.map((part) => ({ ...part, prefix: null }))
  if (index.isUnique) {
    if (!whole(index.columns)) throw new Error(tooWide(collection, index))
    return { name, parts: parts(index.columns), isUnique: true }
  }
  // The id follows every sort, in the direction of its last key. Left to InnoDB it would always ascend, and a page of
  // the newest first would sort the whole table.
  const withId = index.columns.some((part) => part.name === 'id')
    ? index.columns
    : [...index.columns, { name: 'id', descending: index.columns.at(-1)!.descending }]
  if (whole(withId)) return { name, parts: parts(withId), isUnique: false }
  const narrowed = withId.map((part) => ({
    ...part,
    prefix: widthOf(part.name) > prefixCharacters * bytesPerCharacter ? prefixCharacters : null,
  }))
  return { name, parts: narrowed, isUnique: false }
}

function tooWide(collection: CollectionModel, index: IndexModel): string {
  const names = index.columns.map((part) => part.name).join(', ')
  const limit = `can be too long for a key of MySQL and MariaDB, which holds ${keyCharactersMax} characters in all`
  return `The unique field ${collection.name}.${names} ${limit}. Give its text fields a smaller max.`
}

/** As the model names it, shortened with a mark of the whole where the database takes no name so long. */
export function keyName(name: string): string {
  if (name.length <= nameCharactersMax) return name
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 12)
  return `${name.slice(0, nameCharactersMax - mark.length - 1)}_${mark}`
}

/** The columns of each unique key by the name that an error tells. */
export function uniqueKeys(model: Pick<Model, 'collections'>): ReadonlyMap<string, readonly string[]> {
  const keys = [...model.collections.values()].flatMap(({ indexes }) => indexes.filter(({ isUnique }) => isUnique))
  const own = keys.map((index): [string, string[]] => [keyName(index.name), index.columns.map(({ name }) => name)])
  return new Map([...own, ['_commits_token_key', ['token']]])
}

export function keySql(key: Key): string {
  const parts = key.parts.map(
    ({ name, prefix, descending }) => `${quote(name)}${prefix === null ? '' : `(${prefix})`}${descending ? ' desc' : ''}`,
  )
  return `${key.isUnique ? 'unique ' : ''}index ${quote(key.name)} (${parts.join(',')})`
}
