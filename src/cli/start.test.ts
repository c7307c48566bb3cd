import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modeOf } from './start.ts'

test('the first line of a start names what this project has, and no more', () => {
  assert.equal(modeOf({ isDevelopment: true }, { hasSeed: false, paidBy: [] }), 'in development: its schema follows the config')
  assert.equal(
    modeOf({ isDevelopment: true }, { hasSeed: true, paidBy: ['the sandbox'] }),
    'in development: its schema follows the config, an empty database gets the seed data, payments go to the sandbox',
  )
  assert.equal(modeOf({ isDevelopment: false }, { hasSeed: false, paidBy: [] }), 'in production')
})
