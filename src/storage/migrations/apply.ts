// Carrying out a plan, one step at a time: look, plan, journal, do, look again. A run that dies anywhere is
// begun again from what the database then looks like. Invariants: one migrator at a time; nothing is changed
// while something stands in the way; nothing is dropped unasked.

import { assert } from '../../base/assert.ts'
import { type Clock, sleep } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import type { Model } from '../../schema/model.ts'
import type { Kinds, RowQuery, SchemaDialect } from './dialect.ts'
import { findObstacles, runFill } from './fill.ts'
import { adoptedKinds, kindsAfter, kindsBefore, prunedKinds, withKinds } from './kinds.ts'
import { valuesLooks } from './look-through.ts'
import { type Plan, planMigration } from './plan.ts'
import type { Fill, Step } from './steps.ts'
import { type JournalRow, type StoredSchema, storedModel } from './stored-schema.ts'

export type MigrationParts = {
  readonly dialect: SchemaDialect
  readonly model: Model
  readonly clock: Clock
  /** Called while records are looked through for what stands in the way, which reads all of them. */
  onLook?(look: Look): void
}

type Looking = Omit<MigrationParts, 'clock'>

/** `rows`: read so far. `total`: about how many there are. */
export type Look = { readonly table: string; readonly rows: number; readonly total: number }

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
  /** How long another migrator may take to let go. A killed one keeps its place until its server has ended the statement. */
  readonly patienceMs?: number
  /** Called once, when another migrator is at work. */
  onWait?(): void
  /** Called once, when all is checked and before the first change. */
  onBegin?(): void | Promise<void>
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

type FillStep = Extract<Step, { readonly fill: Fill }>

type Seen = Plan & { readonly stored: StoredSchema; readonly journal: readonly JournalRow[]; readonly kinds: Kinds }

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
  const fresh = seen.steps.filter((step): step is FillStep => 'fill' in step && isFresh(step, seen.journal))
  for (const group of groupsOf(fresh))
    sentences.push(
      ...(await fillObstacles(
        parts,
        seen.stored,
        group.map(({ fill }) => fill),
      )),
    )
  sentences.push(...(await valuesObstacles(parts, seen.stored, seen.steps)))
  for (const step of seen.steps) if (step.kind !== 'checkValues') sentences.push(...(await constraintObstacles(parts, seen.stored, step)))
  return sentences
}

async function valuesObstacles({ dialect, model, onLook }: Looking, stored: StoredSchema, steps: readonly Step[]): Promise<string[]> {
  const sentences: string[] = []
  for (const look of valuesLooks(steps, { model, stored, types: dialect })) {
    for (let query = look.next(); query !== null; query = look.next()) {
      onLook?.({ table: query.table, rows: look.rows, total: stored.tables.get(query.table)!.rows })
      look.add(await dialect.readRows(query))
    }
    sentences.push(...look.sentences())
  }
  return sentences
}

/** Of one table, and of the same rows: what can be done in one pass. */
function groupsOf(steps: readonly FillStep[]): FillStep[][] {
  const groups = new Map<string, FillStep[]>()
  for (const step of steps) {
    // Of those that fill what is empty each has rows of its own.
    const key = step.fill.rows === 'all' ? step.table : step.key
    groups.set(key, [...(groups.get(key) ?? []), step])
  }
  return [...groups.values()]
}

function isFresh(step: Step, journal: readonly JournalRow[]): boolean {
  return isResumable(step) && !journal.some(({ key, state }) => key === step.key && state === 'running')
}

