import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Collection, collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { compileModel, type Model } from '../../schema/model.ts'
import { withTexts } from '../decimals-in-log.ts'
import type { Commit } from '../storage.ts'
import { createRenamer } from './renamed-changes.ts'

const line: Commit = {
  position: 1,
  at: 1,
  operation: 'books.update',
  actor: 'guest',
  requestId: '',
  changes: [
    {
      collection: 'books',
      id: 'b1',
      action: 'updated',
      record: { id: 'b1', createdAt: 1, hidden: true } as never,
      before: { hidden: false },
    },
  ],
}

test('a line under former names is read under those of now', () => {
  const model = compileModel([
    collection('works', { renamedFrom: 'books', fields: { isHidden: field.boolean({ renamedFrom: 'hidden' }) } }) as unknown as Collection,
  ])
  const [commit] = createRenamer(model)([line])
  assert.deepEqual(commit!.changes, [
    { collection: 'works', id: 'b1', action: 'updated', record: { id: 'b1', createdAt: 1, isHidden: true }, before: { isHidden: false } },
  ])
})

test('where nothing was renamed, the lines are the same objects', () => {
  const model = compileModel([collection('books', { fields: { hidden: field.boolean() } }) as unknown as Collection])
  const commits = [line]
  assert.equal(createRenamer(model)(commits), commits)
})

test('a decimal is read with the decimals of now, and a whole number was one', () => {
  const modelOf = (fields: object) => compileModel([collection('books', { fields } as never) as unknown as Collection])
  const before = modelOf({ weight: field.decimal({ scale: 2 }), pages: field.integer() })
  const record = { id: 'b1', createdAt: 1, weight: 1_250, pages: 5 } as never
  const changes = withTexts(before, [{ collection: 'books', id: 'b1', action: 'updated', record, before: { weight: null } }])
  assert.deepEqual(changes[0]!.record, { id: 'b1', createdAt: 1, weight: '12.50', pages: 5 })
  const read = (model: Model) => createRenamer(model)([{ ...line, changes }])[0]!.changes[0]!
  assert.deepEqual([read(before).record, read(before).before], [record, { weight: null }])
  const later = read(modelOf({ weight: field.decimal({ scale: 4 }), pages: field.decimal({ scale: 1 }) }))
  assert.deepEqual(later.record, { id: 'b1', createdAt: 1, weight: 125_000, pages: 50 })
  const named = read(modelOf({ mass: field.decimal({ scale: 0, renamedFrom: 'weight' }), pages: field.text() }))
  assert.deepEqual([named.record, named.before], [{ id: 'b1', createdAt: 1, mass: 13, pages: 5 }, { mass: null }])
})
