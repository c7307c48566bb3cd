// The attack list's parts on data and files, as a matrix: each attack on each surface, asked of two worlds that differ in hidden data
// alone. Whatever is asked, both answer the same bytes, no answer is a failure of ours, and what is refused stores nothing. A combination
// that makes no sense says why in the table. That it sees is asked by `npm run mutants`.
// proves P-006: on each of these ways nobody sees what the rules hide.
// slow: mysql, mongodb
// long
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Twins } from '../support/two-worlds/twins.ts'
import { carryOut } from './matrix/arena.ts'
import { surfaces } from './matrix/asks.ts'
import { attacks } from './matrix/attacks.ts'
import { openArena } from './matrix/project.ts'

let twins: Twins
before(async () => {
  twins = await openArena()
})
after(async () => {
  for (const world of Object.values(twins.worlds)) await world.close()
})

for (const { id, what, holds, on } of attacks)
  describe(`${id} ${what}: ${holds}`, () => {
    for (const surface of surfaces) {
      const trial = on[surface]
      if (typeof trial !== 'string') test(`${id} ${surface}`, async () => assert.ok((await carryOut(twins, trial)) > 0))
    }
  })
