/**
 * `npm test`: every layer of tests, each file in a process of its own, two at a time. One queue holds the files of all layers,
 * in their order, so that no core waits for the end of a layer. What takes long says `// long` in a line of its own and begins
 * before the others, or the run would end with it alone. What mostly waits says `// waits`: it runs from the start on, beside
 * the two, in a third place, which then takes from the end of the queue: browsers and processes leave a core idle half of their time.
 * What a file prints is told when it has ended. Ends with a table, where `seconds` adds up the files of a row, and, as
 * the very last line, `N passed, N failed`. Exit 1 when anything failed or a layer ran no test at all.
 * `--only unit,api` runs some layers; `--root FOLDER` those of another tree, which is how this file is tested.
 *
 * A layer runs once for each database of `DATABASES`, with the files that run on it: all of `conformance` and
 * `api`, and elsewhere those that say so in a line of their own, `// databases: all` (`server`, or names).
 * SQLite runs everything. Without `DATABASES` it is what npm alone brings, of PostgreSQL the conformance of its adapter alone, so that a
 * run takes minutes; in CI and with `--full` all there are run all of it. What takes long on a
 * database, or proves on MySQL only what it proves on MariaDB by the same adapter, says `// slow: mongodb, mysql` and
 * runs there with `--full` alone; the table counts it as left out. What a person need not wait for before each commit says `// ci`
 * and runs in CI and with `--full`.
 *
 * What Node makes of the sources is kept in `node_modules/.cache`: hundreds of processes load the same ones.
 */
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { run } from 'node:test'
import { type DatabaseName, selectedDatabases, startFor, whyNotAvailable } from '../test/support/databases.ts'
import { scansOnPostgres } from '../test/support/postgres-plans.ts'
import { namesBelow } from './source-files.ts'

const words = process.argv.slice(2)
const root = resolve(wordAfter('--root') ?? join(import.meta.dirname, '..'))
const fileMs = 15 * 60_000
/** As the command line does for its users; a file is known by what is in it. */
const compileCache = join(root, 'node_modules/.cache/kingpost')
const quickImports = join(root, 'test/support/quick-imports.ts')
/** Refuses statements that look at every row of a table. */
const planWatch = join(root, 'test/support/watch-plans.ts')
/** What the files on PostgreSQL have asked it for. */
const statements = isThere(planWatch) ? mkdtempSync(join(tmpdir(), 'kingpost-statements-')) : null
if (statements !== null) process.on('exit', () => rmSync(statements, { recursive: true, force: true }))
const isFull = words.includes('--full')
/** Too slow for every run: `file on database`. */
const leftOut: string[] = []

/** One layer on one database; `database` is null where none is touched. */
type Row = { readonly layer: string; readonly files: readonly string[]; readonly database: DatabaseName | null }
type Job = { readonly row: Row; readonly file: string }
type Result = {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
  readonly database?: string
  readonly note?: string
}

const beside = ['src', 'client/src', 'console/src', 'scripts', 'bench', 'examples', 'templates']
const folders = ['conformance', 'api', 'faults', 'simulation', 'attacks', 'browser']
/** Layers whose every file runs on every database. */
const onAll = ['conformance', 'api', 'attacks']
const isAsked = Boolean(process.env['DATABASES'])
const isCi = process.env['CI'] === 'true'
/** Whether a layer runs on the servers that npm alone brings: a person waits for what is no CI, and names what is to be looked at closer. */
const isWhole = (layer: string) => isFull || isCi || isAsked || layer === 'conformance'

/** The layers there are. A folder that is not there is no layer; one that is there and empty fails. */
function rowsOf(selected: readonly DatabaseName[]): Row[] {
  const testsIn = (folder: string) => namesBelow(root, folder, '.test.ts')
  const unit = { layer: 'unit', files: beside.flatMap(testsIn).filter(isNotLeft), database: null }
  const rest = folders.filter((name) => isThere(join(root, 'test', name)))
  return [
    unit,
    ...rest.flatMap((layer) => {
      const files = testsIn(`test/${layer}`)
      const rows = selected
        .filter((database) => database === 'sqlite' || isWhole(layer))
        .map((database) => ({ layer, files: files.filter((file) => runsOn(database, file, layer)), database }))
      // A file that no selected database runs is none of this run's; a folder without a file is a mistake.
      return files.length === 0 ? rows.slice(0, 1) : rows.filter((row) => row.files.length > 0)
    }),
  ]
}

