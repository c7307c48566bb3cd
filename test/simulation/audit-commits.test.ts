// Each rule of the auditor of commits, with a violation that it must report, and beside it what it must not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordChange } from '../../src/storage/storage.ts'
import { createCommitAuditor } from './audit-commits.ts'

const eur = (amount: number) => ({ amount, currency: 'EUR' })

/** What is reported of these states of one record, with versions one by one unless said. `found`: what the database answers to any question. */
function reported(collection: string, states: readonly Readonly<Record<string, unknown>>[], found?: object): string[] {
  const problems: string[] = []
  const store = { sql: () => ({ get: () => found }) } as never
  const audit = createCommitAuditor(store, (problem) => problems.push(problem))
  for (const [index, state] of states.entries()) {
    const record = {
      id: 'one',
      version: index + 1,
      order: 'ord_1',
      captured: eur(0),
      refunded: eur(0),
      ...state,
    } as unknown as RecordChange['record']
    audit({ changes: [{ collection, id: 'one', action: index === 0 ? 'created' : 'updated', record }] })
  }
  return problems
}
const ofStates = (collection: string, ...states: readonly string[]) =>
  reported(
    collection,
    states.map((status) => ({ [['reservations', 'effects'].includes(collection) ? 'state' : 'status']: status })),
  )

for (const [collection, allowed, refused] of [
  ['orders', ['pending_payment', 'expired', 'placed', 'completed', 'placed', 'canceled'], ['placed', 'expired']],
  ['orders', ['pending_payment', 'canceled'], ['canceled', 'placed']],
  ['payments', ['sending', 'unknown', 'processing', 'captured', 'reversed'], ['captured', 'failed']],
  ['payments', ['sending', 'failed', 'captured'], ['unknown', 'sending']],
  ['refunds', ['wanted', 'pending', 'succeeded', 'failed', 'wanted'], ['succeeded', 'wanted']],
  ['captures', ['wanted', 'failed', 'wanted', 'succeeded'], ['succeeded', 'failed']],
  ['disputes', ['needs_response', 'under_review', 'lost', 'won'], ['won', 'needs_response']],
  ['reservations', ['held', 'committed', 'consumed'], ['expired', 'committed']],
  ['effects', ['ready', 'running', 'ready', 'running', 'done'], ['done', 'ready']],
] as const)
  test(`${collection} that were ${refused[0]} do not become ${refused[1]}`, () => {
    assert.deepEqual(ofStates(collection, ...allowed), [])
    assert.deepEqual(ofStates(collection, ...refused), [`step: ${collection}/one was ${refused[0]} and became ${refused[1]}`])
  })

test('a record whose version is skipped, or stays', () => {
  const placed = { status: 'placed' }
  assert.deepEqual(reported('orders', [placed, { ...placed, version: 3 }]), ['step: orders/one went from version 1 to 3'])
  assert.deepEqual(reported('orders', [placed, { ...placed, version: 1 }]), ['step: orders/one went from version 1 to 1'])
})

test('an attempt that is begun while another may still take money', () => {
  const begun = [{ status: 'sending' }]
  assert.deepEqual(reported('payments', begun), [])
  assert.deepEqual(reported('payments', begun, { id: 'pay_2', status: 'unknown' }), ['step: payment one was begun while pay_2 was unknown'])
})

test('an order that expires while an attempt may still take money', () => {
  const ended = [{ status: 'pending_payment' }, { status: 'expired' }]
  assert.deepEqual(reported('orders', ended), [])
  assert.deepEqual(reported('orders', ended, { id: 'pay_2', status: 'sending' }), [
    'step: order one expired while payment pay_2 was sending',
  ])
})

test('money that was taken or given back, and is so no more without a word of the provider', () => {
  const captured = [
    { status: 'captured', captured: eur(5) },
    { status: 'captured', captured: eur(4) },
  ]
  assert.deepEqual(reported('payments', captured), ['step: payment one had captured 5 and has 4'])
  assert.deepEqual(reported('payments', captured, {}), [])
  const refunded = [
    { status: 'captured', refunded: eur(5) },
    { status: 'captured', refunded: eur(0) },
  ]
  assert.deepEqual(reported('payments', refunded), ['step: payment one had refunded 5 and has 0'])
})
