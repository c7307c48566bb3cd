import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Collection, collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { compileModel } from '../../schema/model.ts'
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
