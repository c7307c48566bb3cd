/**
 * `npm test`: every layer of tests in order, each file in a process of its own, two at a time; while the last file of a
 * layer runs the next one begins. Ends with a table
 * and, as the very last line, `N passed, N failed`. Exit 1 when anything failed or a layer ran no test at all.
 * `--only unit,api` runs some layers; `--root FOLDER` those of another tree, which is how this file is tested.
 *
 * A layer runs once for each database of `DATABASES`, with the files that run on it: all of `conformance` and
 * `api`, and elsewhere those that say so in a line of their own, `// databases: all` (`server`, or names).
 * SQLite runs everything. Without `DATABASES` it is what npm alone brings, and in CI all there are. What takes long on a
 * database, or proves on MySQL only what it proves on MariaDB by the same adapter, says `// slow: mongodb, mysql` and
 * runs there with `--full` alone; the table counts it as left out.
 */
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { run } from 'node:test'
import { type DatabaseName, selectedDatabases, startFor, whyNotAvailable } from '../test/support/databases.ts'
import { namesBelow } from './source-files.ts'

const words = process.argv.slice(2)
const root = resolve(wordAfter('--root') ?? join(import.meta.dirname, '..'))
const fileMs = 15 * 60_000
const isFull = words.includes('--full')
/** Too slow for every run: `file on database`. */
const leftOut: string[] = []

/** One layer on one database; `database` is null where none is touched. */
type Row = { readonly layer: string; readonly files: readonly string[]; readonly database: DatabaseName | null }
type Result = {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
  readonly database?: string
  readonly note?: string
}

const beside = ['src', 'client/src', 'console/src', 'scripts', 'bench', 'examples']
const folders = ['conformance', 'api', 'faults', 'simulation', 'attacks', 'browser']
/** Layers whose every file runs on every database. */
const onAll = ['conformance', 'api', 'attacks']

/** The layers there are. A folder that is not there is no layer; one that is there and empty fails. */
function rowsOf(selected: readonly DatabaseName[]): Row[] {
  const testsIn = (folder: string) => namesBelow(root, folder, '.test.ts')
  const unit = { layer: 'unit', files: beside.flatMap(testsIn), database: null }
  const rest = folders.filter((name) => isThere(join(root, 'test', name)))
  return [
    unit,
    ...rest.flatMap((layer) => {
      const files = testsIn(`test/${layer}`)
      const rows = selected.map((database) => ({ layer, files: files.filter((file) => runsOn(database, file, layer)), database }))
      // A file that no selected database runs is none of this run's; a folder without a file is a mistake.
      return files.length === 0 ? rows.slice(0, 1) : rows.filter((row) => row.files.length > 0)
    }),
  ]
}

function runsOn(database: DatabaseName, file: string, layer: string): boolean {
  const text = readFileSync(join(root, file), 'utf8')
  const [, slow] = /^\/\/ slow: ([\w, ]+)$/m.exec(text) ?? []
  if (!isFull && slow?.split(/, */).includes(database)) {
    leftOut.push(`${file} on ${database}`)
    return false
  }
  const [, said] = /^\/\/ databases: ([\w, ]+)$/m.exec(text) ?? []
  if (said === undefined) return database === 'sqlite' || onAll.includes(layer)
  if (said === 'all') return true
  return said === 'server' ? database !== 'sqlite' : said.split(/, */).includes(database)
}

async function main(): Promise<number> {
  const selected = selectedDatabases()
  const rows = rowsOf(selected)
  const wanted = wordAfter('--only')?.split(',') ?? null
  const unknown = wanted?.find((name) => !rows.some(({ layer }) => layer === name))
  if (unknown !== undefined) {
    console.error(`There is no layer "${unknown}". There are ${[...new Set(rows.map(({ layer }) => layer))].join(', ')}.`)
    return 2
  }
  const running: Promise<{ row: Row; result: Result }>[] = []
  for (const row of rows.filter(({ layer }) => wanted === null || wanted.includes(layer))) {
    // Not more than one row before it is still under way, with one file.
    await Promise.all(running.slice(0, -1))
    console.log(`\n${titleOf(row)}: ${row.files.length} files`)
    await new Promise<void>((nextMayBegin) => {
      const result = runRow(row, { DATABASES: row.database ?? selected.join(',') }, nextMayBegin).finally(nextMayBegin)
      running.push(result.then((of) => ({ row, result: of })))
      // Told when all are waited for.
      running.at(-1)!.catch(() => {})
    })
  }
  const results = await Promise.all(running)
  console.log(`\n${table(results)}\n`)
  if (leftOut.length > 0) console.log(`Left for --full: ${leftOut.join(', ')}`)
  for (const { row, result } of results) if (result.note) console.log(`${titleOf(row)}: ${result.note}`)
  const sum = (name: 'passed' | 'failed' | 'skipped') => results.reduce((total, { result }) => total + result[name], 0)
  const failed = sum('failed')
  console.log(`${sum('passed')} passed, ${failed} failed${sum('skipped') === 0 ? '' : `, ${sum('skipped')} skipped`}`)
  return failed === 0 ? 0 : 1
}

function titleOf({ layer, database }: Row): string {
  return database === null || database === 'sqlite' ? layer : `${layer} on ${database}`
}

