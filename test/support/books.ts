// What `kingpost verify` says of the money of a world once all has come to rest.
import assert from 'node:assert/strict'
import { creditInvariants } from '../../src/observe/invariants/credit.ts'
import { ledgerInvariants } from '../../src/observe/invariants/ledger.ts'
import { orderInvariants } from '../../src/observe/invariants/orders.ts'
import { paymentInvariants } from '../../src/observe/invariants/payments.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import type { World } from './api-harness.ts'

const groups = [ledgerInvariants, paymentInvariants, orderInvariants, creditInvariants]

/** Closes it whatever it says. */
export async function closeWithBooks(world: World): Promise<void> {
  try {
    const { storage, model } = world.engine.parts
    const of = { read: storage.reader, model, commitsAfter: storage.commitsAfter, now: world.clock.now(), isAtRest: true, groups }
    assert.deepEqual(await verifyDatabase(of), [])
  } finally {
    await world.close()
  }
}
