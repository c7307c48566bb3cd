// What must be done to a database so that the declared model fits it: a pure function of both and of the
// journal. It is made again after every step, so a run that was cut short continues where the database stands.
// Invariants: a step that was done is not planned again; nothing is dropped but in the contract phase; what
// cannot be done without losing or guessing a value is a problem with a sentence, and no step.
import type { CollectionModel, Model } from '../../schema/model.ts'
import { laterVersion, renamedLater } from './later-version.ts'
import { checksOf, indexSpecsOf, planTable, specOf } from './plan-table.ts'
import { makeStep, type Phase, type Step } from './steps.ts'
import { type JournalRow, type StoredSchema, storedModel, type TypeNames, tableOf } from './stored-schema.ts'

export type Situation = {
  readonly model: Model
  readonly stored: StoredSchema
  readonly journal: readonly JournalRow[]
  readonly types: TypeNames
}

export type Plan = {
  /** In the order they are done. */
  readonly steps: readonly Step[]
  /** Sentences for people: what stands in the way, where, and what to do. With one of them nothing is done. */
  readonly problems: readonly string[]
}

export function planMigration({ model, stored, journal, types }: Situation): Plan {
  const steps: Step[] = []
  const problems: string[] = []
  const physical = storedModel(model, stored, types)
  for (const collection of model.collections.values()) {
    const table = stored.tables.get(tableOf(collection, stored, model))
    const renamed = renamedLater(`renameTable ${collection.name} `, journal, (name) => model.find(name) !== undefined)
    if (table) {
      const planned = planTable({ collection, physical: physical.find(collection.name)!, table, journal, types })
      steps.push(...planned.steps)
      problems.push(...planned.problems)
    } else if (renamed) problems.push(laterVersion(collection.name, renamed))
    else steps.push(createTable(collection, types))
  }
  const used = new Set([...physical.collections.values()].map(({ table }) => table))
  for (const table of stored.tables.values())
    if (table.isOurs && !used.has(table.name))
      steps.push(makeStep({ kind: 'dropTable', table: table.name }, 'contract', { isDestructive: !table.isEmpty, rows: table.rows }))
  return { steps: inOrder(steps), problems }
}

function isOfWords(step: Step): boolean {
  return (
    ('fill' in step ? step.fill.columns[0]! : 'column' in step && typeof step.column === 'object' ? step.column : undefined)?.kind ===
    'words'
  )
}

/**
 * Steps of one phase keep the order in which they were planned. But columns are there before they are filled, so that
 * one pass fills several, and filled before they are indexed; and an index goes before the columns it is made of: a
 * database that drops a column of two would keep an index of the other.
 */
function inOrder(steps: readonly Step[]): Step[] {
  const phases: readonly Phase[] = ['expand', 'switch', 'contract']
  return phases.flatMap((phase) => {
    const own = steps.filter((one) => one.phase === phase)
    return own.toSorted((a, b) => rankOf(a) - rankOf(b))
  })
}

function rankOf(step: Step): number {
  const { kind, phase } = step
  if (phase === 'contract') return kind === 'dropIndex' ? 0 : 1
  // Words are made of values, which are there by then.
  if (isOfWords(step)) return kind === 'addColumn' ? 0 : 2
  return kind === 'backfill' ? 1 : kind === 'createIndex' ? 3 : 0
}

function createTable(collection: CollectionModel, types: TypeNames): Step {
  const columns = collection.stored.map((column) => specOf(column, collection, types))
  const checks = checksOf(collection)
  const indexes = indexSpecsOf(collection, types)
  return makeStep({ kind: 'createTable', table: collection.name, columns, indexes, checks }, 'expand', {
    isAdditive: true,
  })
}
