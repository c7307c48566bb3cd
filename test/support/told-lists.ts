// Holds live lists to their promise: whatever happened to the line, each call tells exactly how its list differs from the one before.
import assert from 'node:assert/strict'
import type { News } from '../../client/src/index.ts'
import type { Chance } from './chance.ts'
import type { createProxy } from './proxy.ts'

type Wire = { readonly id: string }
export type Told<T extends Wire> = { readonly records: readonly T[] } & News<T>

/** @throws where something was missed or told twice */
export function checkTold<T extends Wire>(calls: readonly Told<T>[]): void {
  const known = new Map<string, string>()
  for (const [turn, { records, added, changed, removed }] of calls.entries()) {
    if (turn === 0) {
      assert.equal(added.length + changed.length + removed.length, 0, 'of the first call nothing is news')
      for (const one of records) known.set(one.id, JSON.stringify(one))
    }
    for (const { id } of removed) assert.ok(known.delete(id), 'what goes was there')
    for (const one of added) {
      assert.ok(!known.has(one.id), 'what comes was not there')
      known.set(one.id, JSON.stringify(one))
    }
    for (const one of changed) {
      assert.notEqual(known.get(one.id) ?? JSON.stringify(one), JSON.stringify(one), 'what changes is told once')
      known.set(one.id, JSON.stringify(one))
    }
    assert.deepEqual(records.map((one) => JSON.stringify(one)).toSorted(), [...known.values()].toSorted(), 'the news is the difference')
    assert.equal(new Set(records.map(({ id }) => id)).size, records.length, 'each record stands there once')
  }
}

/** At once, or in the middle of what is told next. */
export function cutSomewhere(proxy: Awaited<ReturnType<typeof createProxy>>, chance: Chance): void {
  if (chance.below(3) === 0) proxy.cut()
  else proxy.cutAfter(chance.below(3_000))
}
