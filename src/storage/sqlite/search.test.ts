import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { createIdSource } from '../../base/ids.ts'
import { systemRandom } from '../../base/random.ts'
import type { WordsFilter } from '../../contract/filter.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { compileModel } from '../../schema/model.ts'
import { openSqlite } from './sqlite-storage.ts'

const notes = collection('notes', { prefix: 'note', fields: { title: field.text({ required: true, search: true }) } })
const word: WordsFilter = { op: 'words', paths: ['title'], words: [{ text: 'same', isStart: false }] }

test('the newest is found first, in whatever order records come; ids that are none of ours are found, too', async () => {
  let now = 1_700_000_000_000
  const newId = createIdSource({ ...systemClock, now: () => now }, systemRandom)
  const ids = Array.from({ length: 300 }, (_, at) => {
    if (at % 90 === 0) now += 1
    return newId('note')
  })
  const storage = openSqlite({ path: ':memory:', model: compileModel([notes as never]), clock: systemClock })
  const insert = (some: readonly string[]) =>
    storage.transaction((tx) =>
      tx.insert(
        notes,
        some.map((id) => ({ id, version: 1, createdAt: 1, updatedAt: 1, title: 'Same' })),
      ),
    )
  // Every third one, then the others from the last to the first.
  await insert(ids.filter((_, at) => at % 3 === 0))
  await insert(ids.filter((_, at) => at % 3 !== 0).toReversed())
  // Beyond the limit: nothing.
  const found = async (after?: readonly [number, string]) =>
    (await storage.reader.find(notes, { ranked: [word], limit: 1_000, ...(after && { after }) })).map(({ id }) => id)
  assert.deepEqual(await found(), ids.toReversed())
  assert.deepEqual(await found([0, ids[200]!]), ids.slice(0, 200).toReversed())
  const strangers = [
    'a',
    'note_x',
    `note_${'z'.repeat(26)}`,
    `note_${'~'.repeat(26)}`,
    'note_'.padEnd(31, 'é'),
    ...Array.from({ length: 50 }, (_, at) => `old${at}`),
  ]
  await insert(strangers)
  assert.deepEqual((await found()).toSorted(), [...ids, ...strangers].toSorted())
  assert.equal(await storage.reader.count(notes, word, 17), 17)
  await storage.close()
})
