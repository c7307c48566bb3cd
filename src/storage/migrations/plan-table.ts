// The plan of one table that exists: its fields one by one, then its indexes, its checks, and what only the
// version before knows of. Part of plan.ts, which says what must hold.
import type { CollectionModel, Column, CompiledField, IndexModel } from '../../schema/model.ts'
import { canConvert } from './convert.ts'
import { fixedDefaultOf, sourceOf } from './fill-source.ts'
import { laterVersion, renamedLater } from './later-version.ts'
import {
  type Change,
  type CheckSpec,
  type ColumnSpec,
  type Fill,
  type Marks,
  makeStep,
  type Phase,
  type Source,
  type Step,
} from './steps.ts'
import {
  formerColumn,
  formerNames,
  type IndexSpec,
  isSameType,
  type JournalRow,
  leftoverOf,
  type StoredColumn,
  type StoredTable,
  shadowOf,
  type TypeNames,
} from './stored-schema.ts'
import { isWithin, valuesOfColumn } from './values.ts'

export type TableSituation = {
  readonly collection: CollectionModel
  /** The same with the names under which it is stored. */
  readonly physical: CollectionModel
  readonly table: StoredTable
  readonly journal: readonly JournalRow[]
  readonly types: TypeNames
}

type Planned = TableSituation & {
  readonly steps: Step[]
  readonly problems: string[]
  /** Stored columns that this version has a use for. */
  readonly claimed: Set<string>
  /** Columns that change their type, with those that will stand in for them. */
  readonly shadows: Map<string, string>
  /** Columns that are rewritten into a type that means the same. */
  readonly copied: Set<string>
  /** Columns whose values went into others: dropping them loses nothing. */
  readonly consumed: Set<string>
  add(change: Change, phase: Phase, marks?: Marks): void
}

const giveOne = 'Give the field a default or a backfill'

/** Clocks of processes differ, and a transaction writes its time when it begins. */
const clockMarginMs = 600_000

export function planTable(situation: TableSituation): { readonly steps: readonly Step[]; readonly problems: readonly string[] } {
  const { collection, table } = situation
  const steps: Step[] = []
  const p: Planned = {
    ...situation,
    steps,
    problems: [],
    claimed: new Set(),
    shadows: new Map(),
    copied: new Set(),
    consumed: new Set(),
    add: (change, phase, marks = {}) => void steps.push(makeStep(change, phase, marks)),
  }
  for (const field of collection.fields.values()) if (!field.isComputed) planField(p, field)
  for (const field of collection.words.values()) planField(p, field)
  planIndexes(p)
  planChecks(p)
  planStrangers(p)
  if (table.name !== collection.name) p.add({ kind: 'renameTable', table: table.name, to: collection.name }, 'switch', { isNeeded: false })
  return p
}

const longTextCharacters = 2_000

/** Nobody has to wait for them: what a start does without being asked. */
function isOfWords({ columns }: CompiledField): boolean {
  return columns[0]?.type === 'words'
}

export function specOf(column: Column, collection: CollectionModel, types: TypeNames): ColumnSpec {
  const { name, type: kind, isNullable } = column
  const isLong = (kind === 'text' || kind === 'words') && column.characters > longTextCharacters ? ({ isLong: true } as const) : {}
  const made = column.made === undefined ? {} : { made: column.made }
  const values = valuesOfColumn(column, collection)
  const taken = values === null ? {} : { values }
  return { name, type: types.typeOf(column, collection), kind, isNullable, default: null, ...isLong, ...made, ...taken }
}

export function checksOf(collection: CollectionModel): CheckSpec[] {
  return (collection.source.checks ?? []).map(({ path, value }) => {
    const column = collection.columns.get(path)!.name
    return { name: `${collection.name}_${column}_check`, column, least: value }
  })
}

function planField(p: Planned, field: CompiledField): void {
  const missing = field.columns.filter((column) => !p.table.columns.has(storedName(p, column)))
  for (const column of field.columns) if (!missing.includes(column)) planStored(p, field, column)
  if (missing.length > 0) return planMissing(p, field, missing)
  const began = generationOf(p, field.columns)
  if (isFilling(p, field)) planFill(p, field, { source: fillSource(p, field), began })
  else if (began > 0) for (const name of formerColumnsOf(p, field)) if (name !== null) p.consumed.add(name)
}

