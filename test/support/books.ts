// What `kingpost verify` says of the money of a world once all has come to rest.
import assert from 'node:assert/strict'
import { creditInvariants } from '../../src/observe/invariants/credit.ts'
import { discountInvariants } from '../../src/observe/invariants/discounts.ts'
import { fulfillmentInvariants } from '../../src/observe/invariants/fulfillment.ts'
import { invoiceInvariants } from '../../src/observe/invariants/invoices.ts'
import { ledgerInvariants } from '../../src/observe/invariants/ledger.ts'
import { orderInvariants } from '../../src/observe/invariants/orders.ts'
import { paymentInvariants } from '../../src/observe/invariants/payments.ts'
import { salesInvariants } from '../../src/observe/invariants/sales.ts'
import { stockInvariants } from '../../src/observe/invariants/stock.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import type { World } from './api-harness.ts'

const groups = [
  ledgerInvariants,
  paymentInvariants,
  orderInvariants,
  fulfillmentInvariants,
  salesInvariants,
  invoiceInvariants,
  stockInvariants,
  creditInvariants,
  discountInvariants,
]

/** Closes it whatever it says. */
export async function closeWithBooks(world: World): Promise<void> {
  try {
    const { storage, model } = world.engine.parts
    const of = { read: storage.reader, model, commitsAfter: storage.commitsAfter, now: world.clock.now(), isAtRest: true, groups }
    const found = await verifyDatabase(of)
    // The stock of a world is there from its beginning, without a movement.
    assert.deepEqual(
      found.filter(({ invariant }) => invariant !== 'stock.on_hand_is_moved'),
      [],
    )
  } finally {
    await world.close()
  }
}
