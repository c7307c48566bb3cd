// One compiler from the port's queries to SQL, for every SQL database; what differs is in its Dialect.
// Names come from the model and are quoted; values are always bound. The text is the key of the
// statement cache: two queries of one shape give the same text.
import { assert, unreachable } from '../../base/assert.ts'
import type { Filter, WordsFilter } from '../../contract/filter.ts'
import { geoFactors } from '../../contract/geo.ts'
import { hasOnlyAsciiCases } from '../../contract/letter-case.ts'
import { type CollectionModel, type Column, type Model, resolve } from '../../schema/model.ts'
import { type Change, type FindQuery, type GroupKey, type GroupQuery, pathOf, type Sort } from '../storage.ts'
import { bind, columnsOfField, part, type SqlValue, type Statement, storedValue } from './bind.ts'
import { fewIn } from './few.ts'
import { afterLast } from './keyset.ts'
import { keepingTexts } from './known-texts.ts'
import { rankedStatement, type Writing } from './ranked.ts'

export type { SqlValue, Statement }

/** Where a condition stands: the name of its table there, and the values that are bound with it. */
export type Place = { readonly values: SqlValue[]; readonly alias: string }

export type Dialect = {
  quote(name: string): string
  /** A sum of whole numbers as `exact-sum.ts` reads it, however large. */
  bigSum(name: string): string
  /** Whether the JSON array in column `list` has the id of a record of `target`, a table by its alias, that meets the condition. */
  leads(list: string, target: { readonly table: string; readonly id: string; readonly condition: string }): string
  /** Whether the JSON array in column `list` has the bound text `value`. */
  has(list: string, value: string): string
  /** Whether it has one of the values, and what is bound for that. */
  hasAny(list: string, values: readonly string[]): { readonly sql: string; readonly bound: readonly SqlValue[] }
  /** Whether a record has the words, each in one of the fields. Adds its values. */
  hasWords(collection: CollectionModel, filter: WordsFilter, to: Place): string
  /** A ranked page, where there is a better way than to rank all that is found. */
  readonly ranked?: (writing: Writing, collection: CollectionModel, query: FindQuery) => Statement
  /** How the words of a text are stored, where it is another text than they make. */
  readonly storedWords?: (text: string) => string
  /** ASCII-case-insensitive match of a pattern whose wildcards are escaped by `\`. */
  like(left: string, right: string): string
  /** Whether a text has the bound one in it, letters of ASCII in either case. Left out: by `like`. */
  readonly contains?: (text: string, part: string) => string
  /** A match with letters of any alphabet in either case. */
  readonly anyCase: {
    readonly pattern: (text: string, isStart: boolean) => string
    readonly matches: (text: string, pattern: string) => string
  }
  /** Membership in a list of bound values by one text whatever its length. Left out: `in (?,?,…)`. */
  readonly isAmong?: (name: string, values: readonly SqlValue[], isNegated: boolean) => { readonly sql: string; readonly value: SqlValue }
  /** False where `(a,b)>(1,2)` is not looked up as one range of an index. */
  readonly comparesRows?: boolean
  /** Whether the few records that a filter looks for are to be looked up first, and lead to theirs: where the database cannot tell. */
  readonly leadsByFew?: boolean
  /** Says in words of SQL that records are to be found by their ids, where the database does not see that words find few. */
  readonly leadsByWords?: (table: string) => string
  /** False where the table of a delete has no other name. */
  readonly deletesByAlias?: boolean
  /** Left out where null sorts below every value by itself. */
  readonly order?: (name: string, key: { readonly descending: boolean; readonly isNullable: boolean }) => string
}

/** Values in the order of their marks. */
type Bound = { readonly values: SqlValue[]; readonly few?: ReadonlySet<Filter> }

export type Compiler = ReturnType<typeof createCompiler>

