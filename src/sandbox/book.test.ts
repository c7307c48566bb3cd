import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type BookOnClock, openBookOnClock } from '../../test/support/sandbox-book.ts'
import { netOf } from './account.ts'
import { capturedOf, refundedOf, returnedOf, type SandboxPayment, withdrawnOf } from './payment.ts'
import { type RefusalCode, SandboxRefusal } from './refusal.ts'
import { disputeSteps } from './returning.ts'
import { openSandboxStore } from './sqlite-store.ts'
import { sandboxMethods } from './taking.ts'

const dayMs = 86_400_000
const asked = {
  reference: 'pay_1',
  amountMinor: 1_000,
  currency: 'EUR',
  method: 'card_success',
  returnUrl: 'http://shop.test/thanks',
} as const

function refusedWith(code: RefusalCode, work: () => unknown): void {
  assert.throws(work, (error) => error instanceof SandboxRefusal && error.code === code, code)
}

/** An authorized payment of 1,000. */
function authorized({ book, pass }: BookOnClock): SandboxPayment {
  const { id } = book.create({ ...asked, captureMethod: 'later' })
  pass(50)
  return book.get(id)!
}

describe('an authorization', () => {
  test('is captured in parts until all is taken', () => {
    const open = openBookOnClock()
    const { id, state } = authorized(open)
    assert.equal(state, 'authorized')
    assert.deepEqual(open.book.balances(), {})
    const first = open.book.capture(id, { key: 'a', amountMinor: 300, isFinal: false })
    assert.deepEqual([first.state, capturedOf(first)], ['authorized', 300])
    refusedWith('too_much', () => open.book.capture(id, { key: 'b', amountMinor: 701, isFinal: false }))
    const last = open.book.capture(id, { key: 'c', amountMinor: 700, isFinal: false })
    assert.deepEqual([last.state, capturedOf(last), last.voidedMinor], ['succeeded', 1_000, 0])
    assert.deepEqual(open.book.balances(), { EUR: 1_000 })
  })

  test('gives up its rest with a final capture, or when it is canceled', () => {
    const open = openBookOnClock()
    const { id } = authorized(open)
    const after = open.book.capture(id, { key: 'a', amountMinor: 300 })
    assert.deepEqual([after.state, capturedOf(after), after.voidedMinor], ['succeeded', 300, 700])
    refusedWith('wrong_state', () => open.book.capture(id, { key: 'b', amountMinor: 1 }))
    const second = open.book.create({ ...asked, reference: 'pay_2', captureMethod: 'later' })
    open.pass(50)
    open.book.capture(second.id, { key: 'a', amountMinor: 400, isFinal: false })
    const canceled = open.book.cancel(second.id)
    assert.deepEqual([canceled.state, capturedOf(canceled), canceled.voidedMinor], ['succeeded', 400, 600])
  })

  test('ends by time, and says until when', () => {
    const open = openBookOnClock()
    const { id, capturableUntil, authorizedAt } = authorized(open)
    assert.equal(capturableUntil! - authorizedAt!, 7 * dayMs)
    open.pass(8 * dayMs)
    const { state, endedBy, voidedMinor } = open.book.get(id)!
    assert.deepEqual([state, endedBy, voidedMinor], ['canceled', 'time', 1_000])
  })

  test('is still there after a capture that failed later', () => {
    const open = openBookOnClock()
    const { id } = authorized(open)
    open.book.faults.plan({ call: 'capture', kind: 'fail_later', count: 1, ms: 500 })
    assert.equal(open.book.capture(id, { key: 'a' }).captures[0]!.state, 'pending')
    refusedWith('wrong_state', () => open.book.cancel(id))
    open.pass(500)
    const failed = open.book.get(id)!
    assert.deepEqual([failed.state, failed.captures[0]!.state, capturedOf(failed)], ['authorized', 'failed', 0])
    assert.equal(capturedOf(open.book.capture(id, { key: 'b' })), 1_000)
  })
})

describe('a payment that the shop takes after its buyer has agreed', () => {
  test('is approved, and taken by a call', () => {
    const open = openBookOnClock()
    const { id } = open.book.create({ ...asked, method: 'card_challenge', isTakenByShop: true })
    refusedWith('wrong_state', () => open.book.resume(id))
    assert.equal(open.book.answer(id, { answer: 'approve' }).state, 'approved')
    assert.deepEqual(open.book.balances(), {})
    assert.equal(open.book.resume(id).state, 'succeeded')
    assert.deepEqual(open.book.balances(), { EUR: 1_000 })
  })

  test('that is refused then is open for another try, where the provider allows one', () => {
    const open = openBookOnClock()
    const { id } = open.book.create({ ...asked, method: 'card_challenge', isTakenByShop: true, isRetryable: true })
    open.book.answer(id, { answer: 'approve' })
    open.book.faults.plan({ call: 'resume', kind: 'decline', count: 1 })
    const after = open.book.resume(id)
    assert.deepEqual([after.state, after.declineReason], ['requires_action', 'The card was declined.'])
    open.book.answer(id, { answer: 'approve' })
    assert.equal(open.book.resume(id, { captureMethod: 'later' }).state, 'authorized')
  })
})

