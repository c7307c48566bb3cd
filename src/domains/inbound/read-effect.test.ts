// However many letters come in that take long to read: those that wait keep no place among the effects, which payments and receipts need, and none of
// their bytes are in memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import type { Outcome, PerformContext } from '../../effects/effect.ts'
import { inboundMails } from './collections.ts'
import { readEffect } from './read-effect.ts'

/** Rows as `rawOf` and the effect ask for them; counts how often bytes were read. */
function readerOf() {
  const seen = { bytes: 0 }
  const read = {
    get: async (collection: unknown, id: string) => (collection === inboundMails ? { id, state: 'received', pieces: 1, size: 1 } : null),
    async find() {
      seen.bytes++
      return [{ place: 0, bytes: Buffer.from('x').toString('base64') }]
    },
  }
  return { read, seen }
}

test('few are read at once; the others come back later, and lose no attempt by it', async () => {
  const held: ((error: Error) => void)[] = []
  const reader = { read: () => new Promise<never>((_, reject) => held.push(reject)), readEnclosed: async () => null }
  const handler = readEffect({ reader, addressKey: async () => new Uint8Array(32) })
  const { read, seen } = readerOf()
  const perform = (mail: string): Promise<Outcome> =>
    handler.perform({ payload: { mail }, read } as unknown as PerformContext<unknown>) as Promise<Outcome>

  const first = Array.from({ length: limits.mailReadsAtOnce }, (_, n) => perform(`inm_${n}`))
  const others = Array.from({ length: 40 }, (_, n) => perform(`inm_other${n}`))
  await new Promise((resolve) => setImmediate(resolve))
  // Before they are waited for: one that was read would never end.
  assert.deepEqual([held.length, seen.bytes], [limits.mailReadsAtOnce, limits.mailReadsAtOnce])
  const ends = await Promise.all(others)
  for (const other of ends) assert.ok(other.end === 'retry' && other.isNoAttempt === true && other.afterMs! >= 1_000, JSON.stringify(other))
  assert.ok(new Set(ends.map((other) => other.end === 'retry' && other.afterMs)).size > 10, 'they do not come back together')
  // A place is free again, also after one that failed.
  for (const reject of held.splice(0)) reject(new Error('It took too long.'))
  for (const outcome of await Promise.all(first)) assert.deepEqual(outcome, { end: 'retry', error: 'It took too long.', afterMs: 1_000 })
  void perform('inm_next')
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(held.length, 1)
})