export function createCompiler(model: Model, dialect: Dialect) {
  const quoted = new Map<string, string>()
  const quote = (name: string): string => {
    const known = quoted.get(name)
    if (known !== undefined) return known
    const text = dialect.quote(name)
    quoted.set(name, text)
    return text
  }
  const selectLists = new Map<string, string>()
  const inserts = new Map<string, string>()

  /** The columns of a row in the model's order; also what SQLite takes behind `returning`, where it wants no alias. */
  function selectList(collection: CollectionModel): string {
    let list = selectLists.get(collection.name)
    if (list === undefined) {
      list = [...collection.columns.values()].map((column) => quote(column.name)).join(',')
      selectLists.set(collection.name, list)
    }
    return list
  }

  /** The columns of a row under this alias, in the model's order. */
  function columnsOf(collection: CollectionModel, alias: string): string {
    return [...collection.columns.values()].map((column) => `${alias}.${quote(column.name)}`).join(',')
  }

  /** `few`: looks that lead to few records. */
  function where(collection: CollectionModel, filter: Filter, bound: Bound, alias: string): string {
    const { values, few } = bound
    const nested = (part: Filter) => where(collection, part, bound, alias)
    const nameOf = (path: string) => `${alias}.${quote(resolve(collection.columns, path).name)}`
    switch (filter.op) {
      case 'true':
      case 'false':
        return filter.op === 'true' ? '1=1' : '1=0'
      case 'and':
      case 'or':
        return `(${filter.of.map(nested).join(filter.op === 'and' ? ' and ' : ' or ')})`
      case 'not':
        return `not (${nested(filter.of)})`
      case 'via': {
        const target = model.get({ name: filter.collection })
        const inner = `${alias.startsWith('t') ? alias : 't'}x`
        const local = quote(resolve(collection.columns, filter.local).name)
        const remote = quote(resolve(target.columns, filter.remote).name)
        const condition = where(target, filter.of, bound, inner)
        const table = `${quote(target.table)} ${inner}`
        if (filter.isList) return dialect.leads(`${alias}.${local}`, { table, id: `${inner}.${remote}`, condition })
        if (few?.has(filter)) return `${alias}.${local} in (select ${inner}.${remote} from ${table} where ${condition})`
        return `exists (select 1 from ${table} where ${inner}.${remote}=${alias}.${local} and ${condition})`
      }
      case 'near':
        return nearBy(filter, { nameOf, values })
      case 'words':
        return dialect.hasWords(collection, filter, { values, alias })
      default:
        return conditionOf(filter, { dialect, column: resolve(collection.columns, filter.path), name: nameOf(filter.path), values })
    }
  }

  /** The condition of what is searched for, and not looked up by its id. */
  function found(collection: CollectionModel, filter: Filter, values: SqlValue[]): string {
    return where(collection, filter, dialect.leadsByFew ? { values, few: fewIn(model, filter) } : { values }, 't')
  }

  /** A condition beside others that find the records. */
  function beside(collection: CollectionModel, filter: Filter, values: SqlValue[]): string {
    return where(collection, filter, { values }, 't')
  }

  function orderBy(column: Column, descending: boolean): string {
    const name = `t.${quote(column.name)}`
    if (dialect.order) return dialect.order(name, { descending, isNullable: column.isNullable })
    return descending ? `${name} desc` : name
  }

  return keepingTexts(model, {
    storedWords: dialect.storedWords,
    quote,
    where: beside,
    selectList,
    columnsOf,

    get(collection: CollectionModel, id: string, filter: Filter | undefined): Statement {
      const values: SqlValue[] = [id]
      const rest = filter === undefined || filter.op === 'true' ? '' : ` and ${where(collection, filter, { values }, 't')}`
      return { sql: `select ${selectList(collection)} from ${quote(collection.table)} t where t.${quote('id')}=?${rest}`, values }
    },

    /** Without a limit, so that it is one text however many there are. */
    among(collection: CollectionModel, ids: readonly string[]): Statement {
      const values: SqlValue[] = []
      const filter = where(collection, { op: 'in', path: 'id', values: ids }, { values }, 't')
      return { sql: `select ${selectList(collection)} from ${quote(collection.table)} t where ${filter}`, values }
    },

    /** The records of so many ids, each by a look-up of its own: the ids lead, so no list of them is indexed first. */
    eachOf(collection: CollectionModel, count: number): string {
      const ids = Array.from({ length: count }, () => '(?)').join(',')
      const table = `(values ${ids}) k cross join ${quote(collection.table)} t`
      return `select ${selectList(collection)} from ${table} where t.${quote('id')}=k.column1`
    },

    find(collection: CollectionModel, query: FindQuery): Statement {
      if (query.ranked) return (dialect.ranked ?? rankedStatement)({ quote, selectList, columnsOf, where: beside }, collection, query)
      const values: SqlValue[] = []
      const sort = (query.sort ?? []).filter((key) => key.path !== 'id')
      const conditions: string[] = []
      if (query.where && query.where.op !== 'true') conditions.push(found(collection, query.where, values))
      const keys = [...sort, { path: 'id', descending: idKey(collection, query.sort ?? []).descending }]
      if (query.after)
        conditions.push(afterLast({ collection, keys, seen: query.after, quote, comparesRows: dialect.comparesRows !== false }, values))
      const order = keys.map((key) => orderBy(resolve(collection.columns, key.path), key.descending)).join(',')
      assert(Number.isSafeInteger(query.limit) && query.limit >= 0, 'a limit is a whole number')
      const filter = conditions.length > 0 ? ` where ${conditions.join(' and ')}` : ''
      // As text, not bound: SQLite 3.53 prepares a statement again whenever its limit is bound (8 us).
      const ordered = query.isUnordered ? '' : ` order by ${order}`
      return { sql: `select ${selectList(collection)} from ${quote(collection.table)} t${filter}${ordered} limit ${query.limit}`, values }
    },

    count(collection: CollectionModel, filter: Filter | undefined, atMost: number | undefined): Statement {
      const values: SqlValue[] = []
      const rest = filter && filter.op !== 'true' ? ` where ${found(collection, filter, values)}` : ''
      const from = `${quote(collection.table)} t${byWords(dialect, collection, filter)}${rest}`
      if (atMost === undefined) return { sql: `select count(*) as "count" from ${from}`, values }
      return { sql: `select count(*) as "count" from (select 1 as one from ${from} limit ${atMost}) c`, values }
    },

    group(collection: CollectionModel, query: GroupQuery): Statement {
      const values: SqlValue[] = []
      const { list, order } = grouped(dialect, query, (path) => `t.${quote(resolve(collection.columns, path).name)}`)
      const rest = query.where && query.where.op !== 'true' ? ` where ${found(collection, query.where, values)}` : ''
      return { sql: `select ${list} from ${quote(collection.table)} t${byWords(dialect, collection, query.where)}${rest}${order}`, values }
    },

    /** Inserts rows, each with a value for each column in the model's order. */
    insert(collection: CollectionModel, rows = 1): string {
      const key = rows === 1 ? collection.name : `${collection.name} ${rows}`
      let sql = inserts.get(key)
      if (sql === undefined) {
        sql = insertText(quote, collection, rows)
        inserts.set(key, sql)
      }
      return sql
    },

    /** `from` names a further table of the guard, as PostgreSQL has it. */
    update(collection: CollectionModel, filter: Filter, change: Change, from = ''): Statement {
      const values: SqlValue[] = []
      const parts: string[] = []
      for (const path in change.set)
        for (const column of columnsOfField(collection, path)) {
          values.push(storedValue(dialect, column, part(change.set[path], column)))
          parts.push(`${quote(column.name)}=?`)
        }
      for (const path in change.add) {
        const name = quote(resolve(collection.columns, path).name)
        values.push(change.add[path]!)
        parts.push(`${name}=t.${name}+?`)
      }
      assert(parts.length > 0, 'an update changes something')
      return {
        sql: `update ${quote(collection.table)} as t set ${parts.join(',')}${from && ` from ${from}`} where ${where(collection, filter, { values }, 't')}`,
        values,
      }
    },

    remove(collection: CollectionModel, filter: Filter): Statement {
      const values: SqlValue[] = []
      const { from, alias } = deletion(dialect, quote(collection.table))
      return { sql: `delete from ${from} where ${where(collection, filter, { values }, alias)}`, values }
    },
  })
}

