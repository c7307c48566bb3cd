/**
 * An import of many rows, some of which do not fit: whether exactly those are told, whether the same file again changes nothing, how
 * much memory it takes, how fast it is, and how long others wait meanwhile. Exit 1 when the answers are not as they should be.
 * Run it: `node bench/import.ts [--rows 100000] [--bad 7]`.
 */
import assert from 'node:assert/strict'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { killChildren, type Server, sleep, startServer } from './children.ts'
import { programOf, signInStaff } from './kingpost/ours.ts'
import { integerOption } from './options.ts'
import { readResidentMb, readUsage } from './proc.ts'
import { percentile } from './stats.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'
import { freshDir } from './workspace.ts'

const CONFIG = 'bench/kingpost/data.config.ts'
const WATCH_MS = 50
const READ_PAUSE_MS = 20

const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000' }, bad: { type: 'string', default: '7' } } })
const count = integerOption('rows', values.rows, { min: 100, max: 10_000_000 })
const bad = integerOption('bad', values.bad, { min: 0, max: 50 })

/** Spread over the file, its first and its last row among them. */
const badRows = Array.from({ length: bad }, (_, index) => Math.round((index * (count - 1)) / Math.max(1, bad - 1)))
const rows = Array.from({ length: count }, (_, row) => `S${row},Title ${row},${row % 100},${row},EUR,${row % 2 === 0}`)
// More pieces than the field takes.
for (const row of badRows) rows[row] = rows[row]!.replace(/^([^,]+,[^,]+),\d+/, '$1,1000')
const csv = `code,title,pieces,price.amount,price.currency,rare\n${rows.join('\n')}\n`
/** The first line names the fields. */
const badLines = badRows.map((row) => row + 2)

try {
  const server = await startServer(programOf(CONFIG), freshDir('import'))
  const headers = await signInStaff(server.place, CONFIG)
  const first = await send(server, headers)
  assert.deepEqual(first.report, {
    rows: count,
    created: count - bad,
    changed: 0,
    unchanged: 0,
    rejected: bad,
    ignored: [],
    lines: badLines,
  })
  const again = await send(server, headers)
  assert.deepEqual(again.report, { ...first.report, created: 0, unchanged: count - bad })
  await server.stop()
  console.log(`${formatCount(count)} rows, ${bad} of them bad; load average at the end ${loadavg()[0]!.toFixed(1)}`)
  const heading = ['import', 'seconds', 'rows/s', 'us of CPU a row', 'MB before', 'MB at most', 'other reads p50 ms', 'p99 ms']
  console.log(renderTable(heading, [row('first', first), row('the same again', again)]))
} finally {
  killChildren()
}

type Sent = Awaited<ReturnType<typeof send>>

function row(title: string, { seconds, cpuUs, beforeMb, mostMb, readsMs }: Sent): string[] {
  return [
    title,
    formatDecimal(seconds, 1),
    formatCount(count / seconds),
    formatDecimal(cpuUs / count, 0),
    formatDecimal(beforeMb, 0),
    formatDecimal(mostMb, 0),
    formatDecimal(percentile(readsMs, 50), 1),
    formatDecimal(percentile(readsMs, 99), 1),
  ]
}

async function send({ pid, place }: Server, headers: Readonly<Record<string, string>>) {
  const api = `http://127.0.0.1:${place.port}/api`
  const beforeMb = readResidentMb(pid)!
  const cpuFrom = readUsage(pid)!.cpuUs
  let mostMb = 0
  const watcher = setInterval(() => {
    mostMb = Math.max(mostMb, readResidentMb(pid) ?? 0)
  }, WATCH_MS)
  const readsMs: number[] = []
  let isOver = false
  const reading = (async () => {
    while (!isOver) {
      const from = performance.now()
      await (await fetch(`${api}/stamps?limit=1`)).text()
      readsMs.push(performance.now() - from)
      await sleep(READ_PAUSE_MS)
    }
  })()
  const from = performance.now()
  const answer = await fetch(`${api}/stamps/import?by=code`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'text/csv' },
    body: csv,
  })
  const { rejections, ...report } = (await answer.json()) as { rejections: { line: number }[] }
  const seconds = (performance.now() - from) / 1_000
  assert.equal(answer.status, 200, JSON.stringify(report))
  isOver = true
  await reading
  clearInterval(watcher)
  const lines = rejections.map(({ line }) => line)
  return { report: { ...report, lines }, seconds, cpuUs: readUsage(pid)!.cpuUs - cpuFrom, beforeMb, mostMb, readsMs }
}