async function runRow(row: Row, environment: Environment, isNearEnd: () => void): Promise<Result> {
  const { layer, files, database } = row
  const notRun = (note: string, isRequired: boolean) => {
    return { passed: 0, failed: isRequired ? 1 : 0, skipped: isRequired ? 0 : files.length, seconds: 0, note: `NOT RUN, because ${note}.` }
  }
  const isCi = process.env['CI'] === 'true'
  if (layer === 'browser' && !hasChromium())
    return notRun('there is no Chromium here. Install it (apt-get install chromium) to run these tests', isCi)
  const missing = database === null ? null : whyNotAvailable(database)
  // What was asked for by name has to be there, and in CI everything.
  if (missing !== null) return { ...notRun(missing, isCi || isAsked), database: database! }
  const server = database === null ? null : await serverOf(database)
  const result = { ...(await runFiles(row, environment, isNearEnd)), ...(server ? { database: server } : {}) }
  return result.passed + result.failed > 0 ? result : { ...result, failed: 1, note: 'no test ran: that is a failure, not a success.' }
}

const isAsked = Boolean(process.env['DATABASES'])
const started = new Map<DatabaseName, Promise<string>>()

/** Starts it for the first row that needs it; the files are told where it is. It ends with this process. @returns product and version */
function serverOf(name: DatabaseName): Promise<string> {
  const start = async () => {
    const { product, version, url } = await startFor(name)
    const known = JSON.parse(process.env['TEST_SERVERS'] ?? '{}') as Record<string, string>
    if (url !== null) process.env['TEST_SERVERS'] = JSON.stringify({ ...known, [name]: url })
    return `${product} ${version}`
  }
  if (!started.has(name)) started.set(name, start())
  return started.get(name)!
}

type Environment = Readonly<Record<string, string>>

/** Runs test files and tells each as it ends; a failure is told in full. `isNearEnd` is called when one is left. */
function runFiles({ files, database }: Row, environment: Environment, isNearEnd: () => void): Promise<Result> {
  const startedAt = performance.now()
  if (files.length === 0) return Promise.resolve({ passed: 0, failed: 0, skipped: 0, seconds: 0 })
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const broken = new Set<string>()
  const told = new Set<string>()
  const stream = run({
    files: files.map((file) => join(root, file)),
    concurrency: 2,
    env: { ...process.env, ...environment },
    timeout: fileMs,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  stream.on('test:fail', ({ name, file, line, details }) => {
    // A file or a suite fails because of what is in it: the inner test is told, the wrapping is not.
    const cause = details.error as Error & { failureType?: string }
    if (cause.failureType === 'subtestsFailed') return
    if (file !== undefined) broken.add(file)
    console.log(`  FAILED ${shortOf(file)}${line === undefined ? '' : `:${line}`} ${name}\n${indent(textOf(cause))}`)
  })
  // Comes as files end, unlike what is told of them: that keeps the order of the files.
  let left = files.length
  stream.on('test:complete', ({ name, file }) => {
    if (name === file && --left <= 1) isNearEnd()
  })
  stream.on('test:stdout', ({ message }) => void process.stdout.write(message))
  stream.on('test:stderr', ({ message }) => void process.stderr.write(message))
  return new Promise((resolve, reject) => {
    stream.on('error', reject)
    stream.on('test:summary', ({ file, counts: all, duration_ms: durationMs }) => {
      const failed = all.tests - all.passed - all.skipped - all.todo
      const seconds = durationMs / 1000
      if (file !== undefined) {
        told.add(file)
        const where = database === null ? '' : `, ${database}`
        console.log(
          `  ${failed > 0 || broken.has(file) ? 'FAILED' : 'ok    '} ${shortOf(file)} (${all.passed} of ${all.tests}, ${seconds.toFixed(1)} s${where})`,
        )
        return
      }
      counts.passed = all.passed
      counts.failed = failed
      counts.skipped = all.skipped + all.todo
    })
    stream.on('end', () => {
      // The runner counts a file that holds no test as one that passed.
      const empty = files.map((file) => join(root, file)).filter((file) => !told.has(file) && !broken.has(file))
      for (const file of empty) console.log(`  FAILED ${shortOf(file)}: no test ran`)
      counts.passed -= empty.length
      counts.failed += empty.length
      resolve({ ...counts, seconds: (performance.now() - startedAt) / 1000 })
    })
    stream.resume()
  })
}

function wordAfter(option: string): string | undefined {
  const at = words.indexOf(option)
  return at < 0 ? undefined : words[at + 1]
}

function table(results: readonly { row: Row; result: Result }[]): string {
  const head = ['layer', 'database', 'files', 'passed', 'failed', 'skipped', 'seconds']
  const rows = results.map(({ row: { layer, files }, result: { passed, failed, skipped, seconds, database } }) => [
    layer,
    database ?? '-',
    ...[files.length, passed, failed, skipped].map(String),
    seconds.toFixed(1),
  ])
  const widths = head.map((title, index) => Math.max(title.length, ...rows.map((row) => row[index]!.length)))
  return [head, ...rows]
    .map((row) => row.map((cell, index) => (index < 2 ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!))).join('  '))
    .join('\n')
}

/** `CHROMIUM` names another one. */
function hasChromium(): boolean {
  const { CHROMIUM, PATH = '' } = process.env
  const places = CHROMIUM ? [CHROMIUM] : ['/usr/bin/chromium', ...PATH.split(delimiter).map((folder) => join(folder, 'chromium'))]
  return places.some((path) => isThere(path, constants.X_OK))
}

function isThere(path: string, mode = constants.F_OK): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

function textOf(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error
  // A property that failed tells its seed, and what it found is its cause.
  const found = cause.cause instanceof Error ? `\n${cause.cause.message}` : ''
  return (cause.stack ?? cause.message) + found
}

function shortOf(file: string | undefined): string {
  return (file ?? '').replace(`${root}/`, '')
}

function indent(text: string): string {
  return text.replace(/^/gm, '      ')
}

process.exitCode = await main().catch((error: Error) => {
  console.error(error.message)
  return 2
})