/** Whether it is run here: what says `// ci` is left for it. */
function isNotLeft(file: string): boolean {
  const isLeft = !isFull && !isCi && /^\/\/ ci$/m.test(readFileSync(join(root, file), 'utf8'))
  if (isLeft && !leftOut.includes(file)) leftOut.push(file)
  return !isLeft
}

function runsOn(database: DatabaseName, file: string, layer: string): boolean {
  if (!isNotLeft(file)) return false
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
  const results = await runRows(
    rows.filter(({ layer }) => wanted === null || wanted.includes(layer)),
    selected,
  )
  if (statements !== null && started.has('postgres')) results.push(await plansOnPostgres(statements, results))
  console.log(`\n${table(results)}\n`)
  const isPart = selected.some((database) => database !== 'sqlite') && folders.some((layer) => !isWhole(layer))
  if (isPart) console.log('Left for CI=true, DATABASES=postgres or --full: all but conformance on PostgreSQL.')
  if (leftOut.length > 0) console.log(`Left for ${isCi ? '' : 'CI=true or '}--full: ${leftOut.join(', ')}`)
  for (const { row, result } of results) if (result.note) console.log(`${titleOf(row)}: ${result.note}`)
  const sum = (name: 'passed' | 'failed' | 'skipped') => results.reduce((total, { result }) => total + result[name], 0)
  const failed = sum('failed')
  console.log(`Took ${(performance.now() / 1000).toFixed(0)} s.`)
  console.log(`${sum('passed')} passed, ${failed} failed${sum('skipped') === 0 ? '' : `, ${sum('skipped')} skipped`}`)
  return failed === 0 ? 0 : 1
}

function titleOf({ layer, database }: Row): string {
  return database === null || database === 'sqlite' ? layer : `${layer} on ${database}`
}

async function runRows(rows: readonly Row[], selected: readonly DatabaseName[]): Promise<{ row: Row; result: Result }[]> {
  const jobs = rows.filter((row) => whyNot(row) === null).flatMap((row) => row.files.map((file) => ({ row, file })))
  const waiting = jobs.filter(says('waits'))
  const computing = jobs.filter((job) => !says('waits')(job))
  const queue = [...computing.filter(says('long')), ...computing.filter((job) => !says('long')(job))]
  const results = new Map<Row, Result[]>(rows.map((row) => [row, []]))
  const work = async (next: () => Job | undefined) => {
    for (let job = next(); job !== undefined; job = next()) {
      const { row } = job
      const database = row.database === null ? {} : { database: await serverOf(row.database) }
      results.get(row)!.push({ ...(await runFile(job, environmentOf(row, selected))), ...database })
    }
  }
  const first = () => queue.shift()
  await Promise.all([work(first), work(first), work(() => waiting.shift() ?? queue.pop())])
  return rows.map((row) => ({ row, result: whyNot(row) ?? sumOf(results.get(row)!) }))
}

function environmentOf({ database }: Row, selected: readonly DatabaseName[]): Environment {
  return {
    DATABASES: database ?? selected.join(','),
    ...(database === 'postgres' && statements !== null ? { TEST_STATEMENTS: statements } : {}),
  }
}

/** Once all files have ended: asking beside them would hold locks. A run of the API that noted nothing was not watched. */
async function plansOnPostgres(folder: string, results: readonly { readonly row: Row }[]): Promise<{ row: Row; result: Result }> {
  const from = performance.now()
  const { looked, scans } = await scansOnPostgres(folder)
  for (const scan of scans)
    console.log(`  FAILED a statement looks at every row of a table on PostgreSQL (test/support/postgres-plans.ts):\n${indent(scan)}\n`)
  const isBlind = looked === 0 && results.some(({ row }) => row.layer === 'api' && row.database === 'postgres')
  const failed = scans.length + (isBlind ? 1 : 0)
  const seconds = (performance.now() - from) / 1000
  const note = isBlind ? 'no statement was noted: nothing was looked at.' : `${looked} statements were looked at.`
  const result = { passed: failed === 0 ? 1 : 0, failed, skipped: 0, seconds, database: 'postgres', note }
  return { row: { layer: 'plans', files: [], database: 'postgres' }, result }
}

