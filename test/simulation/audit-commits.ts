// The auditor of the way from state to state, which no later look at the data can tell: it reads each commit as it comes. What has an
// end stays there, states change along their edges, versions follow each other, and money that was taken or given back stays so.
import type { CommitLine, RecordChange } from '../../src/storage/storage.ts'
import type { Store } from './store.ts'

type Report = (problem: string) => void
type Sql = Pick<Store, 'sql'>
type Change = Omit<RecordChange, 'before'>

/** From a state to those that may follow it. A state that is not named may become any other. */
export const edges: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  orders: {
    pending_payment: ['placed', 'expired', 'canceled'],
    expired: ['placed'],
    placed: ['completed', 'canceled'],
    completed: ['placed'],
    canceled: [],
  },
  payments: { captured: ['reversed'], sending: without('created'), unknown: without('created', 'sending') },
  refunds: { succeeded: ['failed'] },
  captures: { succeeded: [] },
  disputes: { won: ['lost', 'closed'], lost: ['won', 'closed'], closed: ['won', 'lost'] },
  reservations: {
    held: ['committed', 'released', 'expired'],
    committed: ['released', 'consumed'],
    released: [],
    expired: [],
    consumed: ['committed', 'returned'],
    returned: [],
  },
  effects: { done: [] },
}

function without(...left: readonly string[]): readonly string[] {
  const all = ['created', 'sending', 'requires_action', 'processing', 'authorized', 'captured', 'failed', 'unknown', 'canceled', 'reversed']
  return all.filter((status) => !left.includes(status))
}

const live = `"status" in ('created','sending','processing','unknown')`

export function createCommitAuditor(store: Sql, report: Report): (commit: Pick<CommitLine, 'changes'>) => void {
  const known = new Map<string, Change['record']>()
  return ({ changes }) => {
    for (const change of changes) {
      const { collection, id, record, action } = change
      if (edges[collection] === undefined) continue
      const before = known.get(id)
      if (action === 'deleted') known.delete(id)
      else known.set(id, record)
      if (action === 'created') checkBegun(store, report, change)
      if (action !== 'updated') continue
      if (before !== undefined) checkStep(report, change, before)
      if (before !== undefined && collection === 'payments') checkMoney(store, report, { id, record, before })
      if (collection === 'orders' && record['status'] === 'expired') checkExpired(store, report, id)
    }
  }
}

/** Claims of effects, and looks at payments that are planned, are told to nobody: they move the version on. */
const isTouched: readonly string[] = ['effects', 'payments']

const stateOf = (record: Change['record']) => String(record['status'] ?? record['state'])

function checkStep(report: Report, { collection, id, record }: Change, before: Change['record']): void {
  const [from, to] = [stateOf(before), stateOf(record)]
  const allowed = edges[collection]![from]
  if (from !== to && allowed !== undefined && !allowed.includes(to)) report(`step: ${collection}/${id} was ${from} and became ${to}`)
  const [last, next] = [Number(before['version']), Number(record['version'])]
  const isNext = isTouched.includes(collection) ? next > last : next === last + 1
  if (!isNext) report(`step: ${collection}/${id} went from version ${last} to ${next}`)
}

/** Nobody is asked to pay while another attempt may still take the money. */
function checkBegun(store: Sql, report: Report, { collection, id, record }: Change): void {
  if (collection !== 'payments' || stateOf(record) !== 'sending') return
  const other = store.sql(`select "id","status" from "payments" where "order"=? and "id"<>? and ${live}`).get(String(record['order']), id)
  if (other) report(`step: payment ${id} was begun while ${String(other['id'])} was ${String(other['status'])}`)
}

function checkExpired(store: Sql, report: Report, id: string): void {
  const one = store.sql(`select "id","status" from "payments" where "order"=? and ${live}`).get(id)
  if (one) report(`step: order ${id} expired while payment ${String(one['id'])} was ${String(one['status'])}`)
}

type Paid = { readonly id: string; readonly record: Change['record']; readonly before: Change['record'] }

/** Less was taken, or given back, than before: only where the provider says that it was undone. */
function checkMoney(store: Sql, report: Report, { id, record, before }: Paid): void {
  for (const [name, undone] of [
    ['captured', 'cap_reversed'],
    ['refunded', 'ref_fail'],
  ] as const) {
    const [was, is] = [before, record].map((one) => (one[name] as { amount: number }).amount) as [number, number]
    if (is >= was) continue
    const fact = store.sql('select 1 from "paymentFacts" where "payment"=? and "kind"=?').get(id, undone)
    if (!fact) report(`step: payment ${id} had ${name} ${was} and has ${is}`)
  }
}