function formerColumnsOf({ table }: Planned, field: CompiledField): (string | null)[] {
  return field.columns.map((column) => formerColumn(column, field, table))
}

function storedName({ physical }: Planned, column: Column): string {
  return physical.stored.find(({ path }) => path === column.path)!.name
}

function specsOf(p: Planned, field: CompiledField): ColumnSpec[] {
  return field.columns.map((column) => ({ ...specOf(column, p.collection, p.types), name: storedName(p, column) }))
}

function planStored(p: Planned, field: CompiledField, column: Column): void {
  const { table, types, collection } = p
  const name = storedName(p, column)
  const found = table.columns.get(name)!
  p.claimed.add(name)
  const spec = { ...specOf(column, collection, types), name }
  if (!isSameType(found, column, { declared: spec.type, types })) return planOtherType(p, field, column)
  planWidth(p, found, spec)
  // It keeps the type it has by then: where one that is wider will do, it stays.
  planNullability(p, field, { ...spec, type: found.type })
  planValues(p, field, spec)
  if (name !== column.name)
    p.add({ kind: 'renameColumn', table: table.name, from: name, to: column.name, type: spec.type }, 'switch', { isNeeded: false })
}

/** Rows are looked through where a value may be one that the field takes no more; and again when nobody writes such any more. */
function planValues(p: Planned, { name: field }: CompiledField, { name: column, values }: ColumnSpec): void {
  const { table, collection } = p
  const known = table.columns.get(column)!.values ?? null
  if (values === undefined || known === null || table.isEmpty) return
  const again = isWithin(known.values, values)
  if (again && known.isSure) return
  const change = { kind: 'checkValues', table: table.name, collection: collection.name, field, column, values, again } as const
  p.add(change, again ? 'contract' : 'expand', { rows: table.rows, isAdditive: !again })
}

function planWidth(p: Planned, found: StoredColumn, spec: ColumnSpec): void {
  const { table, types } = p
  const difference = types.compare(found.type, spec.type)
  if (difference === 'same' || difference === 'other') return
  const isQuick = difference === 'wider' || table.isEmpty
  if (!isQuick) p.copied.add(spec.name)
  // What it is to be in other respects comes by steps of their own.
  const column = { ...spec, isNullable: found.isNullable }
  p.add({ kind: 'widenColumn', table: table.name, column }, isQuick ? 'expand' : 'switch', { isAdditive: isQuick, rows: table.rows })
}

function planNullability(p: Planned, field: CompiledField, spec: ColumnSpec): void {
  const { table } = p
  const found = table.columns.get(spec.name)!
  if (spec.isNullable && !found.isNullable) p.add({ kind: 'dropNotNull', table: table.name, column: spec }, 'expand', { isAdditive: true })
  if (spec.isNullable || !found.isNullable || isFilling(p, field)) return
  if (found.hasNulls) {
    const source = sourceOf(field)
    if (source === null)
      return void p.problems.push(
        `${table.name}.${field.name} is required now, but some of about ${table.rows} records have no value there. ${giveOne}, or fill them first.`,
      )
    const fill: Fill = { ...fillOf(p, field, source), columns: specsOf(p, field), rows: 'empty' }
    p.add({ kind: 'backfill', table: table.name, fill }, 'expand', { rows: table.rows, isAdditive: isOfWords(field) })
  }
  p.add({ kind: 'setNotNull', table: table.name, column: spec }, 'contract', { rows: table.rows })
}