function says(word: string): (job: Job) => boolean {
  const line = new RegExp(`^// ${word}$`, 'm')
  return ({ file }) => line.test(readFileSync(join(root, file), 'utf8'))
}

/** Null when the row can be run; else what it counts as. */
function whyNot({ layer, files, database }: Row): Result | null {
  const notRun = (note: string, isRequired: boolean) => {
    return { passed: 0, failed: isRequired ? 1 : 0, skipped: isRequired ? 0 : files.length, seconds: 0, note: `NOT RUN, because ${note}.` }
  }
  if (layer === 'browser' && !hasChromium())
    return notRun('there is no Chromium here. Install it (apt-get install chromium) to run these tests', isCi)
  const missing = database === null ? null : whyNotAvailable(database)
  // What was asked for by name has to be there, and in CI everything.
  return missing === null ? null : { ...notRun(missing, isCi || isAsked), database: database! }
}

function sumOf(results: readonly Result[]): Result {
  const sum = (name: 'passed' | 'failed' | 'skipped' | 'seconds') => results.reduce((total, result) => total + result[name], 0)
  const all = { ...results[0], passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), seconds: sum('seconds') }
  return all.passed + all.failed > 0 ? all : { ...all, failed: 1, note: 'no test ran: that is a failure, not a success.' }
}

const started = new Map<DatabaseName, Promise<string>>()

/** Starts it for the first file that needs it; the files are told where it is. It ends with this process. @returns product and version */
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

/** Runs one test file and tells of it when it has ended: what it printed, then each failure in full. */
function runFile({ row: { database }, file }: Job, environment: Environment): Promise<Result> {
  const counts = { passed: 0, failed: 0, skipped: 0, seconds: 0 }
  const told: string[] = []
  let isTold = false
  const stream = run({
    files: [join(root, file)],
    env: { NODE_COMPILE_CACHE: compileCache, ...process.env, ...environment },
    timeout: fileMs,
    execArgv: [
      '--disable-warning=ExperimentalWarning',
      // Beside the sources stand tests of how sources are loaded.
      ...[...(file.startsWith('test/') ? [quickImports] : []), planWatch].filter((path) => isThere(path)).map((path) => `--import=${path}`),
    ],
  })
  const fails: string[] = []
  stream.on('test:fail', ({ name, line, details }) => {
    // A file or a suite fails because of what is in it: the inner test is told, the wrapping is not.
    const cause = details.error as Error & { failureType?: string }
    if (cause.failureType === 'subtestsFailed') return
    fails.push(`  FAILED ${file}${line === undefined ? '' : `:${line}`} ${name}\n${indent(textOf(cause))}\n`)
  })
  stream.on('test:stdout', ({ message }) => void told.push(message))
  stream.on('test:stderr', ({ message }) => void told.push(message))
  return new Promise((resolve, reject) => {
    stream.on('error', reject)
    stream.on('test:summary', ({ file: ofFile, counts: all, duration_ms: durationMs }) => {
      counts.passed = all.passed
      counts.failed = all.tests - all.passed - all.skipped - all.todo
      counts.skipped = all.skipped + all.todo
      counts.seconds = durationMs / 1000
      isTold ||= ofFile !== undefined
    })
    stream.on('end', () => {
      // The runner counts a file that holds no test as one that passed.
      if (!isTold && fails.length === 0) {
        fails.push(`  FAILED ${file}: no test ran\n`)
        counts.passed--
        counts.failed++
      }
      const word = counts.failed > 0 ? 'FAILED' : 'ok    '
      const all = counts.passed + counts.failed + counts.skipped
      const where = database === null ? '' : `, ${database}`
      const line = `  ${word} ${file} (${counts.passed} of ${all}, ${counts.seconds.toFixed(1)} s${where})\n`
      process.stdout.write([...told, ...fails, line].join(''))
      resolve(counts)
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

function indent(text: string): string {
  return text.replace(/^/gm, '      ')
}

process.exitCode = await main().catch((error: Error) => {
  console.error(error.message)
  return 2
})
