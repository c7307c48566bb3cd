// The kinds of steps a migration is made of, as data: what is planned can be shown, counted, journalled and
// run again. Invariant: a step says by its phase what may run beside it, and a step that was done is
// never planned again.
import type { ColumnType } from '../../schema/kinds/kind.ts'
import type { IndexModel } from '../../schema/model.ts'
import type { IndexSpec } from './stored-schema.ts'

/**
 * `expand`: the old and the new version may both run, during it and after it.
 * `switch`: no server may run; the new version needs it (but for renames, which can wait).
 * `contract`: takes away what only the old version needed.
 */
export type Phase = 'expand' | 'switch' | 'contract'

export type ColumnSpec = {
  readonly name: string
  readonly type: string
  readonly kind: ColumnType
  /** By which function its values are computed. */
  readonly made?: string
  readonly isNullable: boolean
  /** Which values its field takes (values.ts); of the first column of a field that is given. */
  readonly values?: string
  /** Of a text that may be an article. */
  readonly isLong?: true
  /** What the database sets for writers that do not know the column; null for nothing. */
  readonly default: unknown
}

export type CheckSpec = { readonly name: string; readonly column: string; readonly least: number }

/** Where the values of a backfill come from. */
export type Source =
  | { readonly from: 'column'; readonly column: string; readonly kind: ColumnType }
  | { readonly from: 'function' }
  | { readonly from: 'constant' }

/** Values made row by row: `columns` of one field, from the rows themselves. */
export type Fill = {
  readonly table: string
  readonly collection: string
  readonly field: string
  /** Of the field, as it is declared. */
  readonly kind: string
  readonly columns: readonly ColumnSpec[]
  readonly source: Source
  /** `empty`: only rows that have no value yet. */
  readonly rows: 'all' | 'empty'
}

export type Change =
  | {
      readonly kind: 'createTable'
      readonly table: string
      readonly columns: readonly ColumnSpec[]
      readonly indexes: readonly IndexSpec[]
      readonly checks: readonly CheckSpec[]
    }
  /** `makesGeneration`: its backfill starts again, whatever the journal says of earlier ones. */
  | { readonly kind: 'addColumn'; readonly table: string; readonly column: ColumnSpec; readonly isBackfilled: boolean }
  | { readonly kind: 'widenColumn'; readonly table: string; readonly column: ColumnSpec }
  | { readonly kind: 'dropNotNull'; readonly table: string; readonly column: ColumnSpec }
  | { readonly kind: 'setNotNull'; readonly table: string; readonly column: ColumnSpec }
  | { readonly kind: 'backfill'; readonly table: string; readonly fill: Fill }
  /** What the old version wrote since the backfill came by, once it has stopped. */
  | { readonly kind: 'catchUp'; readonly table: string; readonly fill: Fill; readonly since: number }
  /** Catches up, then the shadow takes the name and the old column becomes a leftover. */
  | { readonly kind: 'swapColumn'; readonly table: string; readonly fill: Fill; readonly since: number; readonly old: ColumnSpec }
  /** Value by value, each once, by the place in the journal. */
  | { readonly kind: 'convertColumn'; readonly table: string; readonly fill: Fill }
  /** Looks whether every value of the field is one that it takes now. `again`: what servers of the version before have written since. */
  | {
      readonly kind: 'checkValues'
      readonly table: string
      readonly collection: string
      readonly field: string
      readonly column: string
      readonly values: string
      readonly again: boolean
    }
  | { readonly kind: 'createIndex'; readonly table: string; readonly index: IndexSpec }
  | { readonly kind: 'dropIndex'; readonly table: string; readonly index: IndexModel; readonly isBroken: boolean }
  | { readonly kind: 'addCheck'; readonly table: string; readonly check: CheckSpec }
  | { readonly kind: 'dropCheck'; readonly table: string; readonly check: CheckSpec }
  | { readonly kind: 'renameColumn'; readonly table: string; readonly from: string; readonly to: string; readonly type: string }
  | { readonly kind: 'renameTable'; readonly table: string; readonly to: string }
  | { readonly kind: 'dropColumn'; readonly table: string; readonly column: string }
  | { readonly kind: 'dropTable'; readonly table: string }

export type Step = Change & {
  /** Names it in the journal. */
  readonly key: string
  readonly phase: Phase
  /** The new version cannot start before it. */
  readonly isNeeded: boolean
  /** Values are lost for good. */
  readonly isDestructive: boolean
  /** Adds what nobody has to wait for: done at a start in development without being asked. */
  readonly isAdditive: boolean
  /** Rows it reads or writes, about. */
  readonly rows: number
}

export type ValuesStep = Extract<Change, { readonly kind: 'checkValues' }>

export type Marks = Partial<Pick<Step, 'isNeeded' | 'isDestructive' | 'isAdditive' | 'rows'>>