function planMissing(p: Planned, field: CompiledField, missing: readonly Column[]): void {
  const { table, collection, types } = p
  const later = missing
    .map(({ name }) => renamedLater(`renameColumn ${table.name}.${name} `, p.journal, (known) => hasColumn(collection, known)))
    .find((row) => row !== undefined)
  if (later) return void p.problems.push(laterVersion(`${table.name}.${field.name}`, later))
  const other = otherwiseStored(p, field)
  if (other !== null && !field.field.backfill && !table.isEmpty)
    return void p.problems.push(toldHow(p, field, `is stored as ${other} in the database and would be ${field.field.kind.name} now`))
  const source = fillSource(p, field)
  if (source === 'unknown') return
  const fixed = source?.from === 'constant' ? fixedDefaultOf(field) : null
  const isBackfilled = source !== null && fixed === null && !table.isEmpty
  if (source === null && !table.isEmpty && missing.some(({ isNullable }) => !isNullable))
    return void p.problems.push(
      `${table.name}.${field.name} is new and required, but there are about ${table.rows} records without a value for it. ${giveOne}, or make it optional.`,
    )
  for (const column of missing) {
    const spec = specOf(column, collection, types)
    const made = { ...spec, isNullable: spec.isNullable || isBackfilled, default: fixed === null ? null : partOf(fixed, column) }
    const isAdditive = !isBackfilled || isOfWords(field)
    p.add({ kind: 'addColumn', table: table.name, column: made, isBackfilled }, 'expand', { isAdditive })
  }
  if (isBackfilled) planFill(p, field, { source, began: Number.MAX_SAFE_INTEGER })
}

/** Of a kind that has several columns, which it stands in. */
const partsOfKinds = [
  ['amount', 'currency'],
  ['lat', 'lng'],
]

/**
 * Columns in which the field is stored as another kind that has more of them, or fewer: a whole number that is to be money. Without a backfill
 * the new ones would be made empty, and the old ones dropped with their values.
 */
function otherwiseStored({ table, collection }: Planned, { name: own, field, columns }: CompiledField): string | null {
  const names = [own, ...formerNames(field)]
  const isLeft = (column: string) => table.columns.has(column) && !hasColumn(collection, column)
  const parts = columns.map(({ part }) => part)
  for (const name of names) {
    if (parts[0] !== null && isLeft(name)) return table.columns.get(name)!.kind ?? table.columns.get(name)!.type
    for (const others of partsOfKinds) {
      const stored = others.map((part) => `${name}_${part}`)
      if (others.join() !== parts.join() && stored.every(isLeft)) return stored.join(' and ')
    }
  }
  return null
}

function hasColumn(collection: CollectionModel, name: string): boolean {
  return [...collection.columns.values()].some((column) => column.name === name)
}

/** `unknown`: there are old values that cannot be made into new ones, which is a problem told already. */
function fillSource(p: Planned, field: CompiledField): Source | null | 'unknown' {
  const [column] = field.columns
  const former = formerColumnsOf(p, field)
  for (const name of former) if (name !== null) p.consumed.add(name)
  return former[0] === null
    ? sourceOf(field)
    : (conversionOf(p, field, { column: column!, found: p.table.columns.get(former[0]!)! }) ?? 'unknown')
}

/** Backfill, catch up once the old version has stopped, and only then hold the field to be required. */
function planFill(
  p: Planned,
  field: CompiledField,
  { source, began }: { readonly source: Source | null | 'unknown'; readonly began: number },
): void {
  if (source === null || source === 'unknown') return
  const { table } = p
  const specs = specsOf(p, field)
  const fill: Fill = { ...fillOf(p, field, source), columns: specs }
  const { rows } = table
  // One that `migrate` has begun is ended by it: it has noted where it is.
  const marks = { rows, isAdditive: isOfWords(field) && began === Number.MAX_SAFE_INTEGER }
  if (!hasEnded(p, `backfill ${table.name}.${field.name}`, began)) p.add({ kind: 'backfill', table: table.name, fill }, 'expand', marks)
  if (!hasEnded(p, `catchUp ${table.name}.${field.name}`, began))
    p.add({ kind: 'catchUp', table: table.name, fill, since: sinceOf(p, field, began) }, 'switch', marks)
  for (const spec of specs) if (!spec.isNullable) p.add({ kind: 'setNotNull', table: table.name, column: spec }, 'contract', { rows })
}

/** Added for a backfill that has not seen its end. */
function isFilling(p: Planned, field: CompiledField): boolean {
  const began = generationOf(p, field.columns)
  return began > 0 && ['backfill', 'catchUp'].some((kind) => !hasEnded(p, `${kind} ${p.table.name}.${field.name}`, began))
}

/** The journal's id of the columns' making; 0 when they were not made for a backfill. */
function generationOf({ journal, table }: Planned, columns: readonly { readonly name: string }[]): number {
  return journal.findLast(({ key }) => columns.some(({ name }) => key === `prepareColumn ${table.name}.${name}`))?.id ?? 0
}

