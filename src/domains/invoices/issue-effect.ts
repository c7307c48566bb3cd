// Owed where something was sold or is sold no longer, and carried out by itself: the number of an invoice is one row that all who
// issue wait for, which no customer who pays should.
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue, type Outcome } from '../../effects/effect.ts'
import type { Services } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import type { Order } from '../orders/collections.ts'
import { invoices } from './collections.ts'
import { issueInvoices } from './issue-invoices.ts'
import { askExchange, type Exchange } from './tax-currency.ts'

const payload = Type.Object({ order: Type.String() })
export const invoiceIssue = effectKind('invoices.issue', payload)
/** Of what was invoiced already, and of nothing else. */
export const invoiceCorrect = effectKind('invoices.correct', payload)

/** Once for an order. */
export async function oweInvoice(work: Work, { id }: Pick<Order, 'id'>): Promise<void> {
  await enqueue(work, invoiceIssue, { key: `invoices.issue:${id}`, payload: { order: id }, record: id })
}

/** Where it was invoiced: what is to be issued yet says how it stands by then. */
export async function oweCorrection(work: Work, { id }: Pick<Order, 'id'>): Promise<void> {
  if (!work.project.shop?.invoices) return
  // Beyond the limit: more of the same, and one is enough.
  const [issued] = await work.tx.find(invoices, { where: eq('order', id), limit: 1 })
  if (issued === undefined) return
  const key = `invoices.correct:${work.newId('invoice')}`
  await enqueue(work, invoiceCorrect, { key, payload: { order: id }, record: id, isNew: true })
}

export function issueInvoiceEffects(services: Pick<Services, 'exchangeRates'>): EffectHandler[] {
  return [
    { kind: invoiceIssue, isBegun: false },
    { kind: invoiceCorrect, isBegun: true },
  ].map(({ kind, isBegun }) =>
    effectHandler(kind, {
      // The number is taken in the transaction that ends the attempt.
      async perform({ read, project, now, payload }): Promise<Outcome<Exchange>> {
        const exchange = isBegun ? null : await askExchange({ read, project, services, now }, payload.order)
        return exchange === 'missing'
          ? { end: 'retry', error: 'The exchange rate of its tax is not known.', isNoAttempt: true }
          : { end: 'done', result: exchange }
      },
      async settle(work) {
        const { outcome, payload } = work
        return outcome.end === 'done' ? (await issueInvoices(work, payload.order, { isBegun, exchange: outcome.result })).events : []
      },
    }),
  )
}
