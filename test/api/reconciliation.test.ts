// The provider's own account beside our books: what both say, what only one of them says, and what staff make of it.
// slow: mongodb, mysql
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { leastIdAt } from '../../src/base/ids.ts'
import { limits } from '../../src/base/limits.ts'
import { money } from '../../src/base/money.ts'
import { signHmac } from '../../src/base/secret.ts'
import { eq, oneOf } from '../../src/contract/filter.ts'
import { ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { paymentFacts, payments, webhookInbox } from '../../src/domains/payments/collections.ts'
import { reconciliations, settlementLines } from '../../src/domains/payments/settlement-collections.ts'
import { schedules } from '../../src/effects/schedule.ts'
import { ledgerInvariants } from '../../src/observe/invariants/ledger.ts'
import { orderInvariants } from '../../src/observe/invariants/orders.ts'
import { paymentInvariants } from '../../src/observe/invariants/payments.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { findAll, findUnique } from '../../src/storage/find-all.ts'
import { sumsBy } from '../../src/storage/sums-by.ts'
import { type AccountDouble, aLine, createAccountDouble } from '../support/account-double.ts'
import { checkOut, fillCart, openWorld, startMs, type World, work } from '../support/api-harness.ts'

let world: World
let account: AccountDouble

beforeEach(async () => {
  world = await openWorld({
    provider(real) {
      account = createAccountDouble(real)
      return account.provider
    },
  })
  await world.engine.start()
})
afterEach(async () => {
  try {
    assert.deepEqual(
      world.log.filter(({ level }) => level === 'error'),
      [],
    )
    const { storage, model } = world.engine.parts
    const groups = [ledgerInvariants, paymentInvariants, orderInvariants]
    const given = { read: storage.reader, model, commitsAfter: storage.commitsAfter, now: world.clock.now(), isAtRest: true, groups }
    assert.deepEqual(await verifyDatabase(given), [])
  } finally {
    await world.close()
  }
})

const read = () => world.engine.parts.storage.reader
const staffPost = (url: string, body: object = {}) => world.call('staff', { method: 'POST', url, body })
const reconcile = async (body: object = {}) => {
  const { status, body: answer } = await staffPost('/api/payments/reconcile', body)
  assert.equal(status, 200)
  assert.equal(answer.items.length, 1)
  return answer.items[0]
}
const balance = async (name: string) => {
  const [found] = await sumsBy(read(), ledgerEntries, { where: eq('account', name), by: ['account'], sum: 'amount.amount' })
  return found?.sum ?? 0
}
const lineOf = async (ref: string) => (await findUnique(read(), settlementLines, eq('ref', ref)))!

async function start(method = 'card_success'): Promise<string> {
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'), method)
  await work(world)
  return body.order.id as string
}
const paymentOf = async (order: string) => (await findAll(read(), payments, eq('order', order)))[0]!

/** As the provider's account shows an order's payment. */
async function paid(order: string, given: { readonly minor?: number; readonly fee?: number } = {}) {
  const { id, providerRef, captured } = await paymentOf(order)
  const { minor = captured.amount, fee = 0 } = given
  return aLine({ ref: `txn_${id}`, minor, fee, operationRef: providerRef, providerRef, reference: id, at: world.clock.now() })
}

/** A payment in the provider's book that nobody here knows, such as one after the backup that was restored. */
async function unknownPayment(minor = 1390) {
  const reference = world.engine.newId('pay')
  const { id } = world.book.create({
    key: `lost:${reference}`,
    reference,
    amountMinor: minor,
    currency: 'EUR',
    method: 'card_success',
    returnUrl: 'http://shop.test',
  })!
  const line = aLine({ ref: `txn_${id}`, minor, operationRef: id, providerRef: id, reference, at: world.clock.now() })
  account.lines.push(line)
  // The sandbox decides after a moment.
  await work(world)
  return { id, reference, line }
}

describe('an account', () => {
  test('that shows what we know is explained: its fees and payouts are booked, once', async () => {
    const all = [await start(), await start(), await start()]
    for (const order of all) account.lines.push(await paid(order, { fee: 40 }))
    account.lines.push(aLine({ ref: 'po_1', kind: 'payout', minor: -4_000, fee: 25, at: world.clock.now(), payoutRef: 'po_1' }))
    account.lines.push(aLine({ ref: 'adj_1', kind: 'adjustment', minor: -10, at: world.clock.now() }))
    account.lines.push(aLine({ ref: 'fee_1', kind: 'fee', minor: -5, at: world.clock.now() }))
    for (let time = 0; time < 2; time++) {
      const answer = await reconcile()
      assert.deepEqual(
        [answer.provider, answer.lines, answer.matched, answer.explainedPpm, answer.differenceCount, answer.isComplete, answer.reason],
        ['sandbox', 6, 6, 1_000_000, 0, true, null],
      )
      assert.deepEqual(answer.differences, [])
      assert.equal(await balance('E:fee:sandbox'), 3 * 40 + 25 + 5)
      assert.equal(await balance('A:bank'), 4_000)
      assert.equal(await balance('E:adjustment:sandbox'), 10)
      assert.equal(await balance('A:psp:sandbox'), 3 * 1_390 - 150 - 4_000 - 10)
    }
    assert.deepEqual(
      account.asked.slice(0, 3).map(({ after }) => after),
      [null, account.lines[1]!.ref, account.lines[3]!.ref],
    )
    const entries = await findAll(read(), ledgerEntries, eq('order', all[0]!))
    assert.deepEqual(
      entries.filter(({ kind }) => kind === 'settlement.fee').map(({ account: name, amount }) => [name, amount.amount]),
      [
        ['E:fee:sandbox', 40],
        ['A:psp:sandbox', -40],
      ],
    )
  })

  test('and what we know differ: each difference is told exactly', async () => {
    const [less, foreign, missing] = [await start(), await start(), await start()]
    account.lines.push(await paid(less, { minor: 1_000 }))
    account.lines.push({ ...(await paid(foreign)), amount: money(1_390, 'USD'), fee: money(0, 'USD') })
    const { differences, explainedPpm } = await reconcile()
    const [lessId, foreignId] = await Promise.all([less, foreign].map(async (order) => (await paymentOf(order)).id))
    const eur = (amount: number) => ({ amount, currency: 'EUR' })
    assert.deepEqual(
      differences.map(({ kind, ref, payment, order, ours, theirs }: Record<string, unknown>) => [kind, ref, payment, order, ours, theirs]),
      [
        ['amount', `txn_${lessId}`, lessId, less, eur(1_390), eur(1_000)],
        ['currency', `txn_${foreignId}`, foreignId, foreign, eur(1_390), { amount: 1_390, currency: 'USD' }],
      ],
    )
    assert.equal(explainedPpm, 0)
    // What is of now may come to the account later; what is old is missing there.
    const [fact] = await findAll(read(), paymentFacts, eq('order', missing))
    await world.write(async (tx) => {
      const { createdAt: _, ...old } = fact!
      await tx.deleteWhere(paymentFacts, eq('id', old.id))
      await tx.insert(paymentFacts, { ...old, id: `${leastIdAt('fact', startMs - 2 * 86_400_000).slice(0, -4)}zzzz` })
    })
    const since = new Date(startMs - 3 * 86_400_000).toISOString()
    const again = await reconcile({ provider: 'sandbox', since })
    const told = again.differences.find(({ kind }: { kind: string }) => kind === 'fact_without_line')
    assert.deepEqual([told.order, told.ours, told.theirs, again.differenceCount], [missing, eur(1_390), null, 3])
  })

  test('lacks more than is told: the rest is not forgotten by later looks', async () => {
    const [fact] = await findAll(read(), paymentFacts, eq('order', await start()))
    const count = limits.differencesToldMax + 5
    const oldAt = startMs - 40 * 86_400_000
    await world.write(async (tx) => {
      const { createdAt: _, ...like } = fact!
      const facts = Array.from({ length: count }, (_unused, at) => ({
        ...like,
        ...{ id: `${leastIdAt('fact', oldAt).slice(0, -4)}${1_000 + at}`, operationRef: `op_${at}`, amount: money(1, 'EUR') },
      }))
      await tx.insertMany(paymentFacts, facts)
    })
    const first = await reconcile({ since: new Date(oldAt - 1_000).toISOString() })
    assert.deepEqual([first.differenceCount, first.differences.length], [count, limits.differencesToldMax])
    await work(world, limits.settlementLookMs + 1_000)
    assert.equal((await findAll(read(), reconciliations)).at(-1)!.status, 'done')
    for (const _ of [1, 2]) {
      assert.equal((await reconcile()).differenceCount, count)
      await work(world, limits.settlementLookMs + 1_000)
    }
    await world.write(
      async (tx) =>
        void (await tx.deleteWhere(
          paymentFacts,
          oneOf(
            'operationRef',
            Array.from({ length: count }, (_, at) => `op_${at}`),
          ),
        )),
    )
  })

  test('that shows what we missed has the payment looked at, and then agrees', async () => {
    world.book.set({ webhookLoss: 1 })
    const order = await start('card_challenge')
    const { id, providerRef } = await paymentOf(order)
    world.book.challenge(providerRef!, true)
    account.lines.push(aLine({ ref: 'txn_1', minor: 1_390, operationRef: providerRef, providerRef, reference: id, at: world.clock.now() }))
    const { differences } = await reconcile()
    assert.deepEqual(
      differences.map(({ kind, order: of, ours }: Record<string, unknown>) => [kind, of, ours]),
      [['line_without_fact', order, null]],
    )
    await work(world)
    assert.equal((await read().get(orders, order))!.status, 'placed')
    await work(world, 61_000)
    assert.equal((await lineOf('txn_1')).state, 'matched')
    const [row] = await findAll(read(), reconciliations)
    assert.deepEqual([row!.status, row!.lines, row!.explainedPpm, row!.differenceCount], ['done', 1, 1_000_000, 0])
  })

  test('in another currency than its payments is explained: what was changed lies between the two', async () => {
    const order = await start()
    const original = money(1_390, 'EUR')
    const inUsd = { amount: money(1_501, 'USD'), fee: money(62, 'USD') }
    account.lines.push({ ...(await paid(order)), ...inUsd, original })
    const changed = async () => [await balance('A:psp:sandbox'), await balance('A:exchange:sandbox'), await balance('E:fee:sandbox')]
    for (const _ of [1, 2]) {
      const { explainedPpm, differences } = await reconcile()
      assert.deepEqual([explainedPpm, differences], [1_000_000, []])
      // Of both currencies: 1,390 − 1,390 EUR, and 1,501 − 62 USD.
      assert.deepEqual(await changed(), [1_439, 1_390 - 1_501, 62])
    }
    const unknown = await unknownPayment()
    account.lines.splice(-1, 1, { ...unknown.line, ...inUsd, original })
    assert.equal((await reconcile()).differences[0].kind, 'line_without_fact')
    assert.equal(await balance('L:unmatched:sandbox'), -1_501)
    const orphan = await start('card_challenge')
    assert.equal((await staffPost(`/api/orders/${orphan}/adopt-payment`, { provider: 'sandbox', providerRef: unknown.id })).status, 201)
    await work(world)
    account.lines.push({ ...(await paid(await start())), ...inUsd, original: money(1_391, 'EUR') })
    const { differences } = await reconcile()
    assert.deepEqual(
      differences.map(({ kind, theirs }: { kind: string; theirs: object }) => [kind, theirs]),
      [['amount', money(1_391, 'EUR')]],
    )
    assert.equal(await balance('L:unmatched:sandbox'), 0)
  })

  test('whose lines name no operation is matched by payment, kind and amount, each fact once', async () => {
    const order = await start()
    const line = { ...(await paid(order)), operationRef: null, reference: null }
    account.lines.push({ ...line, ref: 'a' }, { ...line, ref: 'b' })
    const { differences } = await reconcile()
    assert.deepEqual(
      differences.map(({ kind, ref }: Record<string, unknown>) => [kind, ref]),
      [['line_without_fact', 'b']],
    )
  })

  test('that staff read from a later time on is read from the end of the last whole reading by the next', async () => {
    const day = 86_400_000
    const earlier = startMs - 20 * day
    const row = {
      id: world.engine.newId('rcn'),
      provider: 'sandbox',
      running: null,
      status: 'done',
      since: earlier - day,
      until: earlier,
    } as const
    const none = {
      wholeUntil: null,
      factsSince: null,
      cursor: null,
      steps: 1,
      lastError: null,
      lines: 0,
      matched: 0,
      explainedPpm: 1_000_000,
    }
    await world.write(async (tx) => void (await tx.insert(reconciliations, { ...row, ...none, differenceCount: 0, differences: [] })))
    account.lines.push(aLine({ ref: 'txn_between', minor: 777, at: startMs - 10 * day }))
    const late = await reconcile({ since: new Date(startMs - 1_000).toISOString() })
    assert.deepEqual([late.lines, late.differenceCount], [0, 0])
    const whole = await reconcile()
    assert.deepEqual([Date.parse(whole.since), whole.lines, whole.differenceCount], [earlier - limits.settlementOverlapMs, 1, 1])
    await work(world, limits.settlementLookMs + 1_000)
    const next = await reconcile()
    assert.ok(Date.parse(next.since) >= startMs - limits.settlementOverlapMs)
  })

  test('of many lines is complete when it is asked for again, and read anew after a while', async () => {
    const many = Array.from({ length: limits.settlementLinesPerStep + 1 }, (_, index) =>
      aLine({ ref: `fee_${index}`, kind: 'fee', minor: -1, at: world.clock.now() }),
    )
    account.lines.push(...many)
    const page = { lines: many.slice(0, -1), next: many.at(-2)!.ref }
    account.instead = {
      list: async (_, after) => ({ result: 'ok', value: after === null ? page : { lines: many.slice(-1), next: null } }),
    }
    const first = await reconcile()
    assert.deepEqual([first.isComplete, first.reason], [false, 'Its account is still being read.'])
    await work(world)
    const second = await reconcile({ since: first.since })
    assert.deepEqual([second.isComplete, second.reconciliation, second.lines], [true, first.reconciliation, many.length])
    const third = await reconcile()
    assert.deepEqual([third.isComplete, third.reconciliation], [true, first.reconciliation])
    await work(world, limits.settlementLookMs + 1_000)
    assert.notEqual((await reconcile()).reconciliation, first.reconciliation)
  })

  test('is read on from where it broke off', async () => {
    const [first, second] = [await start(), await start()]
    account.lines.push(await paid(first), aLine({ ref: 'fee_1', kind: 'fee', minor: -1, at: world.clock.now() }), await paid(second))
    const page = { lines: account.lines.slice(0, 2), next: account.lines[1]!.ref }
    account.instead = {
      list: async (_, after) => (after === null ? { result: 'ok', value: page } : { result: 'refused', reason: 'Closed for today.' }),
    }
    // Pages that were read before the failure are kept.
    const broken = await reconcile()
    assert.equal(broken.isComplete, false)
    await work(world)
    const failed = (await findAll(read(), reconciliations))[0]!
    assert.deepEqual([failed.status, failed.lastError], ['failed', 'Closed for today.'])
    assert.equal((await findAll(read(), settlementLines)).length, 2)
    account.instead = {}
    const { isComplete, explainedPpm, lines } = await reconcile()
    assert.deepEqual([isComplete, explainedPpm, lines], [true, 1_000_000, 3])
    assert.equal((await findAll(read(), reconciliations)).length, 1)
  })

  test('that is read on from a place has been read until that list was begun, and not until now', async () => {
    const until = startMs - 10 * 86_400_000
    account.lines.push(aLine({ ref: 'a', minor: 1, at: until }), aLine({ ref: 'b', minor: 2, at: until }))
    const row = {
      id: world.engine.newId('rcn'),
      provider: 'sandbox',
      running: null,
      status: 'failed',
      since: until - 1_000,
      until,
    } as const
    const none = { factsSince: null, lines: null, matched: null, explainedPpm: null, differenceCount: null, differences: null }
    const place = { wholeUntil: until, cursor: 'a', steps: 1, lastError: 'Nobody knows.' }
    await world.write(async (tx) => void (await tx.insert(reconciliations, { ...row, ...none, ...place })))
    assert.equal(Date.parse((await reconcile()).until), until)
    await work(world, limits.settlementLookMs + 1_000)
    assert.equal(Date.parse((await reconcile()).since), until - limits.settlementOverlapMs)
  })

  test('is asked again when its provider is silent', async () => {
    account.lines.push(aLine({ ref: 'fee_1', kind: 'fee', minor: -1, at: world.clock.now() }))
    account.faults.push({ result: 'uncertain', reason: 'No answer.' })
    const silent = await reconcile()
    assert.deepEqual([silent.isComplete, silent.reason], [false, 'No answer.'])
    await work(world, 10_000)
    assert.equal(account.asked.length, 2)
    assert.equal((await findAll(read(), reconciliations))[0]!.status, 'matching')
  })

  test('is read every night', async () => {
    const row = await findUnique(read(), schedules, eq('name', 'payments.readAccounts'))
    assert.equal(row!.plan, 'every 24h')
    await world.write((tx) => tx.touch(schedules, row!.id, { set: { nextAt: world.clock.now() } }))
    await work(world, 3_000)
    assert.deepEqual(
      (await findAll(read(), reconciliations)).map(({ status }) => status),
      ['matching'],
    )
  })
})

describe('money of nobody in an account', () => {
  test('of a payment that a restore has lost is held, and pays for the order that staff name', async () => {
    const order = await start('card_challenge')
    const { id, reference } = await unknownPayment()
    const { differences } = await reconcile()
    assert.deepEqual(
      differences.map(({ kind, order: of, theirs }: Record<string, unknown>) => [kind, of, theirs]),
      [['line_without_fact', null, { amount: 1_390, currency: 'EUR' }]],
    )
    assert.equal(await balance('L:unmatched:sandbox'), -1_390)
    assert.equal(await balance('A:psp:sandbox'), 1_390)
    const adopt = () => staffPost(`/api/orders/${order}/adopt-payment`, { provider: 'sandbox', providerRef: id })
    const { status, body } = await adopt()
    // Under the name that it had here, by which the provider's webhooks speak of it.
    assert.deepEqual([status, body.id, body.order, body.status, body.captured.amount], [201, reference, order, 'captured', 1_390])
    await work(world)
    assert.equal((await read().get(orders, order))!.status, 'placed')
    assert.equal(await balance('L:unmatched:sandbox'), 0)
    assert.equal(await balance('A:psp:sandbox'), 1_390)
    assert.equal((await reconcile()).explainedPpm, 1_000_000)
    const again = await adopt()
    assert.deepEqual([again.status, again.body.code], [409, 'settlement_state_conflict'])
  })

  test('is adopted by one of the orders that ask for it at once', async () => {
    const all = [await start('card_challenge'), await start('card_challenge'), await start('card_challenge')]
    const { id } = await unknownPayment()
    const answers = await Promise.all(
      all.map((order) => staffPost(`/api/orders/${order}/adopt-payment`, { provider: 'sandbox', providerRef: id })),
    )
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409, 409])
    assert.equal((await findAll(read(), payments, eq('providerRef', id))).length, 1)
    await work(world)
  })

  // Most providers' refunds name the payment, PayPal's the line that they undo.
  for (const named of ['payment', 'line'] as const)
    test(`goes back, and the line of its refund, which names the ${named}, settles it`, async () => {
      const { id, line } = await unknownPayment()
      await reconcile()
      const { id: stored } = await lineOf(line.ref)
      const { status, body } = await staffPost(`/api/settlementLines/${stored}/return`)
      assert.deepEqual([status, body.state], [200, 'returning'])
      const [refund] = world.book.get(id)!.refunds
      assert.equal(refund!.amountMinor, 1_390)
      assert.equal((await staffPost(`/api/settlementLines/${stored}/return`)).body.code, 'settlement_state_conflict')
      account.lines.push(
        aLine({
          ref: 'txn_back',
          kind: 'refund',
          minor: -1_390,
          operationRef: refund!.id,
          providerRef: named === 'payment' ? id : line.ref,
          at: world.clock.now(),
        }),
      )
      assert.equal((await reconcile()).explainedPpm, 1_000_000)
      assert.deepEqual([(await lineOf(line.ref)).state, (await lineOf('txn_back')).state], ['settled', 'settled'])
      assert.deepEqual([await balance('L:unmatched:sandbox'), await balance('A:psp:sandbox')], [0, 0])
    })

  test('that the provider does not give back waits for staff again', async () => {
    const { line } = await unknownPayment()
    await reconcile()
    account.instead = { refund: async () => ({ result: 'refused', reason: 'Too old.' }) }
    const { id } = await lineOf(line.ref)
    const { body } = await staffPost(`/api/settlementLines/${id}/return`)
    assert.deepEqual([body.state, body.lastError], ['unmatched', 'Too old.'])
    for (const [as, other] of [
      ['given_back', 'A:outside'],
      ['kept', 'I:other'],
    ] as const) {
      const ref = as === 'kept' ? (await unknownPayment(200)).line.ref : line.ref
      if (as === 'kept') await reconcile()
      const given = { as, note: 'By bank transfer of today.' }
      const settled = await staffPost(`/api/settlementLines/${(await lineOf(ref)).id}/settle`, given)
      assert.deepEqual([settled.status, settled.body.state, settled.body.note], [200, 'settled', given.note])
      assert.equal(await balance(other), as === 'kept' ? -200 : -1_390)
    }
    assert.equal(await balance('L:unmatched:sandbox'), 0)
    const twice = await staffPost(`/api/settlementLines/${id}/settle`, { as: 'kept', note: 'Again.' })
    assert.deepEqual([twice.status, twice.body.code], [409, 'settlement_state_conflict'])
  })

  test('and webhooks that speak of nothing of ours are ended by a note', async () => {
    const body = JSON.stringify({ id: 'evt_x', payment: 'sbp_x', reference: 'pay_x' })
    const at = Math.floor(world.clock.now() / 1_000)
    const signature = `t=${at},v1=${signHmac(world.webhookSecret, Buffer.from(`${at}.${body}`))}`
    const headers = { 'content-type': 'application/json', 'sandbox-signature': signature }
    assert.equal((await world.call('guest', { method: 'POST', url: '/api/payments/webhooks/sandbox', headers, body })).status, 200)
    const [message] = await findAll(read(), webhookInbox)
    const settle = () => staffPost(`/api/webhookInbox/${message!.id}/settle`, { note: 'A test of the provider.' })
    const { status, body: answer } = await settle()
    assert.deepEqual([status, answer.state, answer.note], [200, 'handled', 'A test of the provider.'])
    assert.equal((await settle()).body.code, 'settlement_state_conflict')
  })
})

