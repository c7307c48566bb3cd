import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { createIdSource, timeOfId } from '../base/ids.ts'
import { systemRandom } from '../base/random.ts'
import { Type } from '../contract/type.ts'
import { webhookDeliveries, webhooks } from '../domains/webhooks/collections.ts'
import { owe } from '../domains/webhooks/tell-webhooks.ts'
import { type Effect, effectKind, effects, enqueue } from '../effects/effect.ts'
import { compileModel } from '../schema/model.ts'
import { findAll } from '../storage/find-all.ts'
import { inTransaction } from '../storage/in-transaction.ts'
import { openSqlite } from '../storage/sqlite/sqlite-storage.ts'
import { heldOf, releaseHeld, restoreRules } from './recovery.ts'

const newId = createIdSource(systemClock, systemRandom)
const day = 24 * 3_600_000
const effect = (state: Effect['state']) => ({ id: 'eff_1', version: 3, state, owner: 'wrk_1', dueAt: 1, updatedAt: 1 })
const payment = (status: string, createdAt: number) => ({ id: 'pay_1', version: 3, status, createdAt, checkAt: null, updatedAt: 1 })

test('a restore holds what was open, asks for payments that may have moved, ends sessions and keys and leaves the rest', () => {
  const backupAt = 1_000 * day
  const { rewrite, counts } = restoreRules({ now: backupAt + 5, backupAt, erased: new Set(['usr_1', 'usr_2']) })
  const becomes = (section: string, row: object) => rewrite(section, row as never) as Record<string, unknown> | null
  for (const state of ['ready', 'running'] as const)
    assert.deepEqual(becomes('effects', effect(state)), { ...effect('held'), owner: null, version: 4, updatedAt: backupAt + 5 })
  for (const state of ['done', 'dead', 'canceled', 'unknown', 'held'] as const)
    assert.deepEqual(becomes('effects', effect(state)), effect(state))
  assert.equal(becomes('sessions', { id: 'ses_1' }), null)
  assert.equal(becomes('apiKeys', { id: 'key_1' }), null)
  for (const status of ['created', 'sending', 'processing', 'unknown', 'requires_action', 'authorized'])
    assert.equal(becomes('payments', payment(status, 0))!['checkAt'], backupAt + 5, status)
  assert.equal(becomes('payments', payment('captured', backupAt - 179 * day))!['checkAt'], backupAt + 5)
  for (const row of [payment('captured', backupAt - 181 * day), payment('failed', backupAt), payment('canceled', backupAt)])
    assert.deepEqual(becomes('payments', row), row)
  assert.deepEqual(becomes('orders', { id: 'ord_1' }), { id: 'ord_1' })
  // Erased since: nobody signs in by it. What somebody wants gone is not held.
  const user = { id: 'usr_1', version: 3, email: 'ada@example.com', roles: [], disabled: false }
  assert.deepEqual(becomes('users', user), { ...user, disabled: true, version: 4, updatedAt: backupAt + 5 })
  for (const other of [
    { ...user, id: 'usr_3' },
    { ...user, id: 'usr_2', email: 'erased-usr_2@erased.invalid' },
  ])
    assert.deepEqual(becomes('users', other), other)
  const erasing = { ...effect('ready'), kind: 'personal.erase' }
  assert.deepEqual(becomes('effects', erasing), erasing)
  assert.equal(becomes('dataExports', { id: 'exp_1' }), null)
  assert.deepEqual(counts, { held: 2, sessions: 1, keys: 1, payments: 7, erased: 1 })
})

test('while a restore is under review, mails about the past are born held, and nothing else is', async (t) => {
  const model = compileModel([effects] as never)
  const storage = openSqlite({ path: ':memory:', model, clock: systemClock })
  t.after(() => storage.close())
  const old = newId('ord')
  const restoredAt = timeOfId(old)! + 1
  const since = createIdSource({ ...systemClock, now: () => restoredAt }, systemRandom)('ord')
  const parts = { storage, model, clock: systemClock, random: systemRandom }
  const owe = async (kind: string, record: string | null, at: number | null) => {
    const worker = () => ({ id: 'wrk_1', carriesOut: () => true, restoredAt: at })
    const given = { key: newId('key'), payload: {}, isUnrecognised: kind === 'email.send', ...(record === null ? {} : { record }) }
    return await inTransaction({ ...parts, worker }, { operation: 'test', actor: 'test', requestId: '' }, async (tx, now) => {
      const { state, owner, attempts } = (await enqueue({ tx, now, newId }, effectKind(kind, Type.Object({})), given))!
      return [state, owner, attempts]
    })
  }
  assert.deepEqual(await owe('email.send', old, restoredAt), ['held', null, 0])
  assert.deepEqual(await owe('email.send', since, restoredAt), ['running', 'wrk_1', 1])
  assert.deepEqual(await owe('email.send', 'ada@mail.example', restoredAt), ['running', 'wrk_1', 1])
  assert.deepEqual(await owe('email.send', null, restoredAt), ['running', 'wrk_1', 1])
  assert.deepEqual(await owe('payment.follow', old, restoredAt), ['running', 'wrk_1', 1])
  assert.deepEqual(await owe('email.send', old, null), ['running', 'wrk_1', 1])

  const cause = { operation: 'test', actor: 'test', requestId: '' }
  const release = (what: 'recognised' | 'mails') =>
    inTransaction(parts, cause, (tx) => releaseHeld(tx, heldOf(what), { state: 'ready', dueAt: 7 }))
  assert.deepEqual([await release('recognised'), await release('mails'), await release('mails')], [0, 1, 0])
})

test('a message to a webhook that is given up after a restore has failed, and says why', async (t) => {
  const model = compileModel([effects, webhooks, webhookDeliveries] as never)
  const storage = openSqlite({ path: ':memory:', model, clock: systemClock })
  t.after(() => storage.close())
  const parts = { storage, model, clock: systemClock, random: systemRandom }
  const delivery = await inTransaction(parts, { operation: 'test', actor: 'test', requestId: '' }, async (tx, now) => {
    const { id } = await owe({ tx, now, newId }, { webhook: 'whe_1', event: 'x.y', messageId: 'msg_1', body: '{}' }, null)
    const [effect] = await findAll(tx, effects)
    await tx.update(effects, effect!, { set: { state: 'held', owner: null } })
    assert.equal(await releaseHeld(tx, heldOf('mails'), { state: 'canceled' }), 1)
    return await tx.get(webhookDeliveries, id)
  })
  assert.deepEqual([delivery!.status, delivery!.lastError], ['failed', 'Given up after a restore.'])
})

test('a series that is restored goes on after the last that went out, and never back', () => {
  const key = JSON.stringify(['DE136695976', 'INV', 2026])
  const row = { id: 'ivs_1', version: 1, createdAt: 0, updatedAt: 0, key, last: 41, lost: null }
  const after = (last: number) => {
    const { rewrite } = restoreRules({ now: 5, backupAt: 1, issued: new Map([['INV/2026', last]]) })
    const { last: next, lost } = rewrite('invoiceSeries', row) as unknown as typeof row
    return [next, lost]
  }
  assert.deepEqual(
    [after(57), after(41), after(3)],
    [
      [57, 16],
      [41, null],
      [41, null],
    ],
  )
})
