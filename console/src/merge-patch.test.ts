import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergePatchOf } from './merge-patch.ts'

test('a change of a JSON value is the patch that makes it', () => {
  const patch = (before: unknown, after: unknown) => mergePatchOf(before, after)?.value
  assert.deepEqual(patch({ a: 1, b: { c: 1, d: 2 }, e: [1] }, { a: 1, b: { c: 1, x: 3 }, e: [2] }), { b: { d: null, x: 3 }, e: [2] })
  assert.deepEqual(patch({ a: 1 }, {}), { a: null })
  assert.deepEqual(patch([1], { a: 1 }), { a: 1 })
  assert.deepEqual(patch({ a: 1 }, [null]), [null])
  assert.deepEqual(patch(null, { a: { b: 1 } }), { a: { b: 1 } })
  assert.equal(patch({ a: 1 }, null), null)
  for (const after of [{ a: null }, { b: { c: null } }]) assert.equal(mergePatchOf({ a: 1 }, after), undefined)
})
