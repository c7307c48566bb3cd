// The sandbox's book in a file. Books of older versions are read as they are, and their tables are added to.
import { DatabaseSync } from 'node:sqlite'
import { linesOf, netOf, type SandboxLine, type SandboxPayout } from './account.ts'
import { readPayment, type SandboxPayment, type WrittenPayment } from './payment.ts'
import { isDue, namesOf, type SandboxDelivery, type SandboxKey, type SandboxStore } from './store.ts'

// NORMAL: it survives the end of the process, which is all a toy provider promises.
const tables = `pragma journal_mode=wal; pragma synchronous=normal;
  create table if not exists payments (id text primary key, key text unique not null, reference text not null, state text not null, value text not null) strict, without rowid;
  create index if not exists payments_reference on payments (reference);
  create index if not exists payments_state on payments (state) where state = 'processing';
  create table if not exists deliveries (id text primary key, value text not null) strict, without rowid;
  create table if not exists names (name text primary key, payment text not null) strict, without rowid;
  create index if not exists names_payment on names (payment);
  create table if not exists lines (seq integer primary key, id text unique not null, currency text not null, payout text, at integer not null, value text not null) strict;
  create index if not exists lines_open on lines (currency, seq) where payout is null;
  create index if not exists lines_payout on lines (payout, seq) where payout is not null;
  create table if not exists payouts (id text primary key, value text not null) strict, without rowid;
  create table if not exists balances (currency text primary key, minor integer not null) strict, without rowid;
  create table if not exists keys (key text primary key, value text not null) strict, without rowid;`

type Row = Record<string, unknown> | undefined
const valueIn = <T>(row: Row): T | null => (row === undefined ? null : (JSON.parse(row['value'] as string) as T))
const many = <T>(rows: readonly Record<string, unknown>[]) => rows.map((row) => valueIn<T>(row)!)

export function openSandboxStore(path: string): SandboxStore {
  const database = new DatabaseSync(path)
  database.exec(tables)
  let isInside = false
  const atomically = <T>(work: () => T): T => {
    if (isInside) return work()
    database.exec('begin immediate')
    isInside = true
    try {
      const result = work()
      database.exec('commit')
      return result
    } catch (error) {
      database.exec('rollback')
      throw error
    } finally {
      isInside = false
    }
  }
  const account = accountIn(database)
  const { forgetDelivered, ...payments } = paymentsIn(database, account.add, atomically)
  const { isEmpty, ...lines } = account
  if (isEmpty()) atomically(() => account.add(linesFromBefore(payments.allPayments())))
  return {
    ...payments,
    ...lines,
    ...keysIn(database),
    putPayout: (payout, lines, deliveries) =>
      atomically(() => {
        account.pay(payout, lines)
        for (const delivery of deliveries) payments.putDelivery(delivery)
      }),
    atomically,
    close() {
      forgetDelivered()
      database.close()
    },
  }
}

/** A book of an older version has no account: its lines are what became of its payments. */
function linesFromBefore(payments: readonly SandboxPayment[]): SandboxLine[] {
  let count = 0
  return payments.flatMap((payment) => {
    const now = payment.decidedAt ?? payment.createdAt
    return linesOf(null, payment, { newId: (prefix) => `${prefix}_${payment.id}_${++count}`, now })
  })
}

