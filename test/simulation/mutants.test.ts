// A simulator that cannot fail proves nothing: each broken engine must be seen, and the whole one must be
// green on the very seeds that gave the others away.
// long
// ci
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mutants } from './mutants.ts'
import { openSimulator, runSeeds, seedsFrom } from './run-seeds.ts'
import type { SeedResult } from './simulate.ts'

const seedsMax = 600
const telling: number[] = []

// proves P-009
for (const mutant of mutants)
  test(`${mutant.name}: ${mutant.sin}`, async (context) => {
    const red: SeedResult[] = []
    let left = seedsMax
    await runSeeds({
      seeds: seedsFrom(mutant.from ?? 1),
      mutant,
      isOver: () => left-- <= 0,
      onRed: (result) => red.push(result),
      stopsAtRed: true,
    })
    const [first] = red
    assert.ok(first, `nothing was noticed in ${seedsMax} seeds from ${mutant.from ?? 1}`)
    context.diagnostic(`seed ${first.seed}: ${first.problems[0]!.slice(0, 160)}`)
    telling.push(first.seed)
    const again = await (await openSimulator(mutant))(first.seed)
    assert.deepEqual(again.problems, first.problems, 'the seed does not replay')
  })

test('the whole engine is green on all of these seeds', async () => {
  const run = await openSimulator()
  for (const seed of new Set(telling)) assert.deepEqual((await run(seed)).problems, [], `seed ${seed}`)
})
