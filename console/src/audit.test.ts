/** A line of the audit says what differs, in whole words, and nothing that says nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AuditEntry, actorWords, differencesOf, textDifference } from './audit.ts'
import type { CollectionInfo, FieldInfo } from './shapes.ts'

const field = (name: string): FieldInfo => ({
  name,
  input: 'text',
  display: 'text',
  operators: [],
  required: false,
  filterable: true,
  sortable: true,
})
const info: CollectionInfo = {
  name: 'books',
  title: 'Books',
  system: false,
  can: { create: true, update: true, delete: true },
  fields: ['title', 'about', 'labels'].map(field),
}
const entry = (action: AuditEntry['action'], before: AuditEntry['before'], after: AuditEntry['after']): AuditEntry => ({
  id: '7.0',
  at: '2026-11-30T00:00:00.000Z',
  operation: 'books.update',
  actor: 'usr_1',
  from: null,
  collection: 'books',
  record: 'book_1',
  action,
  before,
  after,
})
const told = (one: AuditEntry, of: CollectionInfo | undefined = info) =>
  differencesOf(one, of).map(({ field, before, after }) => [field.name, before, after])

test('an update tells each field that differs, also one that was emptied; what was made tells what it holds', () => {
  assert.deepEqual(told(entry('updated', { about: 'Old', title: 'A' }, { about: null, title: 'B' })), [
    ['title', 'A', 'B'],
    ['about', 'Old', null],
  ])
  assert.deepEqual(told(entry('created', null, { id: 'book_1', title: 'A', about: '', labels: [] })), [['title', null, 'A']])
  assert.deepEqual(told(entry('deleted', { title: 'A', about: null }, null)), [['title', 'A', null]])
})

test('a field that there is no more is told, and a collection that is not known', () => {
  assert.deepEqual(told(entry('updated', { colour: 'red', title: 'A' }, { colour: 'blue', title: 'A' })), [
    ['title', 'A', 'A'],
    ['colour', 'red', 'blue'],
  ])
  const [only] = differencesOf(entry('updated', { size: { w: 1 } }, { size: { w: 2 } }), undefined)
  assert.equal(only?.field.display, 'json')
})

const shown = (before: string, after: string) =>
  textDifference(before, after)
    .map(({ kind, text }) => (kind === 'same' ? text : kind === 'gone' ? `[-${text}-]` : `[+${text}+]`))
    .join('')

test('a text is compared by whole words, with a little of what stayed around them', () => {
  assert.equal(shown('Emma, a novel', 'Emma, the novel'), 'Emma, [-a-][+the+] novel')
  assert.equal(shown('a a', 'a a a'), 'a a[+ a+]')
  assert.equal(shown('gone', ''), '[-gone-]')
  const long = 'word '.repeat(40)
  assert.match(shown(`${long}old ${long}`, `${long}new ${long}`), /^… (?:word )+\[-old-\]\[\+new\+\](?: word)+ …$/)
})

test('who is no account is told in words', () => {
  assert.deepEqual(['system', 'guest', 'a'.repeat(64), 'usr_01', 'command line'].map(actorWords), [
    'The system',
    'A guest',
    'A guest with a cart',
    undefined,
    'command line',
  ])
})
