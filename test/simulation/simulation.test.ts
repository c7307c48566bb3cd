// The seeds that were red once, then fresh ones for as long as there is time (KINGPOST_SIM_SECONDS, 30).
// long
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redLine, runSeeds, seedsFrom, totalsText } from './run-seeds.ts'
import { onceRed } from './seeds.ts'
import type { SeedResult } from './simulate.ts'

const seconds = Number(process.env['KINGPOST_SIM_SECONDS'] ?? 30)

test('seeds that were red once are green', async () => {
  const red: SeedResult[] = []
  await runSeeds({ seeds: onceRed.map(({ seed }) => seed), onRed: (result) => red.push(result) })
  assert.deepEqual(
    red.map((result) => redLine(result)),
    [],
  )
})

// proves P-002 P-003 P-004 P-005 P-009 P-013 P-015
test('fresh seeds keep every invariant', async (context) => {
  // The day's seeds differ from yesterday's; the line of a red one is all that is needed to see it again.
  const first = Math.floor(Date.now() / 1000) % 1_000_000_000
  const startedAt = performance.now()
  const red: SeedResult[] = []
  const isOver = () => performance.now() - startedAt > seconds * 1000
  const totals = await runSeeds({ seeds: seedsFrom(first), isOver, onRed: (result) => red.push(result), stopsAtRed: true })
  context.diagnostic(totalsText(totals, (performance.now() - startedAt) / 1000))
  assert.deepEqual(
    red.map((result) => redLine(result)),
    [],
  )
  assert.ok(totals.placed > 0, 'no order was ever placed: the simulator does nothing')
})
