// `kingpost migrate plan` shows what the database needs to fit the model; `kingpost migrate apply` does what the
// words allow. It never asks: what is not allowed is told with the words that allow it.
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock, toIso } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import {
  type Applied,
  applyMigration,
  type Look,
  lookAt,
  type MigrationParts,
  obstaclesOf,
  type Progress,
} from '../storage/migrations/apply.ts'
import { estimateMs } from '../storage/migrations/estimate.ts'
import { describeStep, type Phase, type Step } from '../storage/migrations/steps.ts'
import { nameOf, placeOf, refuseBeside } from './database.ts'
import { compileConfig, loadConfig } from './load-config.ts'
import { openSchema, tryLockFolder } from './open-storage.ts'
import { makeFolder } from './private-files.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

const headings: Readonly<Record<Phase, string>> = {
  expand: 'Beside running servers: kingpost migrate apply',
  switch: 'Once every server is stopped: kingpost migrate apply --stopped',
  contract: 'Once the version before is gone for good: kingpost migrate apply --contract',
}

/** 0 when it is shown or done, 1 when something stands in the way. @throws Error with sentences for people */
export async function migrate(settings: ProcessSettings): Promise<number> {
  const [word] = settings.rest
  if (word !== 'plan' && word !== 'apply')
    throw new UsageError('Type kingpost migrate plan to see what is needed, kingpost migrate apply to do it.')
  const backend = compileConfig(await loadConfig(settings.configPath), {
    publicUrl: settings.publicUrl ?? `http://localhost:${settings.port}`,
    isDevelopment: settings.isDevelopment,
  })
  const dialect = await openSchema(settings)
  // The clock's pauses do not keep a process alive.
  const alive = setInterval(() => {}, 60_000)
  try {
    const parts = { dialect, model: backend.model, clock: systemClock, onLook: settings.isJson ? () => {} : showLook }
    return word === 'plan' ? await showPlan(parts, settings) : await apply(parts, settings)
  } finally {
    clearLine()
    clearInterval(alive)
    await dialect.close()
  }
}

async function showPlan(parts: MigrationParts, settings: ProcessSettings): Promise<number> {
  const seen = await lookAt(parts)
  const obstacles = await obstaclesOf(parts, seen)
  const steps = seen.steps.map((step) => ({
    what: describeStep(step),
    phase: step.phase,
    isDestructive: step.isDestructive,
    isNeeded: step.isNeeded,
    rows: step.rows,
    estimatedMs: Math.round(estimateMs(step)),
    statements: parts.dialect.statementsOf(step),
  }))
  if (settings.isJson) print(JSON.stringify({ product: parts.dialect.product, steps, obstacles }))
  else if (steps.length === 0 && obstacles.length === 0) print(`The database fits the model: nothing to do (${parts.dialect.product}).`)
  else {
    for (const phase of ['expand', 'switch', 'contract'] as const) {
      const own = steps.filter((step) => step.phase === phase)
      if (own.length > 0) print(`\n${headings[phase]}`)
      for (const step of own) print(stepText(step))
    }
    if (obstacles.length > 0) print(`\nIn the way:\n${obstacles.join('\n')}`)
  }
  return obstacles.length === 0 ? 0 : 1
}

type Shown = {
  readonly what: string
  readonly isDestructive: boolean
  readonly rows: number
  readonly estimatedMs: number
  readonly statements: readonly { readonly sql: string; readonly lock: string }[]
}

function stepText({ what, isDestructive, rows, estimatedMs, statements }: Shown): string {
  const touched = rows === 0 ? '' : `about ${rows.toLocaleString('en')} rows, `
  const lines = [
    `\n  ${what}`,
    `      ${touched}some ${duration(estimatedMs)} (estimate)${isDestructive ? '; DESTRUCTIVE: needs --allow-destructive' : ''}`,
    ...statements.map(({ sql, lock }) => `      ${sql}\n        ${lock}`),
  ]
  return lines.join('\n')
}

async function apply(parts: MigrationParts, settings: ProcessSettings): Promise<number> {
  const startedAt = systemClock.monotonic()
  const { migration, isJson, databaseUrl, dataFolder } = settings
  const folder = databaseUrl === null ? resolve(dataFolder) : null
  // On SQLite whoever holds the folder knows that no server runs. Elsewhere the operator says so, and those that run are looked for.
  const unlock = folder === null ? null : tryLockFolder(folder)
  if (folder !== null && unlock === null && migration.isStopped)
    throw new Error(`A server is running on ${folder}. Stop it, or leave --stopped out. Nothing was changed.`)
  if (folder === null && migration.isStopped) refuseBeside(await parts.dialect.presences(), nameOf(placeOf(settings)))
  const allowed = { ...migration, isStopped: migration.isStopped || unlock !== null }
  try {
    let backup: string | null = null
    const applied = await applyMigration(parts, {
      ...allowed,
      by: `${hostname()} ${process.pid}`,
      patienceMs: limits.migrationTurnMs,
      onWait: () => void process.stderr.write('Another migration of this database is under way. This one begins when it has ended.\n'),
      onBegin() {
        if (folder === null) return
        backup = backUp(folder)
        if (!isJson) print(`A copy of the database as it was: ${backup}`)
      },
      onProgress: isJson ? () => {} : showProgress,
    })
    const tookMs = systemClock.monotonic() - startedAt
    print(isJson ? JSON.stringify(jsonOf(applied, tookMs, backup)) : summary(applied, tookMs))
    return 0
  } finally {
    unlock?.()
  }
}

