// An order that was bought on an invoice, or is paid on delivery: what is added to it is owed with the rest, by the same promise. It is
// a fact of that payment, as its beginning was, so whatever folds or looks at facts knows of it.
import type { Money } from '../../base/money.ts'
import { addMoney } from '../../base/money.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { payments } from '../payments/collections.ts'
import { recordTold } from '../payments/record-facts.ts'

/** Whoever calls holds the order, and settles it. Where nobody has promised anything, or all of it came in, nothing is written. */
export async function raisePromise(work: Work, order: string, more: Money): Promise<void> {
  const { tx, now, newId, project } = work
  const byHand = new Set(project.paymentProviders.filter((one) => one.isByHand).map(({ id }) => id))
  const open = (await findAll(tx, payments, eq('order', order))).filter(
    ({ provider, capturable, providerRef }) => byHand.has(provider) && (capturable?.amount ?? 0) > 0 && providerRef !== null,
  )
  const promised = open.toSorted((a, b) => b.sequence - a.sequence)[0]
  if (promised === undefined) return
  const payment = await tx.update(payments, promised, { set: { amount: addMoney(promised.amount, more) } })
  const fact = { kind: 'auth_ok', operationRef: `${payment.id}:more:${newId('fact')}`, amount: more, providerTime: now } as const
  await recordTold(work, payment, { facts: [fact], declineReason: null, providerRef: payment.providerRef, source: 'staff' })
}