/** What words find leads to its records, where the database would look for them among those of another index. */
function byWords({ leadsByWords }: Dialect, { table }: CollectionModel, filter: Filter | undefined): string {
  const parts = filter?.op === 'and' ? filter.of : [filter]
  return leadsByWords && parts.some((part) => part?.op === 'words') ? ` ${leadsByWords(table)}` : ''
}

type Nearby = { readonly nameOf: (path: string) => string; readonly values: SqlValue[] }

/** As `isNear` of contract/geo.ts has it. */
function nearBy(filter: Extract<Filter, { op: 'near' }>, { nameOf, values }: Nearby): string {
  const [lat, lng] = [nameOf(`${filter.path}.lat`), nameOf(`${filter.path}.lng`)]
  const { radians, halfRadians, halfAngle } = geoFactors
  const square = (angle: string, value: number) => {
    values.push(value)
    values.push(value)
    return `sin(${angle})*sin(${angle})`
  }
  const north = square(`(${lat}-?)*${halfRadians}`, filter.lat)
  values.push(filter.lat)
  const east = square(`(${lng}-?)*${halfRadians}`, filter.lng)
  return `${north}+cos(?*${radians})*cos(${lat}*${radians})*${east}<=${square(`?*${halfAngle}`, filter.mm)}`
}

