// Disputes as the provider tells of them: each a row of ours, as it stands now.
import type { DomainEvent } from '../../contract/events.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { disputes, openDisputes, type Payment } from './collections.ts'
import { disputeChanged } from './events.ts'
import type { ProviderDispute } from './provider.ts'

/** Answers what is new of them. One that was decided is not opened again by a view from before that. */
export async function noteDisputes(work: Work, payment: Payment, told: readonly ProviderDispute[]): Promise<readonly DomainEvent[]> {
  const { tx, newId } = work
  const { id, order, provider } = payment
  const refs = oneOf(
    'providerRef',
    told.map(({ ref }) => ref),
  )
  const known = new Map((await findAll(tx, disputes, and(eq('provider', provider), refs))).map((one) => [one.providerRef, one]))
  const events: DomainEvent[] = []
  for (const { ref: providerRef, ...as } of told) {
    const before = known.get(providerRef)
    if (before === undefined) {
      const dispute = await tx.insertOnce(disputes, { id: newId('dsp'), payment: id, order, provider, providerRef, ...as })
      if (dispute !== null) events.push(disputeChanged({ dispute }))
      continue
    }
    const isSame = before.status === as.status && before.evidenceDueAt === as.evidenceDueAt && before.amount.amount === as.amount.amount
    if (isSame || (!openDisputes.includes(before.status) && openDisputes.includes(as.status))) continue
    events.push(disputeChanged({ dispute: await tx.update(disputes, before, { set: as }) }))
  }
  return events
}
