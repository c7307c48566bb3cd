// Why a payment did not come about: customers read what is theirs to know, staff all of it.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProviderResult, ProviderView } from '../../src/domains/payments/provider.ts'
import { checkOut, fillCart, openWorld } from '../support/api-harness.ts'

const ofTheShop = 'Mollie refuses the key (401): Missing authentication, or failed to authenticate'
const answers: readonly (readonly [what: string, answer: ProviderResult<ProviderView>, status: string, read: string])[] = [
  ['a card that is declined', { result: 'refused', reason: 'The card was declined.' }, 'failed', 'The card was declined.'],
  [
    'a key of the shop that is refused',
    { result: 'refused', reason: ofTheShop, isOurs: true },
    'failed',
    'This way to pay does not work at the moment.',
  ],
  [
    'an answer that is none',
    { result: 'uncertain', reason: ofTheShop },
    'unknown',
    'Nobody knows yet whether it was paid. The provider is asked.',
  ],
]

for (const [what, answer, status, read] of answers)
  test(`of ${what} customers read what is theirs to know, and staff all of it`, async () => {
    const world = await openWorld({ provider: (real) => ({ ...real, start: async () => answer }) })
    try {
      await world.engine.start()
      const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'))
      assert.deepEqual([body.payment.status, body.payment.lastError], [status, read])
      const own = await world.call('owner', { method: 'GET', url: `/api/payments/${body.payment.id}` })
      assert.equal(own.body.lastError, read)
      const effects = await world.call('staff', { method: 'GET', url: '/api/effects?filter[kind]=payment.start' })
      assert.equal(effects.body.items[0].lastError, (answer as { reason: string }).reason)
      const seen = await world.call('owner', { method: 'GET', url: '/api/effects' })
      assert.deepEqual(seen.body.items, [])
    } finally {
      await world.close()
    }
  })