/** A comparison of one column, under the name that it has in the statement. */
function conditionOf(
  filter: Exclude<Filter, { op: 'true' | 'false' | 'and' | 'or' | 'not' | 'via' | 'near' | 'words' }>,
  { dialect, column, name, values }: Compared,
): string {
  switch (filter.op) {
    case 'has':
      values.push(filter.value)
      return dialect.has(name, '?')
    case 'hasAny': {
      const { sql, bound } = dialect.hasAny(name, filter.values)
      values.push(...bound)
      return sql
    }
    case 'null':
      return `${name} is ${filter.value ? '' : 'not '}null`
    case 'in':
    case 'nin':
      if (dialect.isAmong) {
        const bound = filter.values.map((value) => bind(column, value))
        const { sql, value } = dialect.isAmong(name, bound, filter.op === 'nin')
        values.push(value)
        return sql
      }
      for (const value of filter.values) values.push(bind(column, value))
      return `${name} ${filter.op === 'in' ? 'in' : 'not in'} (${filter.values.map(() => '?').join(',')})`
    case 'contains':
    case 'startsWith':
      return textMatch(dialect, filter, name, values)
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      values.push(bind(column, filter.value))
      return `${name}${operators[filter.op]}?`
    default:
      return unreachable(filter)
  }
}

type Compared = { readonly dialect: Dialect; readonly column: Column; readonly name: string; readonly values: SqlValue[] }

/** What a grouped query selects, and what follows its condition. */
function grouped(
  { bigSum }: Pick<Dialect, 'bigSum'>,
  { by, measures, limit }: GroupQuery,
  nameOf: (path: string) => string,
): { readonly list: string; readonly order: string } {
  const keys = by.map((key) => groupKey(key, nameOf(pathOf(key))))
  const values = measures.map(({ of, path }) =>
    of === 'sum' ? `coalesce(sum(${nameOf(path)}),0)` : of === 'bigSum' ? bigSum(nameOf(path)) : `${of}(${nameOf(path)})`,
  )
  const places = keys.map((_, index) => index + 1).join(',')
  const order = keys.length > 0 ? ` group by ${places} order by ${places}` : ''
  return { list: [...keys, 'count(*)', ...values].join(','), order: limit === undefined ? order : `${order} limit ${limit}` }
}

/** Its numbers come from the code, so they may stand in the text. */
function groupKey(key: GroupKey, name: string): string {
  if (typeof key === 'string') return name
  if ('characters' in key) return `substr(${name},1,${key.characters})`
  // The remainder of a negative number is negative, so it is taken twice. In brackets, for two dashes begin a comment.
  return `${name}-((${name}-(${key.from}))%${key.ms}+${key.ms})%${key.ms}`
}

function insertText(quote: Dialect['quote'], { table, stored }: CollectionModel, rows: number): string {
  const marks = `(${stored.map(() => '?').join(',')})`
  const names = stored.map(({ name }) => quote(name)).join(',')
  return `insert into ${quote(table)} (${names}) values ${Array.from({ length: rows }, () => marks).join(',')}`
}

type TextMatch = Extract<Filter, { op: 'contains' | 'startsWith' }>

function textMatch(dialect: Dialect, { op, value }: TextMatch, name: string, values: SqlValue[]): string {
  if (!hasOnlyAsciiCases(value)) {
    values.push(dialect.anyCase.pattern(value, op === 'startsWith'))
    return dialect.anyCase.matches(name, '?')
  }
  if (op === 'contains' && dialect.contains) {
    values.push(value)
    return dialect.contains(name, '?')
  }
  const escaped = value.replace(/[\\%_]/g, '\\$&')
  values.push(op === 'contains' ? `%${escaped}%` : `${escaped}%`)
  return dialect.like(name, '?')
}

function deletion(dialect: Dialect, table: string): { readonly from: string; readonly alias: string } {
  return dialect.deletesByAlias === false ? { from: table, alias: table } : { from: `${table} as t`, alias: 't' }
}

const operators = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

function idKey(collection: CollectionModel, sort: readonly Sort[]) {
  // Following the last key's direction lets one index serve both, read either way.
  const named = sort.find((key) => key.path === 'id')
  return { path: 'id', descending: named?.descending ?? sort.at(-1)?.descending ?? false, column: resolve(collection.columns, 'id') }
}