test('a provider that does not list its account says so', async () => {
  const silent = await openWorld({ provider: ({ list: _, ...real }) => real })
  try {
    const { status, body } = await silent.call('staff', { method: 'POST', url: '/api/payments/reconcile' })
    const [answer] = body.items
    assert.deepEqual([status, answer.isComplete, answer.reason, answer.lines], [200, false, 'It does not list its account.', 0])
  } finally {
    await silent.close()
  }
})

test("the sandbox's own account agrees with the books, whatever was made in its dashboard", async () => {
  const real = await openWorld()
  try {
    await real.engine.start()
    const reconciled = async () => (await real.call('staff', { method: 'POST', url: '/api/payments/reconcile' })).body.items[0]
    for (const part of [0, 300]) {
      const { body } = await checkOut(real, 'owner', await fillCart(real, 'owner'))
      await work(real)
      const [payment] = await findAll(real.engine.parts.storage.reader, payments, eq('order', body.order.id))
      if (part > 0) real.book.refundInDashboard(payment!.providerRef!, part)
      await work(real, 10_000)
    }
    const { lines, matched, explainedPpm, isComplete, differences } = await reconciled()
    assert.deepEqual([lines, matched, explainedPpm, isComplete, differences], [3, 3, 1_000_000, true, []])
    const wrong = await real.call('staff', { method: 'POST', url: '/api/payments/reconcile', body: { since: '2016-12-31T23:59:60Z' } })
    assert.equal(wrong.status, 400)
  } finally {
    await real.close()
  }
})
