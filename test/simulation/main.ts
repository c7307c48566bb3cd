// npm run simulate -- --seeds 20000 --from 1 --minutes 10 --workers 2 --mutant NAME
// npm run simulate -- --orders 100000             goes on until that many orders were made
// npm run simulate -- --orders 10000 --drop webhooks   the provider's webhooks are all lost; `--drop answers`: all its answers
// npm run simulate -- --seed 94        replays one seed and prints all that happened in it
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mutantNamed } from './mutants.ts'
import { type Drop, drops } from './provider-plan.ts'
import { addFaults, openSimulator, type RunTotals, redLine, runSeeds, seedsFrom, totalsText } from './run-seeds.ts'
import type { SeedResult } from './simulate.ts'
import { addCounts } from './tally.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    orders: { type: 'string' },
    drop: { type: 'string' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    workers: { type: 'string', default: '2' },
    mutant: { type: 'string' },
  },
})
const mutant = values.mutant === undefined ? null : mutantNamed(values.mutant)

const drop = dropNamed(values.drop)

type Share = {
  readonly from: number
  readonly count: number
  readonly orders: number
  readonly step: number
  readonly endsAt: number
}
type Message = { readonly red: SeedResult } | { readonly totals: RunTotals } | { readonly orders: number }

const tellEveryMs = 20_000

function dropNamed(name: string | undefined): Drop | null {
  if (name === undefined) return null
  const found = drops.find((one) => one === name)
  if (found === undefined) throw new Error(`--drop ${drops.join('|')}, not ${name}`)
  return found
}

if (process.send) await work(JSON.parse(process.env['SIMULATION_SHARE']!) as Share)
else if (values.seed !== undefined) await replay(Number(values.seed))
else await runAll()

async function replay(seed: number): Promise<void> {
  const run = await openSimulator(mutant, drop)
  const result = await run(seed, { trace: (line) => process.stdout.write(`${line}\n`) })
  const text =
    result.problems.length === 0
      ? `seed ${seed} is green: ${result.steps} steps`
      : `seed ${seed} is red:\n  ${result.problems.join('\n  ')}`
  process.stdout.write(`\n${text}\n`)
  process.exitCode = result.problems.length === 0 ? 0 : 1
}

async function work({ from, count, orders, step, endsAt }: Share): Promise<void> {
  let left = count
  let toldAt = Date.now()
  const isOver = ({ counts }: RunTotals) => {
    const made = counts.orders ?? 0
    if (Date.now() - toldAt > tellEveryMs) {
      toldAt = Date.now()
      process.send!({ orders: made })
    }
    return Date.now() >= endsAt || made >= orders || left-- <= 0
  }
  const totals = await runSeeds({
    seeds: seedsFrom(from, step),
    mutant,
    drop,
    isOver,
    onRed: (red) => process.send!({ red }),
    stopsAtRed: mutant !== null,
  })
  process.send!({ totals })
  process.disconnect?.()
}

async function runAll(): Promise<void> {
  const from = Number(values.from)
  const workers = Number(values.workers)
  const isBounded = values.minutes !== undefined || values.orders !== undefined
  const count = values.seeds !== undefined ? Number(values.seeds) : isBounded ? Number.POSITIVE_INFINITY : 1_000
  const orders = values.orders === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(Number(values.orders) / workers)
  const endsAt = values.minutes === undefined ? Number.MAX_SAFE_INTEGER : Date.now() + Number(values.minutes) * 60_000
  const startedAt = performance.now()
  const sum: RunTotals = { seeds: 0, steps: 0, placed: 0, twice: 0, faults: {}, counts: {} }
  const made = new Map<number, number>()
  let redCount = 0
  const runs = Array.from({ length: workers }, (_, index) => {
    const share: Share = {
      from: from + index,
      count: Number.isFinite(count) ? Math.ceil((count - index) / workers) : Number.MAX_SAFE_INTEGER,
      orders,
      step: workers,
      endsAt,
    }
    const worker = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
      env: { ...process.env, SIMULATION_SHARE: JSON.stringify(share) },
    })
    worker.on('message', (message: Message) => {
      if ('red' in message) {
        redCount += 1
        process.stdout.write(`${redLine(message.red, mutant, drop)}\n`)
        return
      }
      if ('orders' in message) {
        made.set(index, message.orders)
        const seconds = (performance.now() - startedAt) / 1000
        if (index === 0)
          process.stdout.write(
            `${seconds.toFixed(0)} s: ${[...made.values()].reduce((sum, one) => sum + one, 0)} orders, ${redCount} red\n`,
          )
        return
      }
      const { totals } = message
      for (const name of ['seeds', 'steps', 'placed', 'twice'] as const) sum[name] += totals[name]
      addFaults(sum.faults, totals.faults)
      addCounts(sum.counts, totals.counts)
    })
    return new Promise<number>((resolve) => worker.on('exit', (code) => resolve(code ?? 1)))
  })
  const codes = await Promise.all(runs)
  process.stdout.write(`${totalsText(sum, (performance.now() - startedAt) / 1000)}\n${redCount} red\n`)
  process.exitCode = redCount > 0 || codes.some((code) => code !== 0) ? 1 : 0
}
