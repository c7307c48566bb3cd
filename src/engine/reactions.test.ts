import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountClaimedAgain } from '../domains/accounts/events.ts'
import type { EngineEvent } from './reactions.ts'

/** Does not compile unless each name tells its own. */
function told(event: EngineEvent): string {
  switch (event.type) {
    case 'account.claimed_again':
      return event.payload.email
    case 'order.placed':
      return event.payload.order.id
    default:
      return event.type
  }
}

test('what an event tells is known by its name', () => {
  const event = accountClaimedAgain({ email: 'ada@mail.example', language: 'en' })
  assert.equal(told(event), 'ada@mail.example')
  assert.equal(accountClaimedAgain.is(event), true)
  assert.equal(accountClaimedAgain.is({ type: 'order.placed', payload: event.payload }), false)
})
