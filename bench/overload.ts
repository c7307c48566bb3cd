/**
 * More shoppers than a shop can serve: whole orders at the pace that it bears, then at half, three and ten times of it, each time by an
 * open model (they come whether or not others were answered). Prints how many orders were placed, how long they took, and how soon the rest was
 * told to come again. Run it: `npm run overload -- [--seconds 10] [--times 0.5,1,3,10]`.
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { ArrivalsResult, ArrivalsTask } from './arrivals.ts'
import { killChildren, runProgram, sleep } from './children.ts'
import { integerOption } from './options.ts'
import { prepareOurs } from './order-turns.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'

const GRACE_MS = 60_000
const REST_MS = 3_000

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, times: { type: 'string', default: '0.5,1,3,10' } },
})
const seconds = integerOption('seconds', values.seconds, { min: 1, max: 120 })
const times = values.times.split(',').map(Number)

try {
  const { server, turn, shop, stop } = await prepareOurs(seconds, { flow: 'one', hasKeys: false })
  const peak = (await turn.measure()).rate
  console.log(`at most ${formatDecimal(peak, 0)} orders/s, 32 shoppers; load average ${loadavg()[0]!.toFixed(1)}`)
  const rows: string[][] = []
  let from = 1_000_000
  for (const time of times) {
    await sleep(REST_MS)
    const task: ArrivalsTask = { port: server.place.port, shop, rate: Math.max(1, Math.round(peak * time)), seconds, from }
    from += task.rate * seconds
    const printed = await runProgram(process.execPath, ['bench/arrivals.ts', JSON.stringify(task)], {
      withinMs: seconds * 1_000 + GRACE_MS,
    })
    server.assertAlive()
    const result = JSON.parse(printed) as ArrivalsResult
    rows.push(rowOf(time, result))
    console.error(rows.at(-1)!.join('  '))
  }
  const heading = [
    'times',
    'offered/s',
    'placed/s',
    'refused',
    'late',
    'other',
    'no Retry-After',
    'p50 ms',
    'p99 ms',
    'refused p99',
    '/livez p99',
    'missing',
    'sent late',
  ]
  console.log(renderTable(heading, rows))
  await stop()
} finally {
  killChildren()
}

function rowOf(time: number, result: ArrivalsResult): string[] {
  return [
    String(time),
    formatDecimal(result.offered, 0),
    formatDecimal(result.placed / seconds, 0),
    formatCount(result.refused),
    formatCount(result.late),
    formatCount(result.other),
    formatCount(result.withoutRetryAfter),
    formatDecimal(result.placedP50Ms, 1),
    formatDecimal(result.placedP99Ms, 1),
    formatDecimal(result.refusedP99Ms, 1),
    formatDecimal(result.healthP99Ms, 1),
    formatCount(result.healthMissing),
    formatDecimal(result.sentLateP99Ms, 1),
  ]
}