async function fillObstacles(
  { dialect, model, clock, onLook }: MigrationParts,
  stored: StoredSchema,
  all: readonly Fill[],
): Promise<string[]> {
  // Of any text there are words.
  const fills = all.filter(({ source, columns }) => source.from !== 'constant' && columns[0]!.kind !== 'words')
  if (fills.length === 0) return []
  const { table, collection: name } = fills[0]!
  const collection = storedModel(model, stored, dialect).find(name)!
  // Columns that are yet to be made cannot be asked for empty values.
  const isThere = fills.every(({ columns }) => columns.every((column) => stored.tables.get(table)!.columns.has(column.name)))
  const asked = isThere ? fills : fills.map((fill) => ({ ...fill, rows: 'all' as const }))
  const total = stored.tables.get(table)!.rows
  const onRows = (rows: number) => onLook?.({ table, rows, total })
  const found = await findObstacles({ dialect, clock, collection, fills: asked, columns: columnsOf(stored, table) }, onRows)
  return [...new Set(found.map(({ fill }) => fill.field))].map((field) => {
    const own = found.filter(({ fill }) => fill.field === field)
    const list = own.map(({ id, value, why }) => `  ${id}: ${JSON.stringify(value)} ${why}`)
    const more = found.length === limits.migrationObstaclesMax ? ' (the first ones)' : ''
    return `${table}.${field} cannot be filled for these records${more}. Correct them, or give the field a backfill:\n${list.join('\n')}`
  })
}

function columnsOf(stored: StoredSchema, table: string): RowQuery['columns'] {
  return [...stored.tables.get(table)!.columns.values()]
}

