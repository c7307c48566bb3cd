// Capture at shipment: what has been sent of an order is taken from payments that were authorized for that. A capture is owed with the
// parcel, in its transaction; it is an effect, so that no provider can keep a parcel from being written down.
import { money } from '../../base/money.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { capturable, openCaptures } from './capture-claims.ts'
import { wantCapture } from './capture-payment.ts'
import { payments } from './collections.ts'
import type { PaymentProvider } from './provider.ts'

/** `sent`: what was sent so far comes to this. `charged`: what the order comes to. `isAll`: nothing more will be sent. */
export type Shipped = { readonly order: string; readonly sent: number; readonly charged: number; readonly isAll: boolean }

/**
 * Asks for what is missing of it. Where a provider captures once, all is taken with the first parcel, and where it captures no parts, all
 * that it holds; with the last parcel the rest of an authorization is released. Whoever calls holds the order.
 */
export async function captureShipped(
  work: Work,
  providers: ReadonlyMap<string, PaymentProvider>,
  { order, sent, charged, isAll }: Shipped,
): Promise<void> {
  const { tx, project } = work
  const atShipment = new Set(project.paymentProviders.filter(({ capture }) => capture === 'shipment').map(({ id }) => id))
  if (atShipment.size === 0) return
  const found = await findAll(tx, payments, eq('order', order))
  const attempts = found.toSorted((a, b) => a.sequence - b.sequence)
  let taken = 0
  for (const { id, captured, capture } of attempts) {
    taken += captured.amount
    if (capture === 'later') for (const { amount } of await openCaptures(tx, id)) taken += amount.amount
  }
  for (const { id, provider: name } of attempts) {
    const provider = providers.get(name)
    if (!atShipment.has(name) || provider?.capture === undefined) continue
    // Staff may be capturing it.
    const payment = (await tx.lock(payments, id, 'exclusive'))!
    const left = (await capturable(tx, payment)).amount
    const { capturesParts, capturesOften } = provider.capabilities
    const due = (capturesOften ? Math.min(sent, charged) : charged) - taken
    const amount = due > 0 && !capturesParts ? left : Math.min(left, due)
    if (amount <= 0) continue
    taken += amount
    const wanted = money(amount, payment.amount.currency)
    await wantCapture(work, payment, { providers, amount: wanted, isFinal: isAll || !capturesOften, isAwaited: false })
  }
}
