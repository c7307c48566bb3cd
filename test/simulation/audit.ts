// The auditors. After every transaction: what must never be seen wrong, by plain SQL. At rest: every
// invariant of `kingpost verify`, the books of the other side, and what buyers were told.

import { limits } from '../../src/base/limits.ts'
import { accounts } from '../../src/domains/ledger/collections.ts'
import { recordInvariants } from '../../src/observe/invariants/records.ts'
import { invariantGroups, verifyDatabase } from '../../src/observe/verify.ts'
import type { SandboxBook } from '../../src/sandbox/book.ts'
import { capturedOf, refundedOf, withdrawnOf } from '../../src/sandbox/payment.ts'
import type { Commit } from '../../src/storage/storage.ts'
import type { Acknowledged } from './buyer.ts'
import type { MoneyPlan } from './money-plan.ts'
import type { OrderPlan } from './order-plan.ts'
import { auditOwnCode } from './own-code.ts'
import type { Drop } from './provider-plan.ts'
import { auditReceivers, type Receivers } from './receivers.ts'
import type { SmtpPeer } from './smtp-peer.ts'
import type { Store } from './store.ts'
import type { World } from './world.ts'

type Report = (problem: string) => void

/** Cheap enough for every step. */
export function auditStep(store: Store, report: Report): void {
  const written = store.written()
  if (written.has('stockLevels')) auditLevels(store, report)
  if (written.has('ledgerEntries')) auditTransfers(store, report)
  if (written.has('orders')) auditUnits(store, report)
  if (written.has('discountTallies')) auditUses(store, report)
  if (written.has('downloads')) auditDownloads(store, report)
}

/** No unit is two things at once, and nothing is charged that was canceled. */
function auditUnits(store: Store, report: Report): void {
  const count = (name: string) => `coalesce(l.value->>'$.${name}',0)`
  const broken = store
    .sql(
      `select o."id" from "orders" o, json_each(o."lines") l where ${count('shipped')}+${count('canceled')} > l.value->>'$.quantity'
      or ${count('returning')}+${count('returned')} > ${count('shipped')} or min(${count('shipped')},${count('canceled')},${count('returning')},${count('returned')}) < 0 limit 1`,
    )
    .get()
  if (broken) report(`step: the units of order ${String(broken['id'])} do not add up`)
}

/** Whoever downloads has paid for it, and nobody looks at the order first. */
function auditDownloads(store: Store, report: Report): void {
  const broken = store
    .sql(
      `select o."id" from "downloads" d join "orders" o on o."id"=d."order" where d."createdAt"=(select max("createdAt") from "downloads")
      and (o."status" not in ('placed','completed') or o."holds"<>'[]' or o."paymentStatus" in ('none','authorized','voided','refunded')
      or (select coalesce(sum("captured_amount"),0) from "payments" p where p."order"=o."id") <
        (select coalesce(sum(l.value->>'$.total.amount'),0) from json_each(o."lines") l where l.value->>'$.isDigital' and coalesce(l.value->>'$.canceled',0)=0
          and coalesce(l.value->>'$.shipped',0)>0)) limit 1`,
    )
    .get()
  if (broken) report(`step: order ${String(broken['id'])} was downloaded and is not paid`)
}

function auditUses(store: Store, report: Report): void {
  const broken = store
    .sql(
      `select d."code" from "discountTallies" t join "discounts" d on d."id"=t."discount"
      where t."uses" > coalesce(case when t."of"='all' then d."usesMax" when d."firstOrder" then 1 else d."usesPerCustomerMax" end, 1e9) limit 1`,
    )
    .get()
  if (broken) report(`step: discount ${String(broken['code'])} is used more often than it may be`)
}

function auditLevels(store: Store, report: Report): void {
  const broken = store
    .sql(
      `select "id" from "stockLevels" where "onHand"<0 or "held"<0 or "committed"<0 or "available"<0 or "available"<>"onHand"-"held"-"committed"+case when "sellsIncoming" then coalesce("incoming",0) else 0 end limit 1`,
    )
    .get()
  if (broken) report(`step: stock level ${String(broken['id'])} does not add up`)
}

function auditTransfers(store: Store, report: Report): void {
  const unbalanced = store
    .sql('select "transfer", sum("amount_amount") as "sum" from "ledgerEntries" group by "transfer" having "sum"<>0 limit 1')
    .get()
  if (unbalanced) report(`step: transfer ${String(unbalanced['transfer'])} sums to ${String(unbalanced['sum'])}`)
}

