// Each thing that a provider can do wrong is done in some run, and a run whose provider is never heard comes to the same end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drops } from './provider-plan.ts'
import { openSimulator, redLine } from './run-seeds.ts'
import { addCounts, type Counts, knobNames } from './tally.ts'

/** All are turned in the first hundred or so; a change of the engine makes other runs of them. */
const seedsMax = 400
const droppedSeeds = 8

// proves P-041
test('every knob of the provider is turned', async () => {
  const run = await openSimulator()
  const counts: Counts = {}
  const left = () => knobNames.filter((name) => counts[name] === undefined)
  for (let seed = 1; seed <= seedsMax && left().length > 0; seed++) {
    const result = await run(seed)
    assert.deepEqual(result.problems, [], redLine(result))
    addCounts(counts, result.counts)
  }
  assert.deepEqual(left(), [])
})

for (const drop of drops)
  test(`without any of the provider's ${drop} its books and ours are the same in the end`, async () => {
    const run = await openSimulator(null, drop)
    const counts: Counts = {}
    for (let seed = 1; seed <= droppedSeeds; seed++) {
      const result = await run(seed)
      assert.deepEqual(result.problems, [], redLine(result, null, drop))
      addCounts(counts, result.counts)
    }
    assert.ok(counts[drop === 'webhooks' ? 'webhook dropped' : 'effect, then time-out']! > 10)
    assert.ok(counts.captures! > 0)
    if (drop === 'webhooks') assert.equal(counts['webhooks taken'], undefined)
  })
