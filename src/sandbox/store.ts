// Where the sandbox keeps its book: a database file of its own (sqlite-store.ts), or memory for tests. Another company's
// books are never in our database.
import { netOf, type SandboxLine, type SandboxPayout } from './account.ts'
import { nextDueOf, type SandboxPayment, type WrittenPayment } from './payment.ts'

export type SandboxDelivery = {
  readonly id: string
  readonly eventId: string
  /** Null where it tells of none: of a payout. */
  readonly payment: string | null
  readonly reference: string | null
  /** Where it goes, when not to where all of them go. */
  readonly url?: string
  /** Left out in books of older versions, which hold a snapshot. */
  readonly body?: string
  readonly snapshot?: WrittenPayment
  readonly isBadlySigned?: boolean
  readonly attempts: number
  readonly dueAt: number
  readonly isDone: boolean
}

/** A key of a call by HTTP: the request that it came with, and what was answered. */
export type SandboxKey = {
  readonly key: string
  readonly request: string
  readonly answer: string
  readonly at: number
}

export type LinesQuery = { readonly since?: number; readonly after?: string | null; readonly payout?: string; readonly limit: number }

export interface SandboxStore {
  getPayment(id: string): SandboxPayment | null
  findByKey(key: string): SandboxPayment | null
  findByReference(reference: string): SandboxPayment | null
  /** By the id of a capture, refund or dispute, or by another name of it. */
  findByName(name: string): SandboxPayment | null
  /** A payment as it is now, with the webhooks that tell of it and the lines that it moved. */
  put(payment: SandboxPayment, deliveries: readonly SandboxDelivery[], lines?: readonly SandboxLine[]): void
  putPayout(payout: SandboxPayout, lines: readonly SandboxLine[], deliveries: readonly SandboxDelivery[]): void
  putDelivery(delivery: SandboxDelivery): void
  /** As if it had never been. */
  forget(id: string): void
  /** Its key is free for another from now on. */
  releaseKey(id: string): void
  allPayments(): SandboxPayment[]
  /** Payments to which something happens by itself. */
  duePayments(): SandboxPayment[]
  openDeliveries(): SandboxDelivery[]
  /** In the order in which they came, each once; a line after `after`, not before `since`. */
  lines(query: LinesQuery): SandboxLine[]
  /** Those that are in no payout. */
  openLines(currency: string): SandboxLine[]
  payouts(): SandboxPayout[]
  /** What the account holds, by currency; kept beside the lines. */
  balances(): Readonly<Record<string, number>>
  getKey(key: string): SandboxKey | null
  putKey(key: SandboxKey): void
  /** All that is written by `work` stands, or nothing of it when it throws. In memory alone it all stands. */
  atomically<T>(work: () => T): T
  close(): void
}

/** All names by which a payment is found. */
export function namesOf({ captures, refunds, disputes, names }: SandboxPayment): string[] {
  return [...names, ...[...captures, ...refunds, ...disputes].map(({ id }) => id)]
}

export const isDue = (payment: SandboxPayment): boolean => nextDueOf(payment) !== null

export function createMemoryStore(): SandboxStore {
  const payments = new Map<string, SandboxPayment>()
  const byKey = new Map<string, string>()
  const byReference = new Map<string, string>()
  const byName = new Map<string, string>()
  const deliveries = new Map<string, SandboxDelivery>()
  const keys = new Map<string, SandboxKey>()
  const account = createMemoryAccount()
  const get = (id: string | undefined) => (id === undefined ? null : (payments.get(id) ?? null))
  return {
    ...account,
    getPayment: get,
    findByKey: (key) => get(byKey.get(key)),
    findByReference: (reference) => get(byReference.get(reference)),
    findByName: (name) => get(byName.get(name)),
    put(payment, opened, lines = []) {
      if (!payments.has(payment.id)) byKey.set(payment.key, payment.id)
      payments.set(payment.id, payment)
      byReference.set(payment.reference, payment.id)
      for (const name of namesOf(payment)) byName.set(name, payment.id)
      for (const delivery of opened) deliveries.set(delivery.id, delivery)
      account.add(lines)
    },
    putPayout(payout, lines, opened) {
      account.pay(payout, lines)
      for (const delivery of opened) deliveries.set(delivery.id, delivery)
    },
    putDelivery(delivery) {
      if (delivery.isDone) deliveries.delete(delivery.id)
      else deliveries.set(delivery.id, delivery)
    },
    forget(id) {
      const payment = payments.get(id)
      if (!payment) return
      payments.delete(id)
      byKey.delete(payment.key)
      byReference.delete(payment.reference)
      for (const name of namesOf(payment)) byName.delete(name)
    },
    releaseKey: (id) => void byKey.delete(payments.get(id)?.key ?? ''),
    allPayments: () => [...payments.values()],
    duePayments: () => [...payments.values()].filter(isDue),
    openDeliveries: () => [...deliveries.values()],
    getKey: (key) => keys.get(key) ?? null,
    putKey: (key) => void keys.set(key.key, key),
    atomically: (work) => work(),
    close() {},
  }
}

function createMemoryAccount() {
  const lines = new Map<string, SandboxLine>()
  const payouts: SandboxPayout[] = []
  const balances: Record<string, number> = {}
  const add = (more: readonly SandboxLine[]) => {
    for (const line of more) {
      if (!lines.has(line.id)) balances[line.currency] = (balances[line.currency] ?? 0) + netOf(line)
      lines.set(line.id, line)
    }
  }
  return {
    add,
    pay(payout: SandboxPayout, gathered: readonly SandboxLine[]) {
      payouts.push(payout)
      add(gathered)
    },
    lines({ since = 0, after = null, payout, limit }: LinesQuery) {
      const all = [...lines.values()]
      const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1
      return all
        .slice(from)
        .filter((line) => line.at >= since && (payout === undefined || line.payout === payout))
        .slice(0, limit)
    },
    openLines: (currency: string) => [...lines.values()].filter((line) => line.payout === null && line.currency === currency),
    payouts: () => [...payouts],
    balances: () => ({ ...balances }),
  }
}