export function makeStep(change: Change, phase: Phase, marks: Marks = {}): Step {
  return {
    ...change,
    key: keyOf(change),
    phase,
    isNeeded: phase !== 'contract',
    isDestructive: false,
    isAdditive: false,
    rows: 0,
    ...marks,
  }
}

function keyOf(change: Change): string {
  switch (change.kind) {
    case 'addColumn':
      // The journal row of a prepared column opens a generation: earlier backfills of it count no more.
      return `${change.isBackfilled ? 'prepareColumn' : change.kind} ${change.table}.${change.column.name}`
    case 'widenColumn':
    case 'setNotNull':
    case 'dropNotNull':
      return `${change.kind} ${change.table}.${change.column.name}`
    case 'backfill':
    case 'catchUp':
    case 'swapColumn':
    case 'convertColumn':
      return `${change.kind} ${change.table}.${change.fill.field}`
    case 'checkValues':
      return `${change.kind}${change.again ? 'Again' : ''} ${change.table}.${change.field}`
    case 'createIndex':
    case 'dropIndex':
      return `${change.kind} ${change.index.name}`
    case 'addCheck':
    case 'dropCheck':
      return `${change.kind} ${change.table}.${change.check.column}>=${change.check.least}`
    case 'renameColumn':
      return `${change.kind} ${change.table}.${change.from} ${change.to}`
    case 'renameTable':
      return `${change.kind} ${change.table} ${change.to}`
    case 'dropColumn':
      return `${change.kind} ${change.table}.${change.column}`
    default:
      return `${change.kind} ${change.table}`
  }
}

/** What a step does, in words. */
export function describeStep(step: Change): string {
  switch (step.kind) {
    case 'createTable':
      return `create the collection ${step.table} with ${count(step.columns.length, 'column')} and ${count(step.indexes.length, 'index', 'indexes')}`
    case 'addColumn':
      return `add the field ${step.table}.${step.column.name} (${step.column.kind}${valueText(step)})`
    case 'widenColumn':
      return `make ${step.table}.${step.column.name} wider (${step.column.type})`
    case 'dropNotNull':
      return `let ${step.table}.${step.column.name} be empty`
    case 'setNotNull':
      return `let ${step.table}.${step.column.name} be empty no more`
    case 'backfill':
      return `fill ${nameOf(step.fill)} of existing records ${sourceOf(step.fill)}`
    case 'catchUp':
      return `fill ${nameOf(step.fill)} again where the old version has written since`
    case 'swapColumn':
      return `catch up with what was written since, then let ${step.table}.${step.old.name} be the ${step.fill.columns[0]!.kind} one`
    case 'convertColumn':
      return `make ${nameOf(step.fill)} of every record ${step.fill.columns[0]!.kind} ${sourceOf(step.fill)}`
    case 'checkValues':
      return `look ${step.again ? 'again ' : ''}whether every value of ${step.table}.${step.field} is one that it takes now`
    case 'createIndex':
      return `index ${step.table} by ${columnsOf(step.index)}${step.index.isUnique ? ', each value once' : ''}`
    case 'dropIndex':
      return step.isBroken
        ? `clear away the unfinished index ${step.index.name}`
        : `drop the index of ${step.table} by ${columnsOf(step.index)}`
    case 'addCheck':
      return `refuse ${step.table}.${step.check.column} below ${step.check.least}`
    case 'dropCheck':
      return `allow ${step.table}.${step.check.column} below ${step.check.least}`
    case 'renameColumn':
      return `rename ${step.table}.${step.from} to ${step.to}`
    case 'renameTable':
      return `rename the collection ${step.table} to ${step.to}`
    case 'dropColumn':
      return `drop ${step.table}.${step.column} and its values`
    case 'dropTable':
      return `drop the collection ${step.table} and its records`
  }
}

/** Of a step that gives a field another kind: which, from what, and to what. Null of others. */
export function describeNewKind(step: Change): string | null {
  if (step.kind !== 'swapColumn' && step.kind !== 'convertColumn') return null
  const { fill } = step
  const was = step.kind === 'swapColumn' ? step.old.kind : fill.source.from === 'column' ? fill.source.kind : null
  return `${nameOf(fill)} changes ${was === null ? '' : `from ${was} `}to ${fill.kind}`
}

function valueText({ column, isBackfilled }: { readonly column: ColumnSpec; readonly isBackfilled: boolean }): string {
  if (isBackfilled) return ', empty at first'
  return column.default === null ? '' : `, ${JSON.stringify(column.default)} where nothing is said`
}

function nameOf({ table, field }: Fill): string {
  return `${table}.${field}`
}

function sourceOf({ source, rows }: Fill): string {
  if (source.from === 'column') return `from ${source.column} (${source.kind})`
  const where = rows === 'empty' ? ' where it is empty' : ''
  return source.from === 'function' ? `by its backfill function${where}` : `with its default${where}`
}

function columnsOf(index: IndexModel): string {
  return index.columns.map(({ name, descending }) => (descending ? `-${name}` : name)).join(', ')
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