function paymentsIn(database: DatabaseSync, addLines: (lines: readonly SandboxLine[]) => void, atomically: SandboxStore['atomically']) {
  const statements = {
    get: database.prepare('select value from payments where id=?'),
    byKey: database.prepare('select value from payments where key=?'),
    byReference: database.prepare('select value from payments where reference=? order by id desc limit 1'),
    byName: database.prepare('select value from payments where id=(select payment from names where name=?)'),
    put: database.prepare(
      'insert into payments values (?,?,?,?,?) on conflict (id) do update set state=excluded.state, value=excluded.value',
    ),
    putName: database.prepare('insert or ignore into names values (?,?)'),
    putDelivery: database.prepare('insert into deliveries values (?,?) on conflict (id) do update set value=excluded.value'),
    forget: database.prepare('delete from payments where id=?'),
    forgetNames: database.prepare('delete from names where payment=?'),
    release: database.prepare('update payments set key=id where id=?'),
    dropDelivery: database.prepare('delete from deliveries where id=?'),
    all: database.prepare('select value from payments order by id'),
    due: database.prepare("select value from payments where state='processing'"),
    deliveries: database.prepare('select value from deliveries'),
  }
  const delivered: string[] = []
  const forgetDelivered = () => {
    for (const id of delivered.splice(0)) statements.dropDelivery.run(id)
  }
  const one = (row: Row) => {
    const written = valueIn<WrittenPayment>(row)
    return written && readPayment(written)
  }
  const all = (rows: readonly Record<string, unknown>[]): SandboxPayment[] => many<WrittenPayment>(rows).map(readPayment)
  const putDelivery = (delivery: SandboxDelivery): void => {
    if (delivery.isDone) delivered.push(delivery.id)
    else statements.putDelivery.run(delivery.id, JSON.stringify(delivery))
  }
  return {
    getPayment: (id: string) => one(statements.get.get(id)),
    findByKey: (key: string) => one(statements.byKey.get(key)),
    findByReference: (reference: string) => one(statements.byReference.get(reference)),
    findByName: (name: string) => one(statements.byName.get(name)),
    put: (payment: SandboxPayment, deliveries: readonly SandboxDelivery[], lines: readonly SandboxLine[] = []) =>
      atomically(() => {
        // The column is what due ones are found by.
        const state = isDue(payment) ? 'processing' : payment.state
        statements.put.run(payment.id, payment.key, payment.reference, state, JSON.stringify(payment))
        for (const name of namesOf(payment)) statements.putName.run(name, payment.id)
        for (const delivery of deliveries) putDelivery(delivery)
        addLines(lines)
        // Forgotten together with the next write: one that is sent again does no harm.
        forgetDelivered()
      }),
    putDelivery,
    forget: (id: string) =>
      atomically(() => {
        for (const statement of [statements.forget, statements.forgetNames]) statement.run(id)
      }),
    releaseKey: (id: string) => void statements.release.run(id),
    allPayments: () => all(statements.all.all()),
    duePayments: () => all(statements.due.all()),
    openDeliveries: () => many<SandboxDelivery>(statements.deliveries.all()),
    forgetDelivered,
  }
}

function accountIn(database: DatabaseSync) {
  const statements = {
    add: database.prepare('insert into lines (id, currency, payout, at, value) values (?,?,?,?,?) on conflict (id) do nothing'),
    gather: database.prepare('update lines set payout=?, value=? where id=?'),
    weigh: database.prepare('insert into balances values (?,?) on conflict (currency) do update set minor=minor+excluded.minor'),
    balances: database.prepare('select currency, minor from balances'),
    page: database.prepare(`select value from lines where seq > coalesce((select seq from lines where id=?1), 0)
      and at >= ?2 and (?3 is null or payout = ?3) order by seq limit ?4`),
    one: database.prepare('select 1 from lines limit 1'),
    open: database.prepare('select value from lines where payout is null and currency=? order by seq'),
    payout: database.prepare('insert into payouts values (?,?)'),
    payouts: database.prepare('select value from payouts order by id'),
  }
  const add = (lines: readonly SandboxLine[]): void => {
    for (const line of lines) {
      const { id, currency, payout, at } = line
      const { changes } = statements.add.run(id, currency, payout, at, JSON.stringify(line))
      if (Number(changes) > 0) statements.weigh.run(currency, netOf(line))
      else statements.gather.run(payout, JSON.stringify(line), id)
    }
  }
  return {
    add,
    isEmpty: () => statements.one.get() === undefined,
    pay(payout: SandboxPayout, lines: readonly SandboxLine[]): void {
      statements.payout.run(payout.id, JSON.stringify(payout))
      add(lines)
    },
    lines: ({ since = 0, after = null, payout, limit }: Parameters<SandboxStore['lines']>[0]) =>
      many<SandboxLine>(statements.page.all(after, since, payout ?? null, limit)),
    openLines: (currency: string) => many<SandboxLine>(statements.open.all(currency)),
    payouts: () => many<SandboxPayout>(statements.payouts.all()),
    balances: () => Object.fromEntries(statements.balances.all().map((row) => [row['currency'] as string, Number(row['minor'])])),
  }
}

function keysIn(database: DatabaseSync): Pick<SandboxStore, 'getKey' | 'putKey'> {
  const get = database.prepare('select value from keys where key=?')
  const put = database.prepare('insert into keys values (?,?) on conflict (key) do update set value=excluded.value')
  return {
    getKey: (key) => valueIn<SandboxKey>(get.get(key)),
    putKey: (key) => void put.run(key.key, JSON.stringify(key)),
  }
}