describe('a dispute', () => {
  test('takes the money, and gives it back when it is won', () => {
    const open = openBookOnClock({ settings: { disputeFeeMinor: 15, disputeMs: 1_000 } })
    const { id } = open.book.create({ ...asked, method: 'dispute' })
    open.pass(50)
    assert.deepEqual(open.book.balances(), { EUR: 1_000 })
    open.pass(1_000)
    const [dispute] = open.book.get(id)!.disputes
    assert.deepEqual([dispute!.status, dispute!.amountMinor, dispute!.feeMinor], ['needs_response', 1_000, 15])
    assert.deepEqual(open.book.balances(), { EUR: -15 })
    refusedWith('too_much', () => open.book.refund(id, { key: 'a', reference: '', amountMinor: 1 }))
    open.book.moveDispute(dispute!.id, 'respond')
    open.book.moveDispute(dispute!.id, 'win')
    assert.deepEqual(open.book.balances(), { EUR: 985 })
    refusedWith('wrong_state', () => open.book.moveDispute(dispute!.id, 'lose'))
  })

  test('that only asks moves no money until it claims', () => {
    const open = openBookOnClock()
    const { id } = open.book.create(asked)
    open.pass(50)
    const [dispute] = open.book.dispute(id, { isWarning: true, amountMinor: 400, reason: 'general' }).disputes
    assert.deepEqual(open.book.balances(), { EUR: 1_000 })
    open.book.moveDispute(dispute!.id, 'withdraw')
    open.book.moveDispute(dispute!.id, 'lose')
    assert.deepEqual(open.book.balances(), { EUR: 600 })
    // A decision may be turned.
    open.book.moveDispute(dispute!.id, 'win')
    assert.deepEqual(open.book.balances(), { EUR: 1_000 })
  })
})

test('a payout gathers each line once and leaves nothing of them', () => {
  const open = openBookOnClock({ settings: { feePpm: 14_000, feeFixedMinor: 25 } })
  const { id } = open.book.create(asked)
  open.pass(50)
  open.book.refund(id, { key: 'a', reference: 'ref_1', amountMinor: 100 })
  const payout = open.book.payOut('EUR', 10)
  assert.equal(payout.amountMinor, 1_000 - 14 - 25 - 100 - 10)
  const lines = open.book.lines({ payout: payout.id, limit: 10 })
  assert.deepEqual(
    lines.map(({ kind }) => kind),
    ['payment', 'refund', 'fee', 'payout'],
  )
  assert.equal(
    lines.reduce((sum, line) => sum + netOf(line), 0),
    0,
  )
  assert.deepEqual(open.book.balances(), { EUR: 0 })
  refusedWith('nothing_to_pay_out', () => open.book.payOut('EUR'))
})

describe('a key', () => {
  test('answers the same payment, is refused with another request, and is forgotten in time', () => {
    const open = openBookOnClock({ settings: { keysKeptMs: dayMs } })
    const first = open.book.create({ ...asked, key: 'k' })
    assert.equal(open.book.create({ ...asked, key: 'k' }).id, first.id)
    refusedWith('key_reused', () => open.book.create({ ...asked, key: 'k', amountMinor: 999 }))
    open.pass(50)
    const refunded = open.book.refund(first.id, { key: 'r', reference: 'ref_1', amountMinor: 100 })
    assert.deepEqual(open.book.refund(first.id, { key: 'r', reference: 'ref_1', amountMinor: 100 }), refunded)
    refusedWith('key_reused', () => open.book.refund(first.id, { key: 'r', reference: 'ref_1', amountMinor: 99 }))
    open.pass(dayMs + 1_000)
    assert.notEqual(open.book.create({ ...asked, key: 'k' }).id, first.id)
    assert.equal(open.book.refund(first.id, { key: 'r', reference: 'ref_1', amountMinor: 100 }).refunds.length, 2)
  })

  test('of a call by HTTP keeps its answer, and what throws has done nothing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
    const { book } = openBookOnClock({ store: openSandboxStore(join(folder, 'book.db')) })
    const call = { key: 'k', request: 'POST /payments 1' }
    const once = (request = call.request) => book.once({ ...call, request }, () => ({ answer: book.create(asked).id, isKept: true }))
    const failing = () => book.once(call, () => { book.create(asked); throw new SandboxRefusal('bad_request', 'No.') }) // biome-ignore format: one thought
    refusedWith('bad_request', failing)
    assert.equal(book.all().length, 0)
    const first = once()
    assert.deepEqual(once(), { answer: first.answer, isRepeat: true })
    refusedWith('key_reused', () => once('POST /payments 2'))
    assert.equal(book.all().length, 1)
    book.stop()
    rmSync(folder, { recursive: true })
  })
})

