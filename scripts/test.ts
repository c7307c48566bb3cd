/**
 * `npm test`: every layer of tests in order, each file in a process of its own, two at a time. Ends with a table
 * and, as the very last line, `N passed, N failed`. Exit 1 when anything failed or a layer ran no test at all.
 * `--only unit,api` runs some layers; `--root FOLDER` those of another tree, which is how this file is tested.
 */
import { accessSync, constants } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { run } from 'node:test'
import { namesBelow } from './source-files.ts'

const words = process.argv.slice(2)
const root = resolve(wordAfter('--root') ?? join(import.meta.dirname, '..'))
const fileMs = 15 * 60_000

type Layer = { readonly name: string; readonly files: readonly string[]; readonly isStorage: boolean }
type Result = {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
  readonly note?: string
}

const beside = ['src', 'client/src', 'console/src', 'scripts', 'bench', 'examples']
const folders = ['conformance', 'api', 'faults', 'simulation', 'attacks', 'browser']

/** The layers there are. A folder that is not there is no layer; one that is there and empty fails. */
function layersOf(): Layer[] {
  const testsIn = (folder: string) => namesBelow(root, folder, '.test.ts')
  const unit = { name: 'unit', files: beside.flatMap(testsIn), isStorage: false }
  const rest = folders.filter((name) => isThere(join(root, 'test', name)))
  return [unit, ...rest.map((name) => ({ name, files: testsIn(`test/${name}`), isStorage: true }))]
}

async function main(): Promise<number> {
  const layers = layersOf()
  const wanted = wordAfter('--only')?.split(',') ?? null
  const unknown = wanted?.find((name) => !layers.some((layer) => layer.name === name))
  if (unknown !== undefined) {
    console.error(`There is no layer "${unknown}". There are ${layers.map(({ name }) => name).join(', ')}.`)
    return 2
  }
  const chosen = layers.filter(({ name }) => wanted === null || wanted.includes(name))
  const results: { layer: Layer; result: Result }[] = []
  for (const layer of chosen) {
    console.log(`\n${layer.name}: ${layer.files.length} files`)
    results.push({ layer, result: await runLayer(layer) })
  }
  console.log(`\n${table(results)}\n`)
  for (const { layer, result } of results) if (result.note) console.log(`${layer.name}: ${result.note}`)
  const sum = (name: 'passed' | 'failed' | 'skipped') => results.reduce((total, { result }) => total + result[name], 0)
  const failed = sum('failed')
  console.log(`${sum('passed')} passed, ${failed} failed${sum('skipped') === 0 ? '' : `, ${sum('skipped')} skipped`}`)
  return failed === 0 ? 0 : 1
}

async function runLayer(layer: Layer): Promise<Result> {
  if (layer.name === 'browser' && !hasChromium()) {
    const note = 'NOT RUN, because there is no Chromium here. Install it (apt-get install chromium) to run these tests.'
    const isRequired = process.env['CI'] === 'true'
    return { passed: 0, failed: isRequired ? 1 : 0, skipped: isRequired ? 0 : layer.files.length, seconds: 0, note }
  }
  const result = await runFiles(layer.files)
  return result.passed + result.failed > 0 ? result : { ...result, failed: 1, note: 'no test ran: that is a failure, not a success.' }
}

/** Runs test files and tells each as it ends; a failure is told in full. */
function runFiles(files: readonly string[]): Promise<Result> {
  const startedAt = performance.now()
  if (files.length === 0) return Promise.resolve({ passed: 0, failed: 0, skipped: 0, seconds: 0 })
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const broken = new Set<string>()
  const told = new Set<string>()
  const stream = run({
    files: files.map((file) => join(root, file)),
    concurrency: 2,
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
  stream.on('test:stdout', ({ message }) => void process.stdout.write(message))
  stream.on('test:stderr', ({ message }) => void process.stderr.write(message))
  return new Promise((resolve, reject) => {
    stream.on('error', reject)
    stream.on('test:summary', ({ file, counts: all, duration_ms: durationMs }) => {
      const failed = all.tests - all.passed - all.skipped - all.todo
      const seconds = durationMs / 1000
      if (file !== undefined) {
        told.add(file)
        console.log(
          `  ${failed > 0 || broken.has(file) ? 'FAILED' : 'ok    '} ${shortOf(file)} (${all.passed} of ${all.tests}, ${seconds.toFixed(1)} s)`,
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

function table(results: readonly { layer: Layer; result: Result }[]): string {
  const head = ['layer', 'database', 'files', 'passed', 'failed', 'skipped', 'seconds']
  const rows = results.map(({ layer, result: { passed, failed, skipped, seconds } }) => [
    layer.name,
    layer.isStorage ? `SQLite ${sqliteVersion()}` : '-',
    ...[layer.files.length, passed, failed, skipped].map(String),
    seconds.toFixed(1),
  ])
  const widths = head.map((title, index) => Math.max(title.length, ...rows.map((row) => row[index]!.length)))
  return [head, ...rows]
    .map((row) => row.map((cell, index) => (index < 2 ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!))).join('  '))
    .join('\n')
}

/** As the database says it itself: distributions link their own. */
function sqliteVersion(): string {
  const database = new DatabaseSync(':memory:')
  const row = database.prepare('select sqlite_version() as "version"').get() as { version: string }
  database.close()
  return row.version
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
  return cause.stack ?? cause.message
}

function shortOf(file: string | undefined): string {
  return (file ?? '').replace(`${root}/`, '')
}

function indent(text: string): string {
  return text.replace(/^/gm, '      ')
}

process.exitCode = await main()
