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
