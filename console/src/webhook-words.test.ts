/** Events that are asked for, one by one or by their kind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventKinds, eventWords, turnEvent, webhookHealth, webhookName } from './webhook-words.ts'

test('events stand by their kind, those that are gone with them', () => {
  const kinds = eventKinds(['order.placed', 'order.paid', 'notes.created'], ['order.*', 'teams.created'])
  assert.deepEqual(kinds, [
    { all: 'order.*', names: ['order.placed', 'order.paid'] },
    { all: 'notes.*', names: ['notes.created'] },
    { all: 'teams.*', names: ['teams.created'] },
  ])
})

test('who asks for a kind asks for none of it besides', () => {
  assert.deepEqual(turnEvent(['order.placed', 'notes.created'], 'order.*'), ['notes.created', 'order.*'])
  assert.deepEqual(turnEvent(['order.*'], 'order.*'), [])
  assert.deepEqual(turnEvent(['order.placed'], 'order.paid'), ['order.placed', 'order.paid'])
  assert.equal(eventWords([]), 'All events')
})

test('a webhook is named by its address, and stands well or not', () => {
  assert.equal(webhookName({ url: 'https://hooks.example.com/crm/' }), 'hooks.example.com/crm')
  assert.equal(webhookHealth({ enabled: true, failingSince: null }).word, 'on')
  assert.equal(webhookHealth({ enabled: true, failingSince: '2026-11-29T12:00:00.000Z' }).word, 'failing')
  assert.equal(webhookHealth({ enabled: false, failingSince: '2026-11-29T12:00:00.000Z' }).word, 'off')
})
