// Files in real object stores (test/support/servers/object-stores.ts says how each is had): what the port promises, what a lost line
// leaves, and files carried from one store to another.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import sharp from 'sharp'
import { isEngineError } from '../../src/base/engine-error.ts'
import type { Log } from '../../src/base/log.ts'
import { systemRandom } from '../../src/base/random.ts'
import { type BlobStore, newBlobKey } from '../../src/blobs/blob-store.ts'
import { lookAtStore } from '../../src/cli/open-blobs.ts'
import { eq, not } from '../../src/contract/filter.ts'
import { files, keysOf } from '../../src/domains/files/collections.ts'
import { loadPictureMaker } from '../../src/domains/files/resize-picture.ts'
import { effects } from '../../src/effects/effect.ts'
import { openWorld, type World, work } from '../support/api-harness.ts'
import { type Cleanable, cleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { png } from '../support/pictures.ts'
import { googleStore, googleTestbench, objectStores, type RunningStore } from '../support/servers/object-stores.ts'
import { moments, openLine, type StoreLine } from '../support/store-line.ts'

const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const newKey = () => newBlobKey(systemRandom)
/** More than one part. */
const large = Array.from({ length: 10 }, () => randomBytes(1_000_000))

for (const { name, program, start } of objectStores)
  describe(name, { skip: program === null ? `${name} cannot be found` : false }, () => {
    let store: RunningStore
    let blobs: BlobStore
    before(async () => {
      store = await start()
      blobs = store.open()
    })
    after(() => store?.stop())
    const put = async (key: string, ...parts: Buffer[]) => await blobs.write(key, Readable.from(parts))
    const keys = async () => (await Array.fromAsync(blobs.keys())).toSorted()

    test('what is written is read, in whole and in ranges, listed and removed', async () => {
      const all: [string, Buffer[]][] = [
        [newKey(), [Buffer.from('small')]],
        [newKey(), []],
        [`${newKey()}.1`, [...large, ...large]],
        [newKey(), [randomBytes(8_388_608)]],
      ]
      for (const [key, parts] of all) {
        const whole = Buffer.concat(parts)
        await put(key, ...parts)
        assert.equal(await blobs.sizeOf(key), whole.length)
        assert.equal(sum(await buffer((await blobs.read(key))!)), sum(whole))
      }
      const range = { first: 999_990, last: 1_000_009 }
      assert.deepEqual(await buffer((await blobs.read(all[2]![0], range))!), Buffer.concat(large).subarray(999_990, 1_000_010))
      assert.deepEqual(await keys(), all.map(([key]) => key).toSorted())
      for (const [key] of all) await blobs.remove(key)
      await blobs.remove(all[0]![0])
      assert.deepEqual(await keys(), [])
      assert.deepEqual([await blobs.sizeOf(all[0]![0]), await blobs.read(all[0]![0])], [null, null])
    })

    test('what breaks off leaves nothing, and a wrong secret is refused', async () => {
      async function* broken() {
        yield* large
        throw new Error('cut')
      }
      await assert.rejects(blobs.write(newKey(), broken()), /cut/)
      assert.deepEqual([await keys(), await store.leftovers()], [[], []])
      const wrong = store.open({ secret: Buffer.from('another').toString('base64') })
      const isRefused = (error: unknown) => isEngineError(error, 'storage_unavailable')
      await assert.rejects(wrong.write(newKey(), Readable.from([Buffer.from('x')])), isRefused)
      await assert.rejects(wrong.sizeOf(newKey()), isRefused)
      const told: string[] = []
      const log: Log = { write: (level, message) => void told.push(`${level} ${message}`) }
      for (const one of [blobs, wrong, store.open({ url: `${store.url}-none` })]) await lookAtStore(one, log)
      assert.deepEqual(
        told.map((line) => /^warn The store of files cannot be used now/.test(line)),
        [true, true],
      )
    })

    test('a connection that the store closes while nobody uses it is none to lose an upload by', async (t) => {
      const line = await openLine(store.url)
      t.after(() => line.close())
      const kept = store.open({ url: line.url })
      const key = newKey()
      await kept.write(key, Readable.from([Buffer.from('first')]))
      line.hangUp()
      await kept.write(key, Readable.from([Buffer.from('second')]))
      assert.equal(await kept.sizeOf(key), 6)
      await kept.remove(key)
    })

    test('a line to the store that is lost at any point leaves neither bytes nor a record without them', async (t) => {
      const { world, line, wrote } = await openBehind(t, store)
      const lost: string[] = []
      for (const body of [randomBytes(100_000), Buffer.concat(large)])
        for (const moment of moments)
          for (const isForAMoment of [true, false])
            for (let count = 1; ; count++) {
              wrote.said = `${body.length} bytes, request ${count} lost ${moment}, ${isForAMoment ? 'it alone' : 'and all behind it'}`
              line.loseAt(count, moment, isForAMoment)
              await sendAndClaim(world, line, body)
              if (!line.wasLost()) break
              lost.push(wrote.said)
            }
      // What a large one asks of a store: two parts and the end at least.
      assert.ok(lost.length >= moments.length * 2 * (1 + 3), lost.join('\n'))
      await checkStore(world, { store, blobs, wrote })
    })

    test('a removal that the store does not hear of is tried until it does', async (t) => {
      const { world, line, wrote } = await openBehind(t, store)
      for (const moment of moments) {
        wrote.said = `removal lost ${moment}`
        const { body: sent } = await world.call('owner', { method: 'POST', url: '/api/files', body: randomBytes(100) })
        const { body: note } = await world.call('owner', { method: 'POST', url: '/api/notes', body: { title: 'x', papers: [sent] } })
        line.loseAt(1, moment, false)
        assert.equal((await world.call('owner', { method: 'DELETE', url: `/api/notes/${note.id}` })).status, 204)
        await work(world)
        assert.ok(line.wasLost())
        await line.mend()
      }
      await checkStore(world, { store, blobs, wrote })
    })

    test('a smaller picture is shown, whatever is lost on the way to the store, and goes with its file', async (t) => {
      const { world, line, wrote } = await openBehind(t, store)
      // What is read comes first: without that there is none to show.
      for (const moment of moments)
        for (let count = 2; ; count++) {
          wrote.said = `picture, request ${count} lost ${moment}`
          const { body: sent } = await world.call('owner', { method: 'POST', url: '/api/files', body: png(400, 300) })
          const { body: note } = await world.call('owner', { method: 'POST', url: '/api/notes', body: { title: 'x', papers: [sent] } })
          const look = async () => await world.call('owner', { method: 'GET', url: `${sent.url}?w=64` })
          line.loseAt(count, moment, false)
          const first = await look()
          const wasLost = line.wasLost()
          await line.mend()
          const again = await look()
          assert.deepEqual([first.status, again.status, first.bytes.equals(again.bytes)], [200, 200, true], wrote.said)
          assert.deepEqual((await sharp(again.bytes).metadata()).width, 64)
          assert.equal((await world.call('owner', { method: 'DELETE', url: `/api/notes/${note.id}` })).status, 204)
          await work(world)
          // Requests of a removal that goes on would be counted among those of the next round.
          const { reader } = world.engine.parts.storage
          const isRemoved = async () => (await keys()).length === 0 && (await reader.count(effects, eq('state', 'running'))) === 0
          await eventually('it is removed', async () => ((await isRemoved()) ? true : null))
          if (!wasLost) break
        }
      await checkStore(world, { store, blobs, wrote })
    })
  })

const isWithout = googleStore.program === null ? `${googleStore.name} cannot be found` : false

test('what is in a bucket of Google Cloud Storage is read, in ranges, listed and removed by its S3 interface', {
  skip: isWithout,
}, async (t) => {
  const { blobs, put, stop } = await googleStore.start()
  t.after(stop)
  const [small, empty] = [`${newKey()}.1`, newKey()]
  await put(small, 'Of Google')
  await put(empty, '')
  assert.deepEqual((await Array.fromAsync(blobs.keys())).toSorted(), [small, empty].toSorted())
  assert.deepEqual([await blobs.sizeOf(small), await blobs.sizeOf(empty), await blobs.sizeOf(newKey())], [9, 0, null])
  assert.equal(String(await buffer((await blobs.read(small))!)), 'Of Google')
  assert.equal(String(await buffer((await blobs.read(small, { first: 3, last: 8 }))!)), 'Google')
  for (const key of [small, empty, newKey()]) await blobs.remove(key)
  assert.deepEqual([await blobs.read(small), await Array.fromAsync(blobs.keys())], [null, []])
})

test('what is written whole into a bucket of Google Cloud Storage by its S3 interface is read there, in ranges', {
  skip: googleTestbench.program === null ? `${googleTestbench.name} cannot be found` : false,
}, async (t) => {
  const { blobs, stop } = await googleTestbench.start()
  t.after(stop)
  const [key, empty] = [`${newKey()}.1`, newKey()]
  await blobs.write(key, Readable.from([Buffer.from('Of Go'), Buffer.from('ogle')]))
  await blobs.write(empty, Readable.from([]))
  assert.deepEqual([await blobs.sizeOf(key), await blobs.sizeOf(empty), await blobs.sizeOf(newKey())], [9, 0, null])
  assert.equal(String(await buffer((await blobs.read(key))!)), 'Of Google')
  assert.equal(String(await buffer((await blobs.read(key, { first: 3, last: 8 }))!)), 'Google')
  await blobs.write(key, Readable.from([Buffer.from('anew')]))
  assert.equal(String(await buffer((await blobs.read(key))!)), 'anew')
})

/** What was said when each key was written. */
type Wrote = { said: string; readonly when: Map<string, string> }

/** A world whose files go to the store by a line, in pieces as they come from a socket. */
async function openBehind(t: Cleanable, store: RunningStore): Promise<{ world: World; line: StoreLine; wrote: Wrote }> {
  const line = await openLine(store.url)
  const wrote: Wrote = { said: '', when: new Map() }
  const behind = store.open({ url: line.url })
  const blobs: BlobStore = {
    ...behind,
    write(key, bytes) {
      wrote.when.set(key, wrote.said)
      return behind.write(key, inPieces(bytes))
    },
  }
  const world = await openWorld({ blobs, pictureMaker: loadPictureMaker, seed: systemRandom.bytes(1)[0]! })
  cleanUp(t, () => line.close())
  cleanUp(t, () => world.close())
  await world.engine.start()
  return { world, line, wrote }
}

async function* inPieces(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const all of bytes) for (let at = 0; at < all.length; at += 1_000_000) yield all.subarray(at, at + 1_000_000)
}

