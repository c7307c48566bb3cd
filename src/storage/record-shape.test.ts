import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EngineError } from '../base/engine-error.ts'
import type { AnyRecord } from '../schema/collection.ts'
import { collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'
import { compileModel } from '../schema/model.ts'
import { shapeOf } from './record-shape.ts'

const things = collection('things', {
  prefix: 'thg',
  fields: { title: field.text(), count: field.integer(), price: field.money(), notes: field.json(), body: field.longText({ feed: false }) },
})
const shape = shapeOf(compileModel([things]).get(things))

test('a record has each field of its collection in one order, whatever the order in which they are given', () => {
  const price = { amount: 1, currency: 'EUR' }
  const one = shape.make({ id: 'thg_1', title: 'a', count: 2, price, notes: [1.5], body: 'long' }, 7)
  const other = shape.make({ body: 'long', notes: [1.5], id: 'thg_1', price, count: 2, title: 'a' }, 7)
  const whole = { id: 'thg_1', version: 1, title: 'a', count: 2, price, notes: [1.5], body: 'long', createdAt: 7, updatedAt: 7 }
  assert.equal(JSON.stringify(one), JSON.stringify(whole))
  assert.equal(JSON.stringify(other), JSON.stringify(whole))
  assert.notEqual(shape.copy(one), one)
  assert.deepEqual(shape.copy(one), one)
  const { body, ...told } = whole
  assert.equal(JSON.stringify(shape.tell(one)), JSON.stringify(told))
})

test('a number that no database keeps exactly is refused with its field', () => {
  const record = (given: object) => ({ id: 'thg_1', createdAt: 7, ...given }) as AnyRecord
  const tooLarge = Number.MAX_SAFE_INTEGER + 1
  for (const [given, path] of [
    [{ count: tooLarge }, '/count'],
    [{ count: 1.5 }, '/count'],
    [{ title: Number.NaN }, '/title'],
    [{ price: { amount: tooLarge, currency: 'EUR' } }, '/price/amount'],
  ] as const)
    assert.throws(
      () => shape.check(record(given)),
      (error: EngineError) => error.code === 'validation_failed' && error.errors?.[0]?.path === path,
      path,
    )
  shape.check(record({ count: Number.MAX_SAFE_INTEGER, title: null, price: null, notes: { half: 0.5 } }))
})
