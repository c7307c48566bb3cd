// A process that dies at each step of what happens to an order's money, one after the other: before and after each commit, between
// the provider's effect and its answer, between the answer and the commit, between the commit and whoever waits for it, and while an
// effect is claimed, carried out and marked. Started again, the shop must end as if nobody had died. Deaths at single statements
// are in statement-points.test.ts.
// databases: sqlite, postgres

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { PaymentProvider } from '../../src/domains/payments/provider.ts'
import { testDatabase } from '../support/databases.ts'
import { diesAtEach } from '../support/dies-at-each.ts'
import { courses } from '../support/money-courses.ts'

// proves P-002 P-004
for (const course of courses)
  test(`${course.name}, whatever it dies at`, async (t) => {
    await diesAtEach(t, course, { isPoint: (step) => !step.startsWith('statement: ') })
  })

// Shops that are broken on purpose, or all of this could not fail.
const calls = (step: string) => step.includes('provider')
const newKeys = (real: PaymentProvider): PaymentProvider => ({
  ...real,
  start: (request) => real.start({ ...request, key: randomUUID() }),
  refund: (request) => real.refund({ ...request, key: randomUUID() }),
  capture: (request) => real.capture!({ ...request, key: randomUUID() }),
})
// On a server a webhook tells what became of a call before the lease of who made it ends: there is no other attempt.
const told = testDatabase().isServer ? [] : ['an order is checked out, paid and placed', 'staff give a part back', 'staff capture a part']
for (const name of told)
  test(`a shop that calls its provider under a new key at every attempt is seen: ${name}`, async (t) => {
    const course = courses.find((one) => one.name === name)!
    await assert.rejects(diesAtEach(t, course, { isPoint: calls, provider: newKeys }), /it died at/)
  })