/** A file, and a record that has it, where that was possible. */
async function sendAndClaim(world: World, line: StoreLine, body: Buffer): Promise<void> {
  const sent = await world.call('owner', { method: 'POST', url: '/api/files', body })
  assert.ok(sent.status === 201 || sent.body.code === 'storage_unavailable', sent.text)
  await line.mend()
  if (sent.status !== 201) return
  const made = await world.call('owner', { method: 'POST', url: '/api/notes', body: { title: 'x', papers: [sent.body] } })
  const read = await world.call('owner', { method: 'GET', url: made.body.papers[0].url })
  assert.deepEqual([made.status, read.status, read.headers['content-length']], [201, 200, String(body.length)])
}

type Looked = { readonly store: RunningStore; readonly blobs: BlobStore; readonly wrote: Wrote }

/** Once all that is swept or owed has had its time, the store holds what the records have, and nothing else. */
async function checkStore(world: World, { store, blobs, wrote }: Looked): Promise<void> {
  await world.write((tx) => tx.touchAll(files, not(eq('state', 'claimed')), { set: { expiresAt: 1 } }))
  await work(world, 125_000)
  await world.write((tx) => tx.touchAll(effects, eq('state', 'ready'), { set: { dueAt: 1 } }))
  await work(world, 5_000)
  const rows = await world.engine.parts.storage.reader.find(files, { limit: 1_000 })
  assert.deepEqual([...new Set(rows.map(({ state }) => state))], rows.length === 0 ? [] : ['claimed'])
  const had = new Set(rows.flatMap(keysOf))
  const told = (keys: readonly string[]) => keys.map((key) => `${key}: ${wrote.when.get(key)}`)
  const there = await Array.fromAsync(blobs.keys())
  assert.deepEqual(told(there.filter((key) => !had.has(key))), [], 'bytes without a record')
  assert.deepEqual(told([...had].filter((key) => !there.includes(key))), [], 'a record without its bytes')
  assert.deepEqual(told(await store.leftovers()), [], 'uploads without an end')
  for (const key of there) await blobs.remove(key)
}
