import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { Type } from '../contract/type.ts'
import { defineMail } from '../domains/emails/define-mail.ts'
import { defineEffect } from './define-effect.ts'
import { brokenBy, type During, runOwnCode, throwAsTold } from './own-code.ts'
import { effectsIn } from './own-effect.ts'
import { mailIn } from './own-mail.ts'
import { defineSecret, secretsOf } from './own-secret.ts'
import { boundOf } from './scope.ts'

const piece = { what: 'The before hook notes.look', place: '/shop/hooks.ts:3:5' }
const waits =
  /^The before hook notes\.look \(\/shop\/hooks\.ts:3:5\) waits for something that is not its transaction, such as the network .* an effect\./

test('a call to the network is told as one, however fast it fails', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED', syscall: 'connect' })
  const failures = [new TypeError('fetch failed', { cause: refused }), refused, new Error('The CRM is away.', { cause: refused })]
  for (const failure of failures)
    await assert.rejects(
      runOwnCode(piece, boundOf({} as never, systemClock), async () => {
        throw failure
      }),
      { message: new RegExp(`${waits.source} It failed: .*(ECONNREFUSED|away)`) },
    )
  // A port that Node asks nobody at.
  await assert.rejects(
    runOwnCode(piece, boundOf({} as never, systemClock), async () => void (await fetch('http://127.0.0.1:1/'))),
    { message: waits },
  )
})

test('code that asks its transaction for too much, or for too long, fails with its name, whatever it catches', async () => {
  for (const [stepMs, told] of [
    [limits.ownCodeMs / 10, /failed: it used its transaction for longer than 4 s, and everybody else/],
    [0, /failed: it asked its transaction for more than 20000 things, and everybody else/],
  ] as const) {
    let nowMs = 0
    const bound = boundOf({} as never, { ...systemClock, monotonic: () => nowMs })
    const ask = async (during: During) => await during(async () => void (nowMs += stepMs))
    const loop = () =>
      runOwnCode(piece, bound, async (during) => {
        for (;;) await ask(during).catch(() => {})
      })
    // Whoever catches what a hook within it was told has failed as well.
    const outer = { what: 'The operation notes.all', place: '' }
    const error = await runOwnCode(outer, bound, (during) => during(loop).catch(() => {})).catch((thrown) => thrown)
    assert.match(error.message, told)
    assert.match(error.message, /The before hook notes\.look \(\/shop\/hooks\.ts:3:5\)/)
    assert.throws(() => throwAsTold(error), { code: 'took_too_long', detail: /^The before hook notes\.look asks for more/ })
    await assert.rejects(loop(), { message: told })
  }
})

test('neither what passes between two pieces of a transaction is their time, nor the wait for its first answer', async () => {
  let nowMs = 0
  const bound = boundOf({} as never, { ...systemClock, monotonic: () => nowMs })
  for (const tookMs of [2 * limits.ownCodeMs, limits.ownCodeMs / 4, limits.ownCodeMs / 4]) {
    await runOwnCode(piece, bound, (during) => during(async () => void (nowMs += tookMs)))
    nowMs += limits.ownCodeMs
  }
})

test('code that asks on and on lets others have their turn', async () => {
  let turns = 0
  const other = () => {
    if (++turns < 3) systemClock.soon(other)
  }
  systemClock.soon(other)
  await runOwnCode(piece, boundOf({} as never, systemClock), async (during) => {
    for (let n = 0; n < limits.ownAsksInTurn * 4; n++) await during(async () => {})
  })
  assert.equal(turns, 3)
})

test('every other error is a mistake, and says why', async () => {
  const error = new TypeError('x is not a function')
  await assert.rejects(
    runOwnCode(piece, boundOf({} as never, systemClock), () => {
      throw error
    }),
    brokenBy(piece, error),
  )
})

test('what the config does not list is told where it is used, with the list that it belongs into', async () => {
  const data = Type.Object({})
  const work = { newId: () => 'key_1' } as never
  const mail = defineMail('thanks', { data, subject: 'x', text: 'y' })
  await assert.rejects(mailIn(new Set(), work).send(mail, { to: 'ann@example.com', data: {} }), {
    message: 'The mail thanks is not in the config: add it to `mails: [ … ]` of defineBackend',
  })
  const effect = defineEffect('crm.sync', { payload: data, run() {} })
  await assert.rejects(effectsIn(new Set(), work).owe(effect, 'key', {}), {
    message: 'The effect crm.sync is not in the config: add it to `effects: [ … ]` of defineBackend',
  })
  assert.throws(
    () => secretsOf(new Map()).get(defineSecret('CRM_TOKEN')),
    /^OwnMistake: The secret CRM_TOKEN is not in the config: add it to `secrets: /,
  )
})