function hasEnded({ journal }: Planned, key: string, after: number): boolean {
  return journal.some((row) => row.key === key && row.id > after && row.state === 'done')
}

function sinceOf({ journal, table }: Planned, field: CompiledField, after: number): number {
  const first = journal.find((row) => row.key === `backfill ${table.name}.${field.name}` && row.id > after)
  return first === undefined ? 0 : first.startedAt - clockMarginMs
}

function planOtherType(p: Planned, field: CompiledField, column: Column): void {
  const { table, types, collection } = p
  const found = table.columns.get(storedName(p, column))!
  const source = conversionOf(p, field, { column, found })
  if (source === null) return
  if (types.convertsInPlace) {
    const made = { ...specOf(column, collection, types), name: found.name }
    return p.add({ kind: 'convertColumn', table: table.name, fill: { ...fillOf(p, field, source), columns: [made] } }, 'switch', {
      rows: table.rows,
    })
  }
  const leftover = leftoverOf(found.name)
  const spec = { ...specOf(column, collection, types), name: found.name }
  const shadow = { ...spec, name: shadowOf(found.name), isNullable: true }
  const { rows } = table
  const hasShadow = table.columns.has(shadow.name)
  const { made: _, ...plain } = spec
  const old = { ...plain, kind: found.kind ?? spec.kind, type: found.type, ...(found.made === undefined ? {} : { made: found.made }) }
  const fill: Fill = { ...fillOf(p, field, source), columns: [shadow] }
  const began = hasShadow ? generationOf(p, [shadow]) : Number.MAX_SAFE_INTEGER
  for (const name of [shadow.name, leftover]) p.claimed.add(name)
  p.shadows.set(found.name, shadow.name)
  if (table.columns.has(leftover)) p.add({ kind: 'dropColumn', table: table.name, column: leftover }, 'expand')
  if (!found.isNullable) p.add({ kind: 'dropNotNull', table: table.name, column: { ...old, isNullable: true } }, 'expand')
  if (!hasShadow) p.add({ kind: 'addColumn', table: table.name, column: shadow, isBackfilled: true }, 'expand')
  if (!hasEnded(p, `backfill ${table.name}.${field.name}`, began)) p.add({ kind: 'backfill', table: table.name, fill }, 'expand', { rows })
  p.add({ kind: 'swapColumn', table: table.name, fill, since: sinceOf(p, field, began), old }, 'switch', { rows })
  if (!spec.isNullable) p.add({ kind: 'setNotNull', table: table.name, column: spec }, 'contract', { rows })
  p.add({ kind: 'dropColumn', table: table.name, column: leftover }, 'contract', { rows })
}

type Pair = { readonly column: Column; readonly found: StoredColumn }

/** From the old values; a backfill function of the field has the say when there is one. */
function conversionOf(p: Planned, field: CompiledField, { column, found }: Pair): Source | null {
  if (field.field.backfill) return { from: 'function' }
  const kind = found.kind ?? p.types.meaningOf(found.type)
  if (kind !== null && kind !== column.type && canConvert(kind, column.type)) return { from: 'column', column: found.name, kind }
  const change = `is ${kind ?? found.type} in the database and would be ${column.type} now`
  p.problems.push(toldHow(p, field, change))
  return null
}

function toldHow({ table }: Planned, field: CompiledField, change: string): string {
  return `${table.name}.${field.name} ${change}, and one is not made from the other without being told how. Give the field a backfill, or take a new name.`
}

function fillOf({ table, collection }: Planned, field: CompiledField, source: Source): Omit<Fill, 'columns'> {
  return { table: table.name, collection: collection.name, field: field.name, kind: field.field.kind.name, source, rows: 'all' }
}

function partOf(value: unknown, { path }: Column): unknown {
  const dot = path.indexOf('.')
  return dot < 0 ? value : (value as Record<string, unknown>)[path.slice(dot + 1)]
}