export type RestParts = {
  readonly world: World
  readonly store: Store
  readonly commitsAfter: (position: number, limit: number) => Promise<readonly Commit[]>
  readonly book: SandboxBook
  readonly peer: SmtpPeer
  readonly receivers: Receivers | null
  readonly acknowledged: Acknowledged
  readonly money: MoneyPlan | null
  readonly orders: OrderPlan | null
  readonly report: Report
  readonly isThorough: boolean
  readonly drop: Drop | null
  /** No process and no database failed in this run: then even what is at least once is once. */
  readonly isCalm: boolean
  /** How many orders must have been placed, where it can be known. */
  readonly placedExpected: number | null
}

export function auditRest(parts: RestParts): void {
  const { world, store, report } = parts
  let isVerified = false
  verifyDatabase({
    read: store.adapter.reader,
    model: store.backend.model,
    commitsAfter: parts.commitsAfter,
    now: world.now(),
    isAtRest: true,
    // The schema holds what this group checks, and it reads every row of every table: now and then is enough.
    groups: parts.isThorough ? invariantGroups : invariantGroups.filter((group) => group !== recordInvariants),
  }).then(
    (violations) => {
      isVerified = true
      for (const { invariant, rows, found } of violations) report(`${invariant}: ${rows.join(', ')}: ${found}`)
    },
    (error: unknown) => report(`verify broke: ${error instanceof Error ? error.stack : String(error)}`),
  )
  world.drain()
  if (!isVerified) report('verify did not end')
  auditEffects(parts)
  auditMoney(parts)
  auditMail(parts)
  auditPromises(parts)
  // The machine crashed three times in the middle of one hook or effect of the project: the engine holds its code for the cause and leaves it
  // to staff, as it says. What that would have written, and told others of, is not there.
  const isBlamed = store.sql(`select 1 from "effects" where "state"='dead' and ${blamed} limit 1`).get() !== undefined
  if (!isBlamed) auditOwnCode(store, report)
  if (!isBlamed && parts.receivers) auditReceivers(store, parts.receivers, report)
}

const blamed = `("kind" like 'hook.%' or "kind" like 'points.%') and "lastError" like '%its process died during the attempt%'`

/** Everything owed has come to an end, and to a good one unless the other side refused for good. */
function auditEffects({ store, book, report, drop }: RestParts): void {
  for (const row of store
    .sql(
      `select "id","kind","state","lastError","payload" from "effects" where "state" not in ('done') and not (coalesce("lastError",'')<>'' and ${blamed})`,
    )
    .all()) {
    // It never gets an answer: that it was carried out is what the books say.
    const isUnanswered = drop === 'answers' && /^payments?\./.test(String(row['kind']))
    const isMail = row['kind'] === 'email.send' && (row['state'] === 'dead' || row['state'] === 'unknown')
    // Its receiver is gone: what becomes of its messages, auditReceivers says.
    const isMessage = row['kind'] === 'webhook.deliver' && row['state'] === 'dead'
    // What the provider lost, or gave back otherwise, is refused for good, and nothing waits for it.
    const { payment, refund } = JSON.parse(String(row['payload'])) as { payment?: string; refund?: string }
    const is = (table: string, column: string, value: string, id: string) =>
      store.sql(`select 1 from "${table}" where "id"=? and "${column}"='${value}'`).get(id) !== undefined
    const isReplaced = row['kind'] === 'payment.refund' && is('refunds', 'status', 'canceled', refund!)
    const isLost = ['payment.cancel', 'payment.start'].includes(String(row['kind'])) && is('payments', 'status', 'failed', payment!)
    // A repeated start had made another of it, which has come to its end: that it is closed is what `payments.closed_with_order` says.
    const isAnother = row['kind'] === 'payment.cancel' && String(row['lastError']).startsWith('There is no such payment.')
    // Or a capture took longer than it was tried for: what was left after that was given up by another effect.
    const isBusy = row['kind'] === 'payment.cancel' && String(row['lastError']).startsWith('A capture is on its way.')
    const hasEnded =
      (isAnother || isBusy) && ['canceled', 'captured', 'reversed'].some((status) => is('payments', 'status', status, payment!))
    // A bank was faster than our refund, or a dashboard than our capture: staff see that it failed.
    const { capture } = JSON.parse(String(row['payload'])) as { capture?: string }
    const isFailed = row['kind'] === 'payment.refund' && is('refunds', 'status', 'failed', refund!)
    const isDisputed =
      isFailed && book.all().some(({ disputes, reference }) => disputes.length > 0 && is('refunds', 'payment', reference, refund!))
    // It was silent for all its attempts, and a look has found what became of it.
    const isLooked =
      row['kind'] === 'payment.start' && gaveUp(row) && !['sending', 'unknown'].some((status) => is('payments', 'status', status, payment!))
    // What a dashboard took of the same amount is told as ours: the money is there, and the books agree.
    const isUncaptured =
      row['kind'] === 'payment.capture' && (is('captures', 'status', 'failed', capture!) || is('captures', 'status', 'succeeded', capture!))
    if (!isMail && !isMessage && !isReplaced && !isLost && !hasEnded && !isDisputed && !isUncaptured && !isLooked && !isUnanswered)
      report(`effect ${String(row['id'])} (${String(row['kind'])}) rests as ${String(row['state'])}: ${String(row['lastError'])}`)
  }
}

