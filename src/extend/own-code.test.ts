import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from '../contract/type.ts'
import { defineMail } from '../domains/emails/define-mail.ts'
import { defineEffect } from './define-effect.ts'
import { brokenBy, runOwnCode } from './own-code.ts'
import { effectsIn } from './own-effect.ts'
import { mailIn } from './own-mail.ts'
import { defineSecret, secretsOf } from './own-secret.ts'

const piece = { what: 'The before hook notes.look', place: '/shop/hooks.ts:3:5' }
const waits =
  /^The before hook notes\.look \(\/shop\/hooks\.ts:3:5\) waits for something that is not its transaction, such as the network .* an effect\./

test('a call to the network is told as one, however fast it fails', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED', syscall: 'connect' })
  const failures = [new TypeError('fetch failed', { cause: refused }), refused, new Error('The CRM is away.', { cause: refused })]
  for (const failure of failures)
    await assert.rejects(
      runOwnCode(piece, async () => {
        throw failure
      }),
      { message: new RegExp(`${waits.source} It failed: .*(ECONNREFUSED|away)`) },
    )
  // A port that Node asks nobody at.
  await assert.rejects(
    runOwnCode(piece, async () => void (await fetch('http://127.0.0.1:1/'))),
    { message: waits },
  )
})

test('every other error is a mistake, and says why', async () => {
  const error = new TypeError('x is not a function')
  await assert.rejects(
    runOwnCode(piece, () => {
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
