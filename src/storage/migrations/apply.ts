// Carrying out a plan, one step at a time: look, plan, journal, do, look again. A run that dies anywhere is
// begun again from what the database then looks like. Invariants: one migrator at a time; nothing is changed
// while something stands in the way; nothing is dropped unasked.

import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import type { Model } from '../../schema/model.ts'
import type { Kinds, RowQuery, SchemaDialect } from './dialect.ts'
import { findObstacles, runFill } from './fill.ts'
import { adoptedKinds, kindsAfter, kindsBefore, prunedKinds, withKinds } from './kinds.ts'
import { type Plan, planMigration } from './plan.ts'
import type { Fill, Step } from './steps.ts'
import { type JournalRow, type StoredSchema, storedModel } from './stored-schema.ts'

export type MigrationParts = { readonly dialect: SchemaDialect; readonly model: Model; readonly clock: Clock }

export type Allowed = {
  /** No server runs: what none may see halfway can be done. */
  readonly isStopped: boolean
  /** The old version is gone for good: what only it needed can go. */
  readonly isContracting: boolean
  readonly allowsDestructive: boolean
}

export type Progress = { readonly step: Step; readonly rows: number; readonly perSecond: number; readonly isDone: boolean }

export type ApplyOptions = Allowed & {
  /** Written beside each step: which process, which version. */
  readonly by: string
  onProgress?(progress: Progress): void | Promise<void>
}

export type Applied = { readonly done: readonly Step[]; readonly waiting: readonly Step[]; readonly rows: number }

/** Something stands in the way, and nothing was changed by the step that met it. Each sentence names records. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused'
  constructor(sentences: readonly string[]) {
    super(sentences.join('\n'))
  }
}

export type Seen = Plan & { readonly stored: StoredSchema; readonly journal: readonly JournalRow[]; readonly kinds: Kinds }

export async function lookAt({ dialect, model }: MigrationParts): Promise<Seen> {
  const bare = await dialect.introspect(model)
  const kinds = prunedKinds(await dialect.readKinds(), bare)
  const adopted = adoptedKinds(model, withKinds(bare, kinds), { kinds, types: dialect })
  const stored = withKinds(bare, adopted)
  const journal = await dialect.readJournal()
  return { ...planMigration({ model, stored, journal, types: dialect }), stored, journal, kinds: adopted }
}

/** Whether this run may do the step. The contract phase waits until the new version can do without what it takes away. */
export function isAllowed(step: Step, steps: readonly Step[], allowed: Allowed): boolean {
  if (step.isDestructive && !allowed.allowsDestructive) return false
  if (step.phase === 'expand') return true
  if (step.phase === 'switch') return allowed.isStopped
  return allowed.isContracting && !steps.some(({ isNeeded }) => isNeeded)
}

/** What keeps the steps from being done, looked for before the first of them: values that do not convert, duplicates. */
export async function obstaclesOf(parts: MigrationParts, seen: Seen): Promise<string[]> {
  const sentences = [...seen.problems]
  const checkedFills = new Set<string>()
  for (const step of seen.steps) {
    if ('fill' in step && !checkedFills.has(step.fill.field + step.table) && isFresh(step, seen.journal)) {
      checkedFills.add(step.fill.field + step.table)
      sentences.push(...(await fillObstacles(parts, seen.stored, step.fill)))
    }
    sentences.push(...(await constraintObstacles(parts.dialect, seen.stored, step)))
  }
  return sentences
}

function isFresh(step: Step, journal: readonly JournalRow[]): boolean {
  return step.kind === 'backfill' && !journal.some(({ key, state }) => key === step.key && state === 'running')
}

async function fillObstacles({ dialect, model, clock }: MigrationParts, stored: StoredSchema, fill: Fill): Promise<string[]> {
  if (fill.source.from === 'constant') return []
  const collection = storedModel(model, stored, dialect).find(fill.collection)!
  // Columns that are yet to be made cannot be asked for empty values.
  const rows = fill.columns.every(({ name }) => stored.tables.get(fill.table)!.columns.has(name)) ? fill.rows : 'all'
  const found = await findObstacles({ dialect, clock, collection, fill: { ...fill, rows }, columns: columnsOf(stored, fill.table) })
  if (found.length === 0) return []
  const list = found.map(({ id, value, why }) => `  ${id}: ${JSON.stringify(value)} ${why}`)
  const more = found.length === limits.migrationObstaclesMax ? ' (the first ones)' : ''
  return [
    `${fill.table}.${fill.field} cannot be filled for these records${more}. Correct them, or give the field a backfill:\n${list.join('\n')}`,
  ]
}

function columnsOf(stored: StoredSchema, table: string): RowQuery['columns'] {
  return [...stored.tables.get(table)!.columns.values()]
}