const gaveUp = (row: Readonly<Record<string, unknown>>) => String(row['lastError']).includes('(gave up after')

type MoneyAudit = Pick<RestParts, 'store' | 'book' | 'money' | 'orders' | 'report'> & {
  /** False where the provider has answered nothing: that it refuses a refund is not known then. */
  readonly isAsked?: boolean
}

/** The provider's book against ours: each payment, each order, each key. */
export function auditMoney({ store, book, money, orders, report, isAsked = true }: MoneyAudit): void {
  const seen = new Set<string>()
  const tried = store.sql(`select "order" from "payments" group by "order" having count(*) > ${limits.paymentAttemptsMax}`).get()
  if (tried) report(`order ${String(tried['order'])} was tried to be paid too often`)
  const keptByOrder = new Map<string, number>()
  const givenBackByOrder = new Map<string, number>()
  const withdrawnByOrder = new Map<string, number>()
  /** Owed still, and staff see it. */
  const failedRefunds = (order: string) =>
    store
      .sql(
        `select coalesce(sum("amount_amount"),0) as "sum" from "refunds" where "order"=? and "status" in (${isAsked ? `'failed'` : `'failed','wanted'`})`,
      )
      .get(order)!['sum'] as number
  for (const payment of book.all()) {
    const ours = store
      .sql(
        'select "order","captured_amount" as "captured","refunded_amount" as "refunded",coalesce("disputed_amount",0) as "disputed" from "payments" where "id"=?',
      )
      .get(payment.reference)
    if (!ours) {
      report(`the provider has payment ${payment.id} for ${payment.reference}, which is none of ours`)
      continue
    }
    if (seen.has(payment.reference)) report(`the provider has two payments for ${payment.reference}`)
    seen.add(payment.reference)
    const asked = payment.captures.filter(({ state, reference }) => state === 'succeeded' && reference !== '')
    if (new Set(asked.map(({ reference }) => reference)).size < asked.length)
      report(`payment ${payment.reference}: one capture of ours was taken more than once`)
    if (payment.key !== `payment.start:${payment.reference}`) report(`payment ${payment.id} came with the key ${payment.key}`)
    const [captured, refunded, withdrawn] = [capturedOf(payment), refundedOf(payment), withdrawnOf(payment)]
    const givenBack = payment.refunds.filter(({ reference }) => reference === '').reduce((sum, { amountMinor }) => sum + amountMinor, 0)
    if (ours['captured'] !== captured || ours['refunded'] !== refunded)
      report(
        `payment ${payment.reference}: the provider took ${captured} and gave back ${refunded}; we say ${String(ours['captured'])} and ${String(ours['refunded'])}`,
      )
    if (ours['disputed'] !== withdrawn)
      report(`payment ${payment.reference}: banks hold ${withdrawn} of it at the provider, and ${String(ours['disputed'])} by us`)
    const order = ours['order'] as string
    withdrawnByOrder.set(order, (withdrawnByOrder.get(order) ?? 0) + withdrawn)
    givenBackByOrder.set(order, (givenBackByOrder.get(order) ?? 0) + givenBack)
    keptByOrder.set(order, (keptByOrder.get(order) ?? 0) + captured - refunded)
  }
  /** For units that were canceled or came back, or because staff gave it. What pays a surplus back is among it. */
  const refundedByUs = (order: string) =>
    store
      .sql(
        `select coalesce(sum("amount_amount"),0) as "sum" from "refunds" where "order"=? and "status"='succeeded' and "key" not like 'external:%'`,
      )
      .get(order)!['sum'] as number
  /** What was added to it and nobody has paid, and what a bank took back. */
  const owed = (order: string) =>
    store
      .sql(`select coalesce(sum("amount_amount"),0) as "sum" from "ledgerEntries" where "order"=? and "account"=?`)
      .get(order, accounts.receivable(order))!['sum'] as number
  for (const row of store.sql('select "id","status","total_amount" as "total","uncharged" from "orders"').all()) {
    const kept = keptByOrder.get(row['id'] as string) ?? 0
    const isSold = row['status'] === 'placed' || row['status'] === 'completed'
    const total = isSold ? (row['total'] as number) - sumOf(row['uncharged'] as string | null) : 0
    // What the dashboard gave back of a surplus is not missing from the sale.
    const goneBack =
      (givenBackByOrder.get(row['id'] as string) ?? 0) + (orders ? refundedByUs(row['id'] as string) + owed(row['id'] as string) : 0)
    const least = money?.isCapturedLater ? 0 : Math.max(0, total - goneBack)
    // What a bank has taken of it cannot be given back as well.
    const most = total + (withdrawnByOrder.get(row['id'] as string) ?? 0) + failedRefunds(row['id'] as string)
    if (kept > most || kept < least)
      report(`order ${String(row['id'])} is ${String(row['status'])} and ${kept} of ${String(row['total'])} is kept`)
  }
}