function planIndexes(p: Planned): void {
  const { table, types } = p
  const collection = withShadows(p)
  const wanted = indexSpecsOf(collection, types)
  const taken = new Set(table.indexes.map(({ name }) => name))
  for (const broken of table.indexes)
    if (!broken.isValid) p.add({ kind: 'dropIndex', table: table.name, index: broken, isBroken: true }, 'expand')
  for (const index of wanted) {
    if (table.indexes.some((one) => one.isValid && isSameIndex(one, index))) continue
    const name = freeName(index.name, taken, types)
    taken.add(name)
    // A column that is still to be copied into a type that can be indexed is not ready before.
    const phase = index.columns.some((part) => p.copied.has(part.name)) ? 'switch' : 'expand'
    const marks = { isAdditive: !index.isUnique && phase === 'expand', rows: table.rows }
    p.add({ kind: 'createIndex', table: table.name, index: { ...index, name } }, phase, marks)
  }
  for (const index of table.indexes)
    if (index.isValid && !wanted.some((one) => isSameIndex(index, one)))
      p.add({ kind: 'dropIndex', table: table.name, index, isBroken: false }, 'contract')
}

/** The collection as it will be indexed: a column that changes its type by the one that will take its place. */
function withShadows({ physical, shadows }: Planned): CollectionModel {
  if (shadows.size === 0) return physical
  const shadowed = (column: Column): Column => ({ ...column, name: shadows.get(column.name) ?? column.name })
  const columns = [...physical.columns].map(([path, column]) => [path, shadowed(column)] as const)
  const indexes = physical.indexes.map((index) => ({
    ...index,
    columns: index.columns.map((part) => ({ ...part, name: shadows.get(part.name) ?? part.name })),
  }))
  return { ...physical, columns: new Map(columns), stored: physical.stored.map(shadowed), indexes }
}

export function indexSpecsOf(collection: CollectionModel, types: TypeNames): IndexSpec[] {
  const lists = new Set(collection.stored.filter(({ isList }) => isList).map(({ name }) => name))
  return collection.indexes
    .filter((index) => types.indexesLists === true || index.isSearch || !index.columns.some(({ name }) => lists.has(name)))
    .flatMap((index) => (index.isSearch && types.searchesByColumn ? byColumn(index) : index))
    .map((index) => ({ ...index, name: types.indexName(index.name), form: types.formOf(index, collection) }))
}

function byColumn(index: IndexModel): IndexModel[] {
  return index.columns.map((column) => ({ ...index, name: `${index.name}_${column.name}`, columns: [column] }))
}

function isSameIndex(stored: IndexSpec, wanted: IndexSpec): boolean {
  return stored.isUnique === wanted.isUnique && stored.form === wanted.form
}

function freeName(name: string, taken: ReadonlySet<string>, types: TypeNames): string {
  for (let number = 1; ; number++) {
    const candidate = types.indexName(number === 1 ? name : `${name}_${number}`)
    if (!taken.has(candidate)) return candidate
  }
}

function planChecks(p: Planned): void {
  const { table } = p
  const wanted = checksOf(p.physical)
  for (const check of table.checks) {
    if (wanted.some(({ column, least }) => column === check.column && least === check.least) || !p.claimed.has(check.column)) continue
    const { name } = check
    if (name !== null) p.add({ kind: 'dropCheck', table: table.name, check: { ...check, name } }, 'expand', { isAdditive: true })
    else if (wanted.every(({ column, least }) => column !== check.column || least < check.least))
      p.problems.push(
        `${table.name} refuses ${check.column} below ${check.least} by a rule without a name, which cannot be taken away. Keep it, or move the data into a new collection.`,
      )
  }
  for (const check of wanted)
    if (!table.checks.some(({ column, least }) => column === check.column && least === check.least))
      p.add({ kind: 'addCheck', table: table.name, check }, 'contract', { rows: table.rows })
}

/** What only the old version knows: the new one must be able to write without it, and it goes at the end. */
function planStrangers(p: Planned): void {
  const { table, claimed, consumed } = p
  for (const column of table.columns.values()) {
    if (claimed.has(column.name)) continue
    if (!column.isNullable && !column.hasDefault) {
      const spec: ColumnSpec = { name: column.name, type: column.type, kind: column.kind ?? 'text', isNullable: true, default: null }
      p.add({ kind: 'dropNotNull', table: table.name, column: spec }, 'expand', { isAdditive: true })
    }
    const isLeftover = column.kind === 'words' || consumed.has(column.name) || [...claimed].some((name) => leftoverOf(name) === column.name)
    const marks = { isDestructive: !isLeftover && !table.isEmpty, rows: table.rows }
    p.add({ kind: 'dropColumn', table: table.name, column: column.name }, 'contract', marks)
  }
}