async function constraintObstacles(looking: Looking, stored: StoredSchema, step: Step): Promise<string[]> {
  const { dialect, onLook } = looking
  const table = stored.tables.get(step.table)
  const columns = table?.columns
  if (step.kind === 'checkValues') return await valuesObstacles(looking, stored, [step])
  if (step.kind === 'createIndex' && step.index.isUnique) {
    const names = step.index.columns.map(({ name }) => name)
    if (!names.every((name) => columns?.has(name))) return []
    onLook?.({ table: step.table, rows: 0, total: table!.rows })
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

/** @throws MigrationRefused, and Error when another migrator is at work for longer than the patience */
export async function applyMigration(parts: MigrationParts, options: ApplyOptions): Promise<Applied> {
  const release = await takeTurn(parts, options)
  try {
    await parts.dialect.prepare()
    const first = await lookAt(parts)
    await endUnnoted(parts, first)
    const obstacles = await obstaclesOf(parts, first)
    if (obstacles.length > 0) throw new MigrationRefused(obstacles)
    return await runSteps({ ...parts, options }, first)
  } finally {
    await release()
  }
}

async function takeTurn({ dialect, clock }: MigrationParts, { patienceMs = 0, onWait }: ApplyOptions): Promise<() => Promise<void>> {
  const until = clock.monotonic() + patienceMs
  for (let turn = 0; ; turn++) {
    const release = await dialect.lock()
    if (release !== null) return release
    if (clock.monotonic() >= until)
      throw new Error('Another migration of this database is under way. Wait until it has ended; nothing was changed.')
    if (turn === 0) onWait?.()
    await sleep(clock, 500)
  }
}

/** What was done when its run was cut short, but not noted as done: it is not planned any more. */
async function endUnnoted({ dialect, clock }: MigrationParts, { journal, steps }: Seen): Promise<void> {
  const planned = new Set(steps.map(({ key }) => key))
  for (const { id, key, state } of journal) if (state === 'running' && !planned.has(key)) await dialect.endStep(id, 'done', clock.now())
}

type Run = MigrationParts & { readonly options: ApplyOptions }

async function runSteps(run: Run, first: Seen): Promise<Applied> {
  const done: Step[] = []
  let rows = 0
  for (let seen = first; ; seen = await lookAt(run)) {
    if (seen.problems.length > 0) throw new MigrationRefused(seen.problems)
    const step = seen.steps.find((one) => isAllowed(one, seen.steps, run.options))
    if (step !== undefined && done.length === 0) await run.options.onBegin?.()
    if (step === undefined) {
      await run.dialect.writeKinds(seen.kinds)
      return { done, waiting: seen.steps, rows }
    }
    // A backfill of empty values is planned again when the old version has left more of them.
    // An index of words goes with the old name of its table, and is made again under the new one.
    const isRepeatable = step.kind === 'backfill' || (step.kind === 'createIndex' && step.index.isSearch)
    const times = done.filter(({ key }) => key === step.key).length
    assert(times === 0 || isRepeatable, `the step took no effect: ${step.key}`)
    if (step.kind === 'backfill' && times === limits.migrationPassesMax)
      throw new MigrationRefused([
        `${times} times in a row there were new records without ${step.table}.${step.fill.field}: servers of the version before still write them. ` +
          'Stop them, then run kingpost migrate apply again: it continues here.',
      ])
    const obstacles = done.length === 0 ? [] : await constraintObstacles(run, seen.stored, step)
    if (obstacles.length > 0) throw new MigrationRefused(obstacles)
    const together = companionsOf(seen, step)
    rows += await runStep(run, seen, together)
    done.push(...together)
  }
}

/** Backfills of one table that stand at the same place go through it together. */
function companionsOf({ steps, journal, stored }: Seen, step: Step): Step[] {
  if (step.kind !== 'backfill' || step.fill.rows !== 'all') return [step]
  const place = cutOf(journal, step)?.cursor ?? null
  const columns = stored.tables.get(step.table)!.columns
  return steps.filter(
    (other) =>
      other.kind === 'backfill' &&
      other.table === step.table &&
      other.fill.rows === 'all' &&
      (other.fill.columns[0]!.kind === 'words') === (step.fill.columns[0]!.kind === 'words') &&
      (cutOf(journal, other)?.cursor ?? null) === place &&
      other.fill.columns.every(({ name }) => columns.has(name)),
  )
}

function cutOf(journal: readonly JournalRow[], step: Step): JournalRow | undefined {
  return isResumable(step) ? journal.findLast(({ key, state }) => key === step.key && state === 'running') : undefined
}

/** One step, or several backfills in one pass. Answers the rows it went through. */
async function runStep(run: Run, seen: Seen, together: readonly Step[]): Promise<number> {
  const { dialect, clock, options } = run
  const step = together[0]!
  const startedAt = clock.monotonic()
  const tell = async (rows: number, isDone: boolean) => {
    const seconds = Math.max(0.001, (clock.monotonic() - startedAt) / 1000)
    for (const one of isDone ? together : [step])
      await options.onProgress?.({ step: one, rows, perSecond: Math.round(rows / seconds), isDone })
  }
  if (step.kind === 'addColumn') await endStale(run, seen.journal, step)
  const cut = cutOf(seen.journal, step)
  const ids: number[] = []
  for (const one of together) ids.push(cutOf(seen.journal, one)?.id ?? (await dialect.beginStep(one.key, options.by, clock.now())))
  let rows = 0
  try {
    if ('fill' in step) {
      const fills = together.flatMap((one) => ('fill' in one ? [one.fill] : []))
      rows = await runFill({
        ...fillRunOf(run, seen, step),
        ...placeOf(cut),
        fills,
        journalIds: ids,
        onBatch: (count) => tell(count, false),
      })
    }
    const before = kindsBefore(seen.kinds, step)
    await dialect.writeKinds(before)
    if (step.kind !== 'backfill' && step.kind !== 'catchUp') await dialect.run(step)
    await dialect.writeKinds(kindsAfter(before, step, options.isStopped))
  } catch (error) {
    // A backfill that met a record without a value continues there; everything else begins again.
    if (!isResumable(step)) await dialect.endStep(ids[0]!, 'failed', clock.now()).catch(() => {})
    throw error
  }
  for (const id of ids) await dialect.endStep(id, 'done', clock.now())
  await tell(rows, true)
  return rows
}

/** It continues after the place the journal notes. A catch-up begins again: the version before may have written since. */
function isResumable({ kind }: Step): boolean {
  return kind === 'backfill' || kind === 'convertColumn'
}

function fillRunOf({ dialect, clock, model, options }: Run, { stored }: Seen, step: Extract<Step, { readonly fill: Fill }>) {
  return {
    dialect,
    clock,
    collection: storedModel(model, stored, dialect).find(step.fill.collection)!,
    columns: columnsOf(stored, step.table),
    isShared: !options.isStopped,
    ...('since' in step ? { since: step.since } : {}),
  }
}

function placeOf(cut: JournalRow | undefined) {
  return { cursor: cut?.cursor ?? null, rowsBefore: cut?.rows ?? 0 }
}

/** A new column starts its backfill again, whatever a given-up attempt at the same name left in the journal. */
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