const sumOf = (lines: string | null) =>
  (JSON.parse(lines ?? '[]') as { amount: { amount: number } }[] | null)?.reduce((sum, { amount }) => sum + amount.amount, 0) ?? 0

/** The peer's book against ours: no message that nobody owes, none lost, none doubled without a trace of why. */
function auditMail({ store, peer, report, isCalm }: RestParts): void {
  const taken = Map.groupBy(peer.taken, ({ messageId }) => messageId)
  const mails = store
    .sql(
      `select e."id", e."messageId", e."status", e."to", e."key", f."attempts", f."state" from "emails" e left join "effects" f on f."key"='email.send:'||e."id"`,
    )
    .all()
  const known = new Set(mails.map((mail) => mail['messageId'] as string))
  for (const { messageId, to, subject } of peer.taken)
    if (!known.has(messageId)) report(`mail: "${subject}" to ${to} was sent as ${messageId}, which nobody owes`)
  const receipts = new Map<string, number>()
  for (const mail of mails) {
    const count = taken.get(mail['messageId'] as string)?.length ?? 0
    const what = `message ${String(mail['id'])} (${String(mail['key'])}) is ${String(mail['status'])}`
    if (mail['status'] === 'sent' && count === 0) report(`mail: ${what}, and the peer never took it`)
    // More copies than attempts would be copies nobody knows of.
    if (count > (mail['attempts'] as number))
      report(`mail: ${what}, and the peer took it ${count} times in ${String(mail['attempts'])} attempts`)
    // An attempt whose answer was lost is doubtful, and doubt is not repeated.
    if (isCalm && count > 1) report(`mail: ${what}, and the peer took it ${count} times though nothing of ours failed`)
    const order = /^order\.placed:(ord_[0-9a-z]+)/.exec(mail['key'] as string)?.[1]
    if (order !== undefined) receipts.set(order, (receipts.get(order) ?? 0) + 1)
  }
  for (const [order, count] of receipts) if (count > 1) report(`mail: order ${order} has ${count} receipts`)
  for (const row of store.sql('select "id" from "orders" where "placedAt" is not null and "total_amount">0').all())
    if (!receipts.has(row['id'] as string)) report(`mail: order ${String(row['id'])} was placed and has no receipt`)
}

/** What somebody was told is so. */
function auditPromises({ store, acknowledged, report, placedExpected }: RestParts): void {
  const { users, carts, orders, canceled, placed } = acknowledged
  const has = (table: string, column: string, value: string) =>
    store.sql(`select 1 from "${table}" where "${column}"=?`).get(value) !== undefined
  for (const email of users) if (!has('users', 'email', email)) report(`promise: the account of ${email} is gone`)
  for (const cart of carts) if (!has('carts', 'id', cart)) report(`promise: cart ${cart} is gone`)
  for (const order of orders.values()) if (!has('orders', 'id', order)) report(`promise: order ${order} is gone`)
  const statusOf = (order: string) => store.sql('select "status" from "orders" where "id"=?').get(order)?.['status']
  for (const order of canceled)
    if (statusOf(order) !== 'canceled') report(`promise: order ${order} was canceled and is ${String(statusOf(order))}`)
  for (const order of placed)
    if (!['placed', 'completed', 'canceled'].includes(String(statusOf(order))))
      report(`promise: order ${order} was placed and is ${String(statusOf(order))}`)
  const count = store.sql(`select count(*) as "count" from "orders" where "status"='placed'`).get()!['count']
  if (placedExpected !== null && count !== placedExpected) report(`${String(count)} orders are placed, and ${placedExpected} could be`)
}
