// Where the sandbox keeps its book: a database file of its own, or memory for tests. Another company's
// books are never in our database.
import { DatabaseSync } from 'node:sqlite'

export type SandboxRefund = {
  readonly id: string
  readonly key: string
  readonly reference: string
  readonly amountMinor: number
  readonly at: number
  /** `returned`: it had succeeded, and the customer's bank sent it back. Left out in books of older versions: succeeded. */
  readonly state?: 'pending' | 'succeeded' | 'failed' | 'returned'
}

export type SandboxPayment = {
  readonly id: string
  readonly key: string
  readonly reference: string
  readonly amountMinor: number
  readonly currency: string
  readonly method: string
  readonly returnUrl: string
  readonly state: 'requires_action' | 'processing' | 'succeeded' | 'failed' | 'canceled'
  readonly willSucceed: boolean
  readonly declineReason: string | null
  readonly createdAt: number
  readonly decidedAt: number | null
  readonly dueAt: number | null
  readonly refunds: readonly SandboxRefund[]
}

/** What a webhook tells of a payment: how it stood at the event. */
export type SandboxSnapshot = Pick<
  SandboxPayment,
  'id' | 'state' | 'amountMinor' | 'currency' | 'createdAt' | 'decidedAt' | 'declineReason' | 'refunds'
>

export type SandboxDelivery = {
  readonly id: string
  readonly eventId: string
  readonly payment: string
  readonly reference: string
  /** Left out where webhooks only name what has changed. */
  readonly snapshot?: SandboxSnapshot
  readonly attempts: number
  readonly dueAt: number
  readonly isDone: boolean
}

/** Whether something is still to be decided about it. */
export function isDue({ state, refunds }: SandboxPayment): boolean {
  return state === 'processing' || refunds.some((refund) => refund.state === 'pending')
}

export interface SandboxStore {
  getPayment(id: string): SandboxPayment | null
  findByKey(key: string): SandboxPayment | null
  findByReference(reference: string): SandboxPayment | null
  /** A payment as it is now, with the webhooks that tell of it. */
  put(payment: SandboxPayment, deliveries: readonly SandboxDelivery[]): void
  putDelivery(delivery: SandboxDelivery): void
  /** As if it had never been. */
  forget(id: string): void
  allPayments(): SandboxPayment[]
  /** Payments with something still to be decided. */
  duePayments(): SandboxPayment[]
  openDeliveries(): SandboxDelivery[]
  close(): void
}

export function createMemoryStore(): SandboxStore {
  const payments = new Map<string, SandboxPayment>()
  const byKey = new Map<string, string>()
  const byReference = new Map<string, string>()
  const deliveries = new Map<string, SandboxDelivery>()
  const get = (id: string | undefined) => (id === undefined ? null : (payments.get(id) ?? null))
  return {
    getPayment: get,
    findByKey: (key) => get(byKey.get(key)),
    findByReference: (reference) => get(byReference.get(reference)),
    put(payment, opened) {
      payments.set(payment.id, payment)
      byKey.set(payment.key, payment.id)
      byReference.set(payment.reference, payment.id)
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
    },
    allPayments: () => [...payments.values()],
    duePayments: () => [...payments.values()].filter(isDue),
    openDeliveries: () => [...deliveries.values()],
    close() {},
  }
}

export function openSandboxStore(path: string): SandboxStore {
  const database = new DatabaseSync(path)
  // NORMAL: it survives the end of the process, which is all a toy provider promises.
  database.exec(`pragma journal_mode=wal; pragma synchronous=normal;
    create table if not exists payments (id text primary key, key text unique not null, reference text not null, state text not null, value text not null) strict, without rowid;
    create index if not exists payments_reference on payments (reference);
    create index if not exists payments_state on payments (state) where state = 'processing';
    create table if not exists deliveries (id text primary key, value text not null) strict, without rowid;`)
  const statements = {
    get: database.prepare('select value from payments where id=?'),
    byKey: database.prepare('select value from payments where key=?'),
    byReference: database.prepare('select value from payments where reference=? order by id desc limit 1'),
    put: database.prepare(
      'insert into payments values (?,?,?,?,?) on conflict (id) do update set state=excluded.state, value=excluded.value',
    ),
    putDelivery: database.prepare('insert into deliveries values (?,?) on conflict (id) do update set value=excluded.value'),
    forget: database.prepare('delete from payments where id=?'),
    dropDelivery: database.prepare('delete from deliveries where id=?'),
    all: database.prepare('select value from payments order by id'),
    due: database.prepare("select value from payments where state='processing'"),
    deliveries: database.prepare('select value from deliveries'),
  }
  const delivered: string[] = []
  const one = (row: Record<string, unknown> | undefined) =>
    row === undefined ? null : (JSON.parse(row['value'] as string) as SandboxPayment)
  const many = <T>(rows: readonly Record<string, unknown>[]) => rows.map((row) => JSON.parse(row['value'] as string) as T)
  return {
    getPayment: (id) => one(statements.get.get(id)),
    findByKey: (key) => one(statements.byKey.get(key)),
    findByReference: (reference) => one(statements.byReference.get(reference)),
    put(payment, deliveries) {
      database.exec('begin')
      // The column is what due ones are found by.
      const state = isDue(payment) ? 'processing' : payment.state
      statements.put.run(payment.id, payment.key, payment.reference, state, JSON.stringify(payment))
      for (const delivery of deliveries) statements.putDelivery.run(delivery.id, JSON.stringify(delivery))
      // Forgotten together with the next write: one that is sent again does no harm.
      for (const id of delivered.splice(0)) statements.dropDelivery.run(id)
      database.exec('commit')
    },
    putDelivery(delivery) {
      if (delivery.isDone) delivered.push(delivery.id)
      else statements.putDelivery.run(delivery.id, JSON.stringify(delivery))
    },
    forget: (id) => void statements.forget.run(id),
    allPayments: () => many<SandboxPayment>(statements.all.all()),
    duePayments: () => many<SandboxPayment>(statements.due.all()),
    openDeliveries: () => many<SandboxDelivery>(statements.deliveries.all()),
    close() {
      for (const id of delivered.splice(0)) statements.dropDelivery.run(id)
      database.close()
    },
  }
}
