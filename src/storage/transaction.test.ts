import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'
import { compileModel } from '../schema/model.ts'
import type { AdapterTransaction, Change } from './storage.ts'
import { createTransaction } from './transaction.ts'

const things = collection('things', {
  fields: { title: field.text(), state: field.text(), count: field.integer(), price: field.money(), tags: field.json() },
})
const before = {
  ...{ id: 'thi_1', createdAt: 1, updatedAt: 1, version: 3 },
  ...{ title: 'a', state: null, count: 2, price: { amount: 1, currency: 'EUR' }, tags: ['x'] },
}

test('an update writes what changes, and whatever is no single value', async () => {
  const written: Change[] = []
  const inner = { updateOrFail: async (_ref: unknown, _where: unknown, change: Change) => void written.push(change) }
  const tx = createTransaction(inner as never as AdapterTransaction, compileModel([things]), {
    now: 9,
    worker: { id: '', carriesOut: () => false },
  })
  const { price, tags } = before
  const after = await tx.update(things as never, before, { set: { title: 'a', state: null, count: 3, price, tags } })
  assert.deepEqual(written, [{ set: { count: 3, price, tags, updatedAt: 9 }, add: { version: 1 } }])
  assert.deepEqual({ ...(after as object) }, { ...before, count: 3, updatedAt: 9, version: 4 })
  const [change] = tx.changes
  assert.deepEqual(change?.before, { count: 2 })
})

test('far away, what is hardly ever refused is waited for only once it was refused', async () => {
  const asked: string[] = []
  const told = (name: string, answer: unknown) => async (_ref: unknown, _what: unknown, more?: unknown) => {
    asked.push(more === 'conflict' ? `${name} or conflict` : name)
    return answer
  }
  const inner = {
    insert: told('insert', undefined),
    insertOnce: told('insertOnce', false),
    update: told('update', 0),
    updateOrFail: told('updateOrFail', undefined),
  }
  const moment = { now: 9, worker: { id: '', carriesOut: () => false } }
  const begin = (more: { isFar?: boolean; isRetry?: boolean }) =>
    createTransaction(inner as never as AdapterTransaction, compileModel([things]), { ...moment, ...more })
  const { createdAt: _, updatedAt: __, version: ___, ...fields } = before
  const tried = async (tx: ReturnType<typeof begin>) => [
    await tx.insertOnce(things as never, fields as never, 'rare'),
    await tx.insertOnce(things as never, fields as never),
    await tx.updateIfUnchanged(things as never, before, { set: { count: 3 } }, 'rare'),
  ]
  const first = await tried(begin({ isFar: true }))
  assert.deepEqual(asked.splice(0), ['insert or conflict', 'insertOnce', 'updateOrFail'])
  assert.deepEqual(
    first.map((record) => record !== null),
    [true, false, true],
  )
  for (const more of [{ isFar: true, isRetry: true }, {}]) {
    assert.deepEqual(await tried(begin(more)), [null, null, null])
    assert.deepEqual(asked.splice(0), ['insertOnce', 'insertOnce', 'update'])
  }
})
