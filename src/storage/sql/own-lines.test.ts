import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OwnLines, type ToldLine } from './own-lines.ts'

const line = { at: 1, operation: 'things.create', actor: 'system', requestId: 'r1', changes: [] }
const change = { collection: 'things', id: 'thi_1', action: 'created', record: { id: 'thi_1', createdAt: 1 } } as const
const told = (token: string, more: Partial<ToldLine> = {}): ToldLine => ({ ...line, position: 1, token, changes: null, ...more })

test('a line of our own is told as it was written, one of another process as it is stored', () => {
  const own = new OwnLines('tag')
  own.add('tag1', { ...line, changes: [change] })
  assert.deepEqual(own.complete([told('tag1'), told('other', { position: 2, changes: [] })]), [
    { ...line, position: 1, changes: [change] },
    { ...line, position: 2 },
  ])
})

test('what is not at hand must be read: of an earlier life, given up, told already, or what keeps a lost commit from happening', () => {
  const own = new OwnLines('tag')
  assert.equal(own.complete([told('tag1')]), null)
  own.add('tag2', line)
  own.forget('tag2')
  assert.equal(own.complete([told('tag2')]), null)
  own.add('tag3', line)
  assert.notEqual(own.complete([told('tag3')]), null)
  assert.equal(own.complete([told('tag3')]), null)
  own.add('tag4', line)
  assert.equal(own.complete([told('tag4', { operation: 'commit.lost' })]), null)
})