test('a book of an older version is read, and goes on', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  const path = join(folder, 'book.db')
  const old = new DatabaseSync(path)
  old.exec(`create table payments (id text primary key, key text unique not null, reference text not null, state text not null, value text not null) strict, without rowid;
    create table deliveries (id text primary key, value text not null) strict, without rowid`)
  const common = { ...asked, willSucceed: true, declineReason: null, createdAt: 1, decidedAt: 2, dueAt: null }
  const refund = { id: 'sref_1', key: 'r', reference: 'ref_1', amountMinor: 100, at: 3 }
  const put = (payment: { id: string; key: string; state: string }) =>
    old
      .prepare('insert into payments values (?,?,?,?,?)')
      .run(payment.id, payment.key, asked.reference, payment.state, JSON.stringify(payment))
  put({ ...common, id: 'spay_1', key: 'k1', state: 'succeeded', refunds: [refund] } as never)
  put({ ...common, id: 'spay_2', key: 'k2', state: 'processing', decidedAt: null, refunds: [] } as never)
  const snapshot = {
    id: 'spay_1',
    state: 'succeeded',
    amountMinor: 1_000,
    currency: 'EUR',
    createdAt: 1,
    decidedAt: 2,
    declineReason: null,
    refunds: [refund],
  }
  const delivery = {
    id: 'sdel_1',
    eventId: 'spay_1:succeeded:1',
    payment: 'spay_1',
    reference: 'pay_1',
    snapshot,
    attempts: 0,
    dueAt: 0,
    isDone: false,
  }
  old.prepare('insert into deliveries values (?,?)').run(delivery.id, JSON.stringify(delivery))
  old.close()

  const open = openBookOnClock({ store: openSandboxStore(path) })
  const paid = open.book.get('spay_1')!
  assert.deepEqual([capturedOf(paid), refundedOf(paid), paid.captures[0]!.id], [1_000, 100, 'spay_1'])
  assert.deepEqual(open.book.balances(), { EUR: 900 })
  assert.equal(open.book.create({ ...asked, key: 'k1' }).id, 'spay_1')
  open.book.start()
  open.pass(10)
  assert.equal(open.book.get('spay_2')!.state, 'succeeded')
  assert.deepEqual(JSON.parse(open.told[0]!.body!), {
    ...{ id: delivery.eventId, type: 'payment.updated', payment: 'spay_1', reference: 'pay_1', data: snapshot },
  })
  refusedWith('too_much', () => open.book.refund('spay_1', { key: 'x', reference: '', amountMinor: 901 }))
  assert.equal(refundedOf(open.book.refund('spay_1', { key: 'x', reference: '', amountMinor: 900 })), 1_000)
  open.book.stop()
  rmSync(folder, { recursive: true })
})

// What somebody may ask for, in any order and with any amount.
const share = fc.integer({ min: -1, max: 1_400 })
const which = fc.nat({ max: 5 })
const step = fc.oneof(
  fc.record({
    do: fc.constant('create' as const),
    method: fc.constantFrom(...sandboxMethods),
    captureMethod: fc.constantFrom('now', 'later'),
    isTakenByShop: fc.boolean(),
    isRetryable: fc.boolean(),
    amount: share,
    currency: fc.constantFrom('EUR', 'JPY'),
  }),
  fc.record({ do: fc.constantFrom('approve', 'decline', 'giveUp', 'resume', 'cancel', 'forgetKeys'), which }),
  fc.record({ do: fc.constantFrom('refund', 'dispute', 'warn'), which, amount: share }),
  fc.record({ do: fc.constant('capture'), which, amount: share, isFinal: fc.boolean() }),
  fc.record({ do: fc.constant('move'), which, step: fc.constantFrom(...disputeSteps) }),
  fc.record({ do: fc.constant('returnRefund'), which }),
  fc.record({ do: fc.constant('payOut'), currency: fc.constantFrom('EUR', 'JPY'), fee: fc.nat({ max: 50 }) }),
  fc.record({ do: fc.constant('pass'), ms: fc.constantFrom(10, 1_000, 20_000, 8 * dayMs) }),
)
type Step = Record<string, unknown> & { readonly do: string }