const leftCopy = /^before-migration-[\dTZ-]+\.db\.partial(?:-journal)?$/

/** All that was committed, as one file, checked after writing. */
function backUp(folder: string): string {
  const backups = join(folder, 'backups')
  makeFolder(backups)
  // One migration at a time: those that are there are of such that were killed.
  for (const left of readdirSync(backups)) if (leftCopy.test(left)) rmSync(join(backups, left), { force: true })
  const name = `before-migration-${toIso(systemClock.now()).replaceAll(/[:.]/g, '-')}.db`
  const path = join(backups, name)
  const partial = `${path}.partial`
  try {
    const source = new DatabaseSync(join(folder, 'kingpost.db'), { readOnly: true })
    source.exec('pragma busy_timeout=10000')
    source.prepare('vacuum into ?').run(partial)
    source.close()
    const copy = new DatabaseSync(partial, { readOnly: true })
    const [found] = copy.prepare('pragma integrity_check(1)').all()
    copy.close()
    if (found?.['integrity_check'] !== 'ok') throw new Error(String(found?.['integrity_check']))
    const file = openSync(partial, 'r')
    fsyncSync(file)
    closeSync(file)
    renameSync(partial, path)
    return path
  } catch (error) {
    rmSync(partial, { force: true })
    throw new Error(`No backup could be made: ${error instanceof Error ? error.message : String(error)}. Nothing was changed.`)
  }
}

let shownAt = 0
/** A line on the terminal that the next one replaces. */
let isLineOpen = false

function showLook({ table, rows, total }: Look): void {
  const read = rows === 0 ? '' : `: ${rows.toLocaleString('en')} of about ${Math.max(rows, total).toLocaleString('en')} rows`
  showLine(`      looking through ${table} for what stands in the way${read}`, false)
}

function showProgress({ step, rows, perSecond, isDone }: Progress): void {
  const percent = step.rows === 0 ? 100 : Math.min(100, Math.floor((rows / step.rows) * 100))
  const filled =
    rows === 0 ? '' : `: ${rows.toLocaleString('en')} rows${isDone ? '' : ` (${percent} %)`}, ${perSecond.toLocaleString('en')} rows/s`
  showLine(`${isDone ? 'done  ' : '      '}${describeStep(step)}${filled}`, isDone)
}

/** On a terminal one line that rewrites itself; a log gets one now and then, and one at the end of each step. */
function showLine(text: string, isDone: boolean): void {
  const isTerminal = process.stderr.isTTY
  const now = systemClock.monotonic()
  if (!isDone && now - shownAt < (isTerminal ? 100 : 2_000)) return
  shownAt = now
  isLineOpen = isTerminal && !isDone
  process.stderr.write(isTerminal ? `\r\u001b[K${text}${isDone ? '\n' : ''}` : `${text}\n`)
}

function summary({ done, waiting, rows }: Applied, tookMs: number): string {
  const filled = rows === 0 ? '' : `, ${rows.toLocaleString('en')} rows filled`
  const did =
    done.length === 0
      ? 'Nothing was to be done now'
      : `Done: ${done.length} ${done.length === 1 ? 'step' : 'steps'}${filled} in ${duration(tookMs)}`
  const words = [...new Set(waiting.map(wordFor))]
  return waiting.length === 0
    ? `${did}. The database fits the model.`
    : `${did}; ${waiting.length} more ${waiting.length === 1 ? 'waits' : 'wait'} for ${words.join(' and ')}.`
}

function wordFor(step: Step): string {
  return step.isDestructive ? '--allow-destructive' : step.phase === 'switch' ? '--stopped' : '--contract'
}

function jsonOf({ done, waiting, rows }: Applied, tookMs: number, backup: string | null) {
  return {
    done: done.map(describeStep),
    waiting: waiting.map((step) => ({ what: describeStep(step), needs: wordFor(step) })),
    rows,
    tookMs: Math.round(tookMs),
    backup,
  }
}

function duration(ms: number): string {
  return ms < 1_000 ? `${Math.max(1, Math.round(ms))} ms` : ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`
}

function clearLine(): void {
  if (isLineOpen) process.stderr.write('\r\u001b[K')
  isLineOpen = false
}

function print(text: string): void {
  clearLine()
  process.stdout.write(`${text}\n`)
}
