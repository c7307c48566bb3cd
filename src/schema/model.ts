// The model: all collections of a project, checked and compiled once at start. Names are looked up
// here (a Map, so `__proto__` is just an unknown name), never interpolated from input.
import { all, nobody } from '../access/rule.ts'
import type { Scalar } from '../contract/filter.ts'
import type { Collection, CollectionAccess, CollectionRef } from './collection.ts'
import { compileRule, type RuleFields, ruleFieldsOf, rulePlace } from './compile-rule.ts'
import { type Compute, compileComputed } from './computed.ts'
import { dateTimeKind } from './kinds/date-time.ts'
import { idKind } from './kinds/id.ts'
import { integerKind } from './kinds/integer.ts'
import { type ColumnType, type Comparing, charactersIn, type Field, type Kind, type KindColumn } from './kinds/kind.ts'
import { wordsName, wordsOf } from './kinds/words.ts'

/** How one value lies in a database: `price.amount` of money is a column of its own. */
export type Column = {
  /** As filters and sorts name it: `title`, `price.amount`. */
  readonly path: string
  /** As the database names it: `title`, `price_amount`. */
  readonly name: string
  readonly type: ColumnType
  readonly isNullable: boolean
  /** The part of the field's value that it holds, or null for the whole. */
  readonly part: string | null
  /** A list of texts, as JSON. */
  readonly isList: boolean
  /** The longest text where it stands in an index. */
  readonly characters: number
  readonly comparing: Comparing
  /** Of a column whose values are computed: by which function. */
  readonly made?: string
}

export type CompiledField = {
  readonly name: string
  readonly field: Field
  readonly columns: readonly Column[]
  /** Made at read, in no column. */
  readonly isComputed: boolean
  /** Makes it of other fields of the record; null for what is given, or read from other records. */
  readonly compute: Compute | null
}

/** Read from other records, which is one of the engine's own. */
export function isLoaded({ isComputed, compute }: Pick<CompiledField, 'isComputed' | 'compute'>): boolean {
  return isComputed && compute === null
}

export type CollectionModel = {
  readonly name: string
  /** As the database names it. */
  readonly table: string
  readonly title: string
  readonly prefix: string
  readonly source: Collection
  /** The rules of the declaration, compiled. */
  readonly access: CollectionAccess
  readonly fields: ReadonlyMap<string, CompiledField>
  readonly columns: ReadonlyMap<string, Column>
  /** Fields searched by `search=`. */
  readonly searchPaths: readonly string[]
  /** The words of searched fields, by the names of these: stored beside the record, and in no record. Empty where parts are searched. */
  readonly words: ReadonlyMap<string, CompiledField>
  /** All that a row has: the columns of the record, then those of words. */
  readonly stored: readonly Column[]
  /** Left out of the change feed. */
  readonly heavyFields: readonly string[]
  readonly isAppendOnly: boolean
  readonly isFed: boolean
  readonly indexes: readonly IndexModel[]
}

export type IndexModel = {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly descending: boolean }[]
  readonly isUnique: boolean
  /** Of words: finds records by them, in any of its columns. A collection has one at most. */
  readonly isSearch?: true
}

export type Model = {
  readonly collections: ReadonlyMap<string, CollectionModel>
  get(ref: CollectionRef<unknown>): CollectionModel
  find(name: string): CollectionModel | undefined
}

/** Compiles checked declarations; the config check has refused what is wrong before. @throws Error for a rule that is */
export function compileModel(sources: readonly Collection[]): Model {
  const ruleFields = new Map(sources.map((source) => [source.name, ruleFieldsOf(source)]))
  const collections = new Map(sources.map((source) => [source.name, compileCollection(source, ruleFields)]))
  return {
    collections,
    find: (name) => collections.get(name),
    get(ref) {
      const found = collections.get(ref.name)
      if (!found) throw new Error(`The model has no collection ${ref.name}.`)
      return found
    },
  }
}

function compileCollection(source: Collection, ruleFields: ReadonlyMap<string, RuleFields>): CollectionModel {
  const fields = new Map<string, CompiledField>()
  const columns = new Map<string, Column>()
  const add = (name: string, declared: Field, isLoaded = false) => {
    const made = compileComputed(`${source.name}.${name}`, declared)
    const isComputed = isLoaded || made?.isStored === false
    const field = made?.field ?? declared
    const own = isComputed ? [] : columnsOf(name, field, made?.mark)
    fields.set(name, { name, field, columns: own, isComputed, compute: made?.compute ?? null })
    for (const column of own) columns.set(column.path, column)
  }
  const isAppendOnly = source.appendOnly === true
  add('id', systemField(idKind))
  // It moves with every write, those of fields that a caller may not see too: so it is told to nobody.
  if (!isAppendOnly) add('version', { ...systemField(integerKind), read: nobody })
  for (const [name, field] of Object.entries(source.fields)) add(name, field)
  for (const [name, field] of Object.entries(source.loaded?.fields ?? {})) add(name, field, true)
  add('createdAt', systemField(dateTimeKind))
  if (!isAppendOnly) add('updatedAt', { ...systemField(dateTimeKind), ...readRuleOfTime(source) })

  const searched = [...fields.values()].filter(({ field }) => field.search !== undefined && field.search !== false)
  const words = source.search === 'parts' ? new Map<string, CompiledField>() : new Map(searched.map(wordsFieldOf))
  const wordColumns = [...words.values()].flatMap((field) => field.columns)
  return {
    name: source.name,
    table: source.name,
    title: source.title ?? titleOf(source.name),
    prefix: prefixOf(source),
    source,
    access: compileAccess(source, ruleFields),
    fields,
    columns,
    searchPaths: searched.map(({ name }) => name),
    words,
    stored: [...columns.values(), ...wordColumns],
    heavyFields: [...fields.values()].filter(({ field }) => field.feed === false).map(({ name }) => name),
    isAppendOnly,
    isFed: source.feed !== false,
    indexes: [...indexesOf(source, columns), ...searchIndexOf(source, wordColumns)],
  }
}

