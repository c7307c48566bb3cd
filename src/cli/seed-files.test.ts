// Files of a project that its seed names: stored and claimed with their records, once, and none from elsewhere.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { png } from '../../test/support/pictures.ts'
import { systemClock } from '../base/clock.ts'
import { createIdSource } from '../base/ids.ts'
import { systemRandom } from '../base/random.ts'
import { createMemoryBlobs } from '../blobs/memory-blobs.ts'
import type { SeedRecords } from '../config/backend-config.ts'
import { files } from '../domains/files/collections.ts'
import { createBackend, defineBackend } from '../engine/backend.ts'
import type { Engine } from '../engine/create-engine.ts'
import { fileInvariants } from '../observe/invariants/files.ts'
import { verifyDatabase } from '../observe/verify.ts'
import { collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'
import { findAll } from '../storage/find-all.ts'
import { openSqlite } from '../storage/sqlite/sqlite-storage.ts'
import { seedDatabase } from './seed.ts'

const folder = mkdtempSync(join(tmpdir(), 'kingpost-seed-'))
after(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'project/seed'), { recursive: true })
writeFileSync(join(folder, 'project/seed/cat.png'), png(4, 3))
writeFileSync(join(folder, 'project/seed/note.txt'), 'Hello')
writeFileSync(join(folder, 'outside.png'), png(1, 1))
symlinkSync(join(folder, 'outside.png'), join(folder, 'project/seed/link.png'))

const pets = collection('pets', {
  fields: { name: field.text({ required: true }), picture: field.file({ accept: ['image/*'] }), papers: field.files() },
})

async function seeded(...records: SeedRecords[number]['records']) {
  const config = defineBackend({ name: 'Pets', collections: [pets], seed: () => [{ collection: 'pets', records }] })
  const backend = createBackend(config, { publicUrl: 'http://localhost', isDevelopment: true, paymentProviders: [] })
  const storage = openSqlite({ path: ':memory:', model: backend.model, clock: systemClock })
  const parts = { storage, model: backend.model, clock: systemClock, random: systemRandom }
  const engine = { parts, newId: createIdSource(systemClock, systemRandom) } as unknown as Engine
  const blobs = createMemoryBlobs()
  const seed = () => seedDatabase(engine, backend, { blobs, folder: join(folder, 'project') })
  return { seed, blobs, storage, model: backend.model }
}

test('they are stored and claimed with their records, and once', async () => {
  const { seed, blobs, storage, model } = await seeded(
    { name: 'Cat', picture: 'seed/cat.png', papers: ['./seed/note.txt', 'seed/cat.png'] },
    { name: 'Dog', picture: 'seed/cat.png' },
    { name: 'Fish' },
  )
  await seed()
  const all = await findAll(storage.reader, pets)
  const [cat, dog, fish] = ['Cat', 'Dog', 'Fish'].map((name) => all.find((one) => one.name === name)!)
  const { id: _, ...picture } = cat!.picture!
  assert.deepEqual(picture, { name: 'cat.png', type: 'image/png', size: png(4, 3).length, width: 4, height: 3 })
  assert.deepEqual(
    cat!.papers.map(({ name, type }) => [name, type]),
    [
      ['note.txt', 'text/plain'],
      ['cat.png', 'image/png'],
    ],
  )
  assert.notEqual(dog!.picture!.id, cat!.picture!.id)
  assert.deepEqual([dog!.papers, fish!.picture], [[], null])
  const { reader: read, commitsAfter } = storage
  const bytes = { blobs, isRead: true, now: <T>(ask: (from: typeof read) => Promise<T>) => ask(read) }
  assert.deepEqual(await verifyDatabase({ read, commitsAfter, model, now: systemClock.now(), groups: [fileInvariants], bytes }), [])
  await seed()
  assert.deepEqual([(await findAll(read, pets)).length, (await findAll(read, files)).length], [3, 4])
  await storage.close()
})

test('none is from elsewhere, of another type or missing, and nothing is written then', async () => {
  const rows: [unknown, RegExp][] = [
    ['../outside.png', /picture: must be the path of a file below the folder/],
    ['seed/../../outside.png', /must be the path/],
    [join(folder, 'outside.png'), /must be the path/],
    ['seed\\cat.png', /must be the path/],
    [{ id: 'file_1' }, /must be the path/],
    ['seed/link.png', /seed\[0\]\.records\[0\]\.picture: seed\/link\.png is a link that leads out of the folder/],
    ['seed/dog.png', /seed\/dog\.png cannot be read: there is no /],
    ['seed', /seed is no file/],
    ['seed/note.txt', /seed\/note\.txt is of type text\/plain and must be image/],
  ]
  for (const [picture, said] of rows) {
    const { seed, blobs, storage } = await seeded({ name: 'Cat', picture })
    await assert.rejects(seed(), said)
    assert.deepEqual([(await findAll(storage.reader, files)).length, (await Array.fromAsync(blobs.keys())).length], [0, 0])
    await storage.close()
  }
})
