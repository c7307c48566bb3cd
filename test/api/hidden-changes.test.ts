// proves P-006: two worlds that differ only in hidden data tell a guest and another user the same changes, from the beginning of
// the feed. Ids are opaque and differ; when hidden fields change is told to nobody who may not see them.
// slow: mysql
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guestActor } from '../../src/access/actor.ts'
import { categories } from '../../src/domains/catalog/categories.ts'
import { products } from '../../src/domains/catalog/products.ts'
import { notes, openWorld, type World } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'
import { eventsIn } from '../support/live-client.ts'

const watched = ['categories', 'notes', 'products', 'variants', 'reviews']

/** Hidden writes, more of them in one world than in the other. */
async function fill(world: World, secret: string, count: number): Promise<void> {
  const change = (ref: { name: string }, id: string, set: object) =>
    world.write(async (tx) => await tx.update(ref as never, (await tx.get(ref as never, id)) as never, { set: set as never }))
  for (let turn = 0; turn < count; turn++) {
    await change(notes, world.ids['note']!, { title: `${secret} ${turn}` })
    await change(notes, world.ids['publicNote']!, { score: turn, scored: secret })
    await change(products, world.ids['draft']!, { title: `${secret} ${turn}` })
    await change({ name: 'variants' }, world.ids['draftVariant']!, { title: `${secret} ${turn}` })
  }
  await change(categories, world.ids['fiction']!, { title: 'The end' })
}

async function toldTo(world: World, as: 'guest' | 'other'): Promise<string[]> {
  const { engine } = world
  const actor = as === 'guest' ? guestActor('n') : { ...guestActor('n'), kind: 'user' as const, id: world.ids['other']! }
  const watch = engine.operations.find(({ name }) => name === 'changes.watch')!
  const request = { id: 'r', ifMatch: null, ifNoneMatch: null, rawBody: null, headers: {} }
  const call = { input: { collections: watched.join(), lastEventId: '0' }, actor, idempotencyKey: null, request }
  const { stream } = await engine.run(watch, call)
  const told: string[] = []
  const close = stream!({
    send: (events) => void told.push(...eventsIn(events).map(({ event, data }) => `${event} ${JSON.stringify(data)}`)),
    isBehind: () => false,
    onHeartbeat() {},
    drained: async () => false,
    fail: (error) => void told.push(String(error)),
  })
  await eventually('the end is told', async () => told.find((text) => text.includes('"action":"updated"') && text.includes('The end')))
  close()
  return told
}

test('the feeds of two worlds are alike to those who may not see what differs', async () => {
  const [left, right] = [await openWorld({ seed: 5 }), await openWorld({ seed: 5 })]
  await fill(left, 'alpha', 1)
  await fill(right, 'omega', 3)
  for (const as of ['guest', 'other'] as const) {
    const told = await toldTo(left, as)
    assert.ok(told.length > 3, `${told.length} events`)
    assert.deepEqual(told, await toldTo(right, as))
    assert.doesNotMatch(told.join(), /alpha|secret/i)
  }
  await left.close()
  await right.close()
})
