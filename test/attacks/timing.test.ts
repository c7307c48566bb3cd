// Whether an address has an account is not told by how much work its answer takes: as many round statements to the database and the same
// hashing for each flow. What that comes to in time: `node test/attacks/timing.ts`.
// databases: postgres
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openWorld, type World } from '../support/api-harness.ts'
import { addresses, flows } from './timing.ts'

let world: World
before(async () => {
  world = await openWorld()
})
after(() => world.close())

for (const flow of flows)
  test(`${flow.name} takes the same work with and without an account`, async () => {
    const of = await addresses(world, 8, flow)
    const traffic = () => world.engine.parts.storage.traffic!().statements
    /** A transaction may run again, and what goes on in the background is counted too: the least of several is the request's own. */
    const least = async (emails: readonly string[]) => {
      const seen: { statements: number; status: number; hashing: string }[] = []
      for (const email of emails) {
        world.passwords.calls.length = 0
        const body = await flow.body(email, world)
        await calm(traffic)
        const at = traffic()
        const { status } = await world.request({ method: 'POST', url: flow.url, body, headers: { ...flow.headers } })
        await calm(traffic)
        seen.push({ statements: traffic() - at, status, hashing: world.passwords.calls.join() })
      }
      return seen.toSorted((a, b) => a.statements - b.statements)[0]!
    }
    const known = await least(of.with)
    assert.ok(known.statements > 0)
    assert.notEqual(known.status, 400)
    assert.deepEqual(await least(of.without), known)
  })

/** Until nothing was sent for some turns. */
async function calm(traffic: () => number): Promise<void> {
  for (let quiet = 0, before = traffic(); quiet < 3; ) {
    await sleep(5)
    quiet = traffic() === before ? quiet + 1 : 0
    before = traffic()
  }
}