async function constraintObstacles(dialect: SchemaDialect, stored: StoredSchema, step: Step): Promise<string[]> {
  const columns = stored.tables.get(step.table)?.columns
  if (step.kind === 'createIndex' && step.index.isUnique) {
    const names = step.index.columns.map(({ name }) => name)
    if (!names.every((name) => columns?.has(name))) return []
    const found = await dialect.duplicates(step.table, names, limits.migrationObstaclesMax)
    if (found.length === 0) return []
    const list = found.map(({ values, first, last, count }) => {
      const more = count > 2 ? ` and ${count - 2} more` : ''
      return `  ${values.map((value) => JSON.stringify(value)).join(', ')} in ${first}, ${last}${more}`
    })
    return [
      `${step.table} cannot be unique by ${names.join(', ')}: these values stand in several records. Correct them first:\n${list.join('\n')}`,
    ]
  }
  if (step.kind === 'addCheck' && columns?.has(step.check.column)) {
    const ids = await dialect.below(step.table, step.check.column, step.check.least, limits.migrationObstaclesMax)
    if (ids.length > 0) return [`${step.table}.${step.check.column} is below ${step.check.least} in ${ids.join(', ')}. Correct them first.`]
  }
  return []
}

/** @throws MigrationRefused, and Error when another migrator is at work */
export async function applyMigration(parts: MigrationParts, options: ApplyOptions): Promise<Applied> {
  const release = await parts.dialect.lock()
  if (release === null) throw new Error('Another migration of this database is under way. Wait until it has ended; nothing was changed.')
  try {
    await parts.dialect.prepare()
    const first = await lookAt(parts)
    const obstacles = await obstaclesOf(parts, first)
    if (obstacles.length > 0) throw new MigrationRefused(obstacles)
    return await runSteps({ ...parts, options }, first)
  } finally {
    await release()
  }
}

type Run = MigrationParts & { readonly options: ApplyOptions }

async function runSteps(run: Run, first: Seen): Promise<Applied> {
  const done: Step[] = []
  let rows = 0
  for (let seen = first; ; seen = await lookAt(run)) {
    if (seen.problems.length > 0) throw new MigrationRefused(seen.problems)
    const step = seen.steps.find((one) => isAllowed(one, seen.steps, run.options))
    if (step === undefined) {
      await run.dialect.writeKinds(seen.kinds)
      return { done, waiting: seen.steps, rows }
    }
    // A backfill of empty values is planned again when the old version has left more of them.
    assert(!done.some(({ key }) => key === step.key) || step.kind === 'backfill', `the step took no effect: ${step.key}`)
    const obstacles = done.length === 0 ? [] : await constraintObstacles(run.dialect, seen.stored, step)
    if (obstacles.length > 0) throw new MigrationRefused(obstacles)
    rows += await runStep(run, seen, step)
    done.push(step)
  }
}

/** Answers the rows it went through. */
async function runStep(run: Run, seen: Seen, step: Step): Promise<number> {
  const { dialect, clock, options } = run
  const startedAt = clock.monotonic()
  const tell = async (rows: number, isDone: boolean) => {
    const seconds = Math.max(0.001, (clock.monotonic() - startedAt) / 1000)
    await options.onProgress?.({ step, rows, perSecond: Math.round(rows / seconds), isDone })
  }
  if (step.kind === 'addColumn') await endStale(run, seen.journal, step)
  const cut = step.kind === 'backfill' ? seen.journal.findLast(({ key, state }) => key === step.key && state === 'running') : undefined
  const id = cut?.id ?? (await dialect.beginStep(step.key, options.by, clock.now()))
  let rows = 0
  try {
    if ('fill' in step)
      rows = await runFill({ ...fillRunOf(run, seen, step), ...placeOf(cut), journalId: id, onBatch: (count) => tell(count, false) })
    const before = kindsBefore(seen.kinds, step)
    await dialect.writeKinds(before)
    if (step.kind !== 'backfill' && step.kind !== 'catchUp') await dialect.run(step)
    await dialect.writeKinds(kindsAfter(before, step))
  } catch (error) {
    // A backfill that met a record without a value goes on there; everything else begins again.
    if (step.kind !== 'backfill') await dialect.endStep(id, 'failed', clock.now()).catch(() => {})
    throw error
  }
  await dialect.endStep(id, 'done', clock.now())
  await tell(rows, true)
  return rows
}

function fillRunOf({ dialect, clock, model, options }: Run, { stored }: Seen, step: Extract<Step, { readonly fill: Fill }>) {
  return {
    dialect,
    clock,
    collection: storedModel(model, stored, dialect).find(step.fill.collection)!,
    fill: step.fill,
    columns: columnsOf(stored, step.table),
    isShared: !options.isStopped,
    ...(step.kind === 'backfill' ? {} : { since: step.since }),
  }
}

function placeOf(cut: JournalRow | undefined) {
  return { cursor: cut?.cursor ?? null, rowsBefore: cut?.rows ?? 0 }
}

/** A new column begins its backfill anew, whatever a given-up attempt at the same name left in the journal. */
async function endStale(
  { dialect, clock }: Run,
  journal: readonly JournalRow[],
  step: Extract<Step, { kind: 'addColumn' }>,
): Promise<void> {
  const isStale = ({ key, state }: JournalRow) => {
    const [kind, place] = key.split(' ')
    return state === 'running' && kind === 'backfill' && `${step.table}.${step.column.name}`.startsWith(place!)
  }
  for (const row of journal.filter(isStale)) await dialect.endStep(row.id, 'failed', clock.now())
}