function take({ book, pass }: BookOnClock, given: Step, count: number): void {
  const { which: index = 0, amount, currency = 'EUR' } = given as { which?: number; amount?: number; currency?: string }
  const payment = book.all()[index]
  const dispute = book.all().flatMap(({ disputes }) => disputes)[index]
  const refund = payment?.refunds.at(-1)
  const id = payment?.id ?? 'none'
  const amountMinor = amount === -1 || amount === undefined ? {} : { amountMinor: amount }
  const key = `key-${count}`
  switch (given.do) {
    case 'create':
      return void book.create({ ...asked, ...(given as object), key, reference: key, amountMinor: amount!, currency } as never)
    case 'approve':
    case 'decline':
      return void book.answer(id, { answer: given.do })
    case 'giveUp':
      return void book.answer(id, { answer: 'cancel' })
    case 'resume':
      return void book.resume(id)
    case 'cancel':
      return void book.cancel(id)
    case 'refund':
      return void book.refund(id, { key, reference: '', ...amountMinor })
    case 'capture':
      return void book.capture(id, { key, ...amountMinor, isFinal: given['isFinal'] as boolean })
    case 'dispute':
    case 'warn':
      return void book.dispute(id, { ...amountMinor, isWarning: given.do === 'warn' })
    case 'move':
      return void book.moveDispute(dispute?.id ?? 'none', given['step'] as never)
    case 'returnRefund':
      return void book.returnRefund(id, refund?.id ?? 'none')
    case 'payOut':
      return void book.payOut(currency, given['fee'] as number)
    case 'pass':
      return pass(given['ms'] as number)
  }
}

/** What must hold of a book at any time. */
function checkBook({ book }: BookOnClock): void {
  const sums: Record<string, number> = {}
  const lines = book.lines({ limit: 100_000 })
  for (const line of lines) sums[line.currency] = (sums[line.currency] ?? 0) + netOf(line)
  assert.deepEqual(book.balances(), sums, 'lines sum to balances')
  for (const payment of book.all()) {
    const [captured, refunded, withdrawn] = [capturedOf(payment), refundedOf(payment), withdrawnOf(payment)]
    assert.ok(captured + payment.voidedMinor <= payment.amountMinor, 'captured <= authorized')
    assert.ok(returnedOf(payment) <= captured && withdrawn <= captured, 'returned <= captured')
    if (payment.state === 'succeeded') assert.equal(captured + payment.voidedMinor, payment.amountMinor, 'nothing is left over')
    if (['failed', 'canceled', 'requires_action', 'approved', 'processing'].includes(payment.state)) assert.equal(captured, 0)
    const fees = payment.captures.reduce((sum, { feeMinor }) => sum + feeMinor, 0)
    const disputeFees = payment.disputes.reduce((sum, { feeMinor }) => sum + feeMinor, 0)
    const own = lines.filter((line) => line.payment === payment.id).reduce((sum, line) => sum + netOf(line), 0)
    assert.equal(own, captured - refunded - withdrawn - fees - disputeFees, 'lines of a payment say what became of it')
  }
  for (const { id, lines: count } of book.payouts()) {
    const gathered = lines.filter(({ payout }) => payout === id)
    assert.equal(gathered.length, count)
    assert.equal(gathered.reduce((sum, line) => sum + netOf(line), 0), 0, 'a payout leaves nothing of its lines') // biome-ignore format: one thought
  }
}

test('whatever is asked of a book, its account is right, in memory and in a file alike', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  const settings = {
    captureMs: 500,
    captureFailures: 0.3,
    refundMs: 700,
    refundFailures: 0.3,
    feePpm: 20_000,
    feeFixedMinor: 25,
    disputeFeeMinor: 15,
  }
  let run = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const path = join(folder, `${++run}.db`)
      const both = [openBookOnClock({ settings }), openBookOnClock({ settings, store: openSandboxStore(path) })]
      steps.forEach((one, index) => {
        const ends = both.map((open) => {
          try {
            take(open, one as Step, index)
            return 'done'
          } catch (error) {
            assert.ok(error instanceof SandboxRefusal, String(error))
            return error.code
          }
        })
        assert.equal(ends[0], ends[1])
      })
      both.forEach(checkBook)
      const [memory, file] = both.map(({ book }) => [book.all(), book.lines({ limit: 100_000 }), book.payouts(), book.balances()])
      assert.deepEqual(file, memory)
      for (const { book } of both) book.stop()
    }),
    { numRuns: 150 },
  )
  rmSync(folder, { recursive: true })
})
