import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modeOf } from './start.ts'

test('the first line of a start names what this project has, and no more', () => {
  assert.equal(
    modeOf({ isDevelopment: true }, { hasSeed: false, paidBy: [] }),
    'in development: new collections and fields are added by themselves',
  )
  assert.equal(
    modeOf({ isDevelopment: true }, { hasSeed: true, paidBy: ['the sandbox'] }),
    'in development: new collections and fields are added by themselves, an empty database gets the seed data, payments go to the sandbox',
  )
  assert.equal(modeOf({ isDevelopment: false }, { hasSeed: false, paidBy: [] }), 'in production')
})
