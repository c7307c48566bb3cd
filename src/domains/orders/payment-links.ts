// Links by which anybody pays what is open of an order, and sees nothing else of it. Invariant: an order has one at most, and a newer
// one takes its place. Stored hashed. It is good until its time, and while something is open.
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { sumsBy } from '../../storage/sums-by.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { accounts, ledgerEntries } from '../ledger/collections.ts'
import { payments } from '../payments/collections.ts'
import type { PaymentProvider } from '../payments/provider.ts'
import { keptOf } from '../payments/refund-claims.ts'
import { exchangeOpen, type Order } from './collections.ts'

export const paymentLinks = collection('paymentLinks', {
  prefix: 'plk',
  system: true,
  internal: true,
  feed: false,
  fields: {
    order: field.text({ required: true, unique: true, max: 100 }),
    tokenHash: field.text({ required: true, unique: true }),
    expiresAt: field.dateTime({ required: true }),
    /** The attempt that was begun by it last: of an order that is placed it is left open for its customer. */
    payment: field.text(),
  },
  indexes: [['expiresAt']],
})
export type PaymentLink = NonNullable<(typeof paymentLinks)['record']>

export const paymentLinkPrefix = 'paylink'
export const linkToken = Type.String({ minLength: 1, maxLength: limits.tokenCharactersMax })

/** @throws payment_link_invalid */
export async function findPaymentLink(read: Pick<Reader, 'find'>, token: string, now: number): Promise<PaymentLink> {
  const link = await findUnique(read, paymentLinks, eq('tokenHash', hashSecret(token)))
  if (link === null || link.expiresAt <= now) throw new EngineError('payment_link_invalid')
  return link
}

export type Providers = ReadonlyMap<string, PaymentProvider>

/**
 * What can be paid of an order now, in its currency: of one that waits, what is not there; of one that is placed, what its customer owes and
 * no provider holds for us. Nothing of one that is closed.
 */
export async function dueOf(tx: Transaction, order: Order, providers: Providers): Promise<number> {
  const { id, status, total } = order
  const isPlaced = status === 'placed' || status === 'completed'
  if (status !== 'pending_payment' && !isPlaced) return 0
  const attempts = await findAll(tx, payments, eq('order', id))
  // What an exchange leaves open is known once what it replaces is back.
  if (order.holds.includes(exchangeOpen)) return 0
  if (!isPlaced) return Math.max(0, total.amount - (await keptOf(tx, attempts)))
  const groups = await sumsBy(tx, ledgerEntries, { where: eq('order', id), by: ['account', 'amount.currency'], sum: 'amount.amount' })
  const owed = groups.find(({ key }) => key[0] === accounts.receivable(id) && key[1] === total.currency)?.sum ?? 0
  const held = attempts.filter(({ provider }) => providers.get(provider)?.capabilities.isBookedByStaff !== true)
  return Math.max(0, owed - held.reduce((sum, { capturable }) => sum + (capturable?.amount ?? 0), 0))
}