/**
 * It moves when a field is written that some may not see: only who may see them all is told when. Fields that nobody may
 * see count for nobody, or a time would be hidden from all for the sake of a value that is set once, such as a token's hash; and what
 * is told in another form is told of.
 */
function readRuleOfTime(source: Collection): Pick<Field, 'read'> {
  const rules = Object.values(source.fields).flatMap(({ read, veil }) =>
    read === undefined || read.rule === 'nobody' || veil !== undefined ? [] : [read],
  )
  return rules.length === 0 ? {} : { read: all(...rules) }
}

function compileAccess(source: Collection, collections: ReadonlyMap<string, RuleFields>): CollectionAccess {
  const add = (path: string, message: string) => {
    throw new Error(`${path}: ${message}`)
  }
  const { name, access = {} } = source
  const compiled = Object.entries(access).flatMap(([action, rule]) => {
    const path = `collections.${name}.access.${action}`
    const place = { collections, ...rulePlace(source, action), path, add }
    return rule === undefined ? [] : [[action, compileRule(rule, place)]]
  })
  return Object.fromEntries(compiled)
}

function wordsFieldOf({ name, field }: CompiledField): [string, CompiledField] {
  const own = wordsOf(name, field)
  const column = wordsName(name)
  return [name, { name: column, field: own, columns: columnsOf(column, own), isComputed: false, compute: null }]
}

function searchIndexOf({ name }: Collection, columns: readonly Column[]): IndexModel[] {
  if (columns.length === 0) return []
  const parts = columns.map((column) => ({ name: column.name, descending: false }))
  return [{ name: `${name}_search`, columns: parts, isUnique: false, isSearch: true }]
}

function systemField(kind: Kind): Field {
  return { kind, required: true }
}

function columnsOf(name: string, field: Field, made?: string): Column[] {
  return field.kind.columns.map((column) => ({ ...columnOf(name, field, column), ...(made === undefined ? {} : { made }) }))
}

function columnOf(name: string, field: Field, column: KindColumn): Column {
  const { part = null, type, isList = false, comparing } = column
  return {
    path: part === null ? name : `${name}.${part}`,
    name: part === null ? name : `${name}_${part}`,
    type,
    isNullable: !field.required,
    part,
    isList,
    characters: charactersIn(column, field),
    comparing,
  }
}

function indexesOf(source: Collection, columns: ReadonlyMap<string, Column>): IndexModel[] {
  const indexes: IndexModel[] = []
  const add = (paths: readonly string[], isUnique: boolean) => {
    const parts = paths.map((path) => {
      const descending = path.startsWith('-')
      return { name: resolve(columns, descending ? path.slice(1) : path).name, descending }
    })
    const suffix = parts.map((part) => part.name + (part.descending ? '_desc' : '')).join('_')
    indexes.push({ name: `${source.name}_${suffix}_${isUnique ? 'key' : 'index'}`, columns: parts, isUnique })
  }
  for (const [name, field] of Object.entries(source.fields)) {
    if (field.unique) add([name], true)
    // A reference is looked up from the other side, and checked when that side is deleted.
    else if (field.kind.refers === 'one' && !startsIndex(source, name)) add([name], false)
  }
  for (const paths of source.unique ?? []) add(paths, true)
  for (const paths of source.indexes ?? []) add(paths, false)
  return indexes
}

function startsIndex(source: Collection, name: string): boolean {
  return [...(source.indexes ?? []), ...(source.unique ?? [])].some((paths) => paths[0] === name)
}

/** The column of a path; `price` alone means its amount, the first of its columns, so that money sorts and compares plainly. */
export function resolve(columns: ReadonlyMap<string, Column>, path: string): Column {
  const column = columns.get(path) ?? firstPart(columns, `${path}.`)
  if (!column) throw new Error(`No column for ${path}.`)
  return column
}

function firstPart(columns: ReadonlyMap<string, Column>, start: string): Column | undefined {
  for (const [path, column] of columns) if (path.startsWith(start)) return column
  return undefined
}

/** The list that a record of this collection has by this name. Only declared ones: `constructor` is none. */
export function listOf({ source: { lists } }: CollectionModel, name: string): { readonly from: string; readonly by: string } | undefined {
  return lists !== undefined && Object.hasOwn(lists, name) ? lists[name] : undefined
}

/** The value of a column in a record. */
export function valueAtPath(record: Readonly<Record<string, unknown>>, path: string): Scalar | null {
  const dot = path.indexOf('.')
  const value = dot < 0 ? record[path] : (record[path.slice(0, dot)] as Record<string, unknown> | null)?.[path.slice(dot + 1)]
  return (value ?? null) as Scalar | null
}

function titleOf(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** `reviews` -> `review`, `stockLevels` -> `stocklev`: at most 8 letters. */
export function prefixOf({ name, prefix }: Pick<Collection, 'name' | 'prefix'>): string {
  if (prefix !== undefined) return prefix
  const singular = name.endsWith('ies') ? `${name.slice(0, -3)}y` : name.endsWith('s') ? name.slice(0, -1) : name
  return singular
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .slice(0, 8)
}
