import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { stripe } from '../config/payment-makers.ts'
import { defineSecret } from '../extend/own-secret.ts'
import { openKeys } from './payment-keys.ts'
import { type ProcessSettings, readSettings, UsageError } from './settings.ts'

const keys = { secretKey: defineSecret('STRIPE_SECRET_KEY'), webhookSecret: defineSecret('STRIPE_WEBHOOK_SECRET') }
const form = { like: 'sk_live_…', at: 'https://dashboard.example/keys' }
const modeOf = (key: string) => (/^sk_live_/.test(key) ? 'live' : /^sk_test_/.test(key) ? 'test' : null)

function keysOf(environment: NodeJS.ProcessEnv, allowTestKeys = false) {
  return openKeys(stripe({ ...keys, allowTestKeys }), readSettings(['start'], environment) as ProcessSettings)
}
const check = (mode: string, key: string, allowTestKeys = false) =>
  keysOf({ KINGPOST_ENV: mode, STRIPE_SECRET_KEY: key }, allowTestKeys).checkMode('secretKey', modeOf, form)

test('test and live are never mixed', () => {
  check('production', 'sk_live_1')
  check('development', 'sk_test_1')
  check('production', 'sk_test_1', true)
  assert.throws(() => check('production', 'sk_test_1'), /STRIPE_SECRET_KEY is a test key, and this is production/)
  assert.throws(() => check('development', 'sk_live_1', true), /STRIPE_SECRET_KEY is a live key, and this is development/)
  assert.throws(
    () => check('production', 'pk_live_1'),
    /STRIPE_SECRET_KEY is not what stripe takes as secretKey: sk_live_…\. Find it at https:\/\/dashboard\.example\/keys\./,
  )
  const ofWebhook = (secret: string) => () => keysOf({ STRIPE_WEBHOOK_SECRET: secret }).checkForm('webhookSecret', /^whsec_/, form)
  assert.doesNotThrow(ofWebhook('whsec_a, whsec_b'))
  for (const other of ['we_1abc', 'whsec_a we_1abc'])
    assert.throws(ofWebhook(other), (error: Error) => error instanceof UsageError && !error.message.includes('we_1abc'))
})

test('a key in a file is read again, and one that cannot be used changes nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'))
  try {
    const path = join(folder, 'key')
    const write = (text: string) => writeFileSync(path, text)
    write('sk_live_1\n')
    const opened = keysOf({ KINGPOST_ENV: 'production', STRIPE_SECRET_KEY_FILE: path, STRIPE_WEBHOOK_SECRET: 'whsec_a, whsec_b whsec_c' })
    opened.checkMode('secretKey', modeOf, form)
    assert.deepEqual(opened.readAll('webhookSecret'), ['whsec_a', 'whsec_b', 'whsec_c'])
    for (const [written, expected] of [
      ['sk_live_2\n', 'sk_live_2'],
      ['', 'sk_live_2'],
      ['sk_test_1', 'sk_live_2'],
      ['sk_live_3', 'sk_live_3'],
    ] as const) {
      write(written)
      assert.equal(opened.read('secretKey'), expected)
    }
    rmSync(path)
    assert.equal(opened.read('secretKey'), 'sk_live_3')
    assert.throws(() => keysOf({ STRIPE_SECRET_KEY_FILE: path }).read('secretKey'), UsageError)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
