import assert from 'node:assert/strict'
import { type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { type Answers, notFound, ofCapture, operation, payPalDouble } from '../../../test/support/paypal-double.ts'
import { fitsPublishedEvent } from '../../../test/support/published-paypal.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { makeCertificate } from '../../sandbox/faces/certificate.ts'

const now = Date.parse('2026-11-30T12:00:00Z')
const signer = 'messageverificationcerts.paypal.com'
const dates = { from: now - 1_000, until: now + 1_000_000_000 }
const good = makeCertificate({ commonName: signer, ...dates })
const certPath = '/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77'
const certUrl = `https://api.paypal.com${certPath}`
const served = { [`GET ${certPath}`]: { body: good.pem } }

function eventOf(type: string, resource: object): string {
  const body = JSON.stringify({ id: 'WH-1', create_time: '2026-11-30T12:00:00Z', event_version: '1.0', event_type: type, resource })
  fitsPublishedEvent(body)
  return body
}
const approved = eventOf('CHECKOUT.ORDER.APPROVED', { id: '5O1', purchase_units: [{ custom_id: 'pay_1' }] })

type Changes = {
  key?: KeyObject
  time?: string
  webhookId?: string
  body?: string
  headers?: Record<string, string | undefined>
  now?: number
}
/** As PayPal signs it, but for the changes. */
function messageOf(
  signed: string,
  { key = good.privateKey, time = '2026-11-30T11:59:58Z', webhookId = '8PT597110X687430LKGECATA', ...changes }: Changes = {},
) {
  const text = `69cd13f0-d67a-11e5-baa3-778b53f4ae55|${time}|${webhookId}|${crc32(signed)}`
  const headers = {
    'paypal-transmission-id': '69cd13f0-d67a-11e5-baa3-778b53f4ae55',
    'paypal-transmission-time': time,
    'paypal-transmission-sig': sign('sha256', Buffer.from(text), key).toString('base64'),
    'paypal-cert-url': certUrl,
    'paypal-auth-algo': 'SHA256withRSA',
    ...changes.headers,
  }
  return { body: Buffer.from(changes.body ?? signed), headers, now: changes.now ?? now }
}

test('a message that PayPal signed is taken; its certificate is asked for once', async () => {
  const { provider, calls } = payPalDouble(served)
  for (let time = 0; time < 3; time++)
    assert.deepEqual(await provider.verifyWebhook(messageOf(approved)), [{ eventId: 'WH-1', reference: 'pay_1', providerRef: '5O1' }])
  await Promise.all([provider.verifyWebhook(messageOf(approved)), provider.verifyWebhook(messageOf(approved))])
  assert.deepEqual(calls(), [`GET ${certPath}`])
})

test('PayPal repeats a message for three days: it may be as old, and no older, nor of the future', async () => {
  const { provider } = payPalDouble(served)
  const day = 24 * 3_600_000
  const at = async (time: number) => (await provider.verifyWebhook(messageOf(approved, { time: new Date(time).toISOString() }))) !== null
  assert.deepEqual(
    [await at(now - 3 * day), await at(now - 5 * day), await at(now + 60_000), await at(now + 600_000)],
    [true, false, true, false],
  )
  assert.equal(await provider.verifyWebhook(messageOf(approved, { time: 'yesterday' })), null)
})

test('what is altered, of another webhook, of another signer or by another algorithm is refused', async () => {
  const other = makeCertificate({ commonName: signer, ...dates })
  const rows: [string, Changes][] = [
    ['the body', { body: approved.replace('pay_1', 'pay_2') }],
    ['the webhook', { webhookId: '1JE4291016473214C' }],
    ['the key', { key: other.privateKey }],
    ['the time', { headers: { 'paypal-transmission-time': '2026-11-30T11:59:59Z' } }],
    ['the id', { headers: { 'paypal-transmission-id': '69cd13f0-d67a-11e5-baa3-778b53f4ae56' } }],
    ['the algorithm', { headers: { 'paypal-auth-algo': 'SHA1withRSA' } }],
    ['no algorithm', { headers: { 'paypal-auth-algo': undefined } }],
    ['no signature', { headers: { 'paypal-transmission-sig': undefined } }],
    ['no base64', { headers: { 'paypal-transmission-sig': '%'.repeat(344) } }],
    ['no certificate', { headers: { 'paypal-cert-url': undefined } }],
  ]
  for (const [name, changes] of rows) {
    const { provider } = payPalDouble(served)
    assert.equal(await provider.verifyWebhook(messageOf(approved, changes)), null, name)
  }
})

test('both webhooks are good while one takes the place of another', async () => {
  const { provider } = payPalDouble(served, {
    keys: () => ({ clientId: 'c', clientSecret: 's', webhookIds: ['8PT597110X687430LKGECATA', '1JE4291016473214C'] }),
  })
  for (const webhookId of ['8PT597110X687430LKGECATA', '1JE4291016473214C'])
    assert.ok(await provider.verifyWebhook(messageOf(approved, { webhookId })), webhookId)
})

test('no address is asked for a certificate but those of PayPal', async () => {
  const addresses = [
    `http://api.paypal.com${certPath}`,
    `https://api.paypal.com.evil.test${certPath}`,
    `https://evil.test${certPath}`,
    `https://api.paypal.com@evil.test${certPath}`,
    `https://evil.test\\@api.paypal.com${certPath}`,
    `https://user:word@api.paypal.com${certPath}`,
    `https://api.paypal.com:8443${certPath}`,
    `https://api.sandbox.paypal.com${certPath}`,
    `https://www.paypal.com${certPath}`,
    `https://127.0.0.1${certPath}`,
    `https://[::1]${certPath}`,
    'https://api.paypal.com/v1/notifications/certs/../../oauth2/token',
    'https://api.paypal.com/v1/notifications/certs/..%2f..%2fx',
    `https://api.paypal.com${certPath}?next=https://evil.test`,
    `https://api.paypal.com${certPath}#x`,
    `https://api.paypal.com${certPath}/x`,
    'https://api.paypal.com/other/CERT-1',
    `file://${certPath}`,
    'CERT-1',
    `https://api.paypal.com/v1/notifications/certs/${'C'.repeat(600)}`,
  ]
  const { provider, asked } = payPalDouble(served)
  for (const address of addresses)
    assert.equal(await provider.verifyWebhook(messageOf(approved, { headers: { 'paypal-cert-url': address } })), null, address)
  assert.deepEqual(asked, [])
})

test('a file that is no good certificate of PayPal certifies nothing, and is not asked for again at once', async () => {
  const authority = { commonName: 'An authority', ...makeCertificate({ commonName: 'An authority', ...dates, isAuthority: true }) }
  const vouched = makeCertificate({ commonName: signer, ...dates, issuer: authority })
  const notAuthority = { commonName: 'Somebody', ...makeCertificate({ commonName: 'Somebody', ...dates }) }
  const rows: [string, { pem: string; privateKey: KeyObject }, boolean][] = [
    ['with its authority behind it', { ...vouched, pem: vouched.pem + authority.pem }, true],
    ['with another behind it', { ...vouched, pem: vouched.pem + good.pem }, false],
    ['vouched for by nobody who may', { ...withIssuer(notAuthority) }, false],
    ['of another name', makeCertificate({ commonName: 'www.paypal.com', ...dates }), false],
    ['of a longer name', makeCertificate({ commonName: `${signer}.evil.test`, ...dates }), false],
    ['of the sandbox', makeCertificate({ commonName: 'messageverificationcerts.sandbox.paypal.com', ...dates }), false],
    ['over', makeCertificate({ commonName: signer, from: now - 2_000, until: now - 1_000 }), false],
    ['not begun', makeCertificate({ commonName: signer, from: now + 60_000, until: now + 120_000 }), false],
    ['of a short key', makeCertificate({ commonName: signer, ...dates, bits: 1_024 }), false],
    ['too long', { ...good, pem: ' '.repeat(limits.payPalCertificateCharactersMax) + good.pem }, false],
    ['no certificate', { ...good, pem: '<html>' }, false],
    ['a broken one', { ...good, pem: good.pem.replace(/M/g, 'N') }, false],
  ]
  function withIssuer(issuer: { commonName: string; privateKey: KeyObject; pem: string }) {
    const one = makeCertificate({ commonName: signer, ...dates, issuer })
    return { ...one, pem: one.pem + issuer.pem }
  }
  for (const [name, { pem, privateKey }, isGood] of rows) {
    const { provider, asked } = payPalDouble({ [`GET ${certPath}`]: { body: pem } })
    for (let time = 0; time < 2; time++)
      assert.equal((await provider.verifyWebhook(messageOf(approved, { key: privateKey }))) !== null, isGood, name)
    assert.equal(asked.length, 1, name)
  }
})

test('a certificate that ends while it is kept ends there', async () => {
  const { provider } = payPalDouble(served)
  assert.ok(await provider.verifyWebhook(messageOf(approved)))
  const later = dates.until + 1_000
  assert.equal(await provider.verifyWebhook(messageOf(approved, { time: new Date(later).toISOString(), now: later })), null)
})

test('where the certificate cannot be had, or is a redirect, nothing is taken: PayPal sends it again', async () => {
  const overloaded = (error: unknown) => error instanceof EngineError && error.code === 'overloaded'
  for (const status of [429, 500, 503]) {
    const { provider } = payPalDouble({ [`GET ${certPath}`]: { status } })
    await assert.rejects(async () => await provider.verifyWebhook(messageOf(approved)), overloaded)
  }
  for (const status of [301, 302, 404]) {
    const { provider } = payPalDouble({ [`GET ${certPath}`]: { status, body: good.pem } })
    assert.equal(await provider.verifyWebhook(messageOf(approved)), null)
  }
})

test('made-up names of certificates are asked for a few at once, and those that are kept stay good', async () => {
  let release = () => {}
  const waiting = new Promise<void>((resolve) => (release = resolve))
  const { provider, asked } = payPalDouble(served)
  assert.ok(await provider.verifyWebhook(messageOf(approved)))
  const slow = payPalDouble(
    {},
    {
      egress: {
        async request(request) {
          asked.push(request)
          await waiting
          return { status: 404, body: '' }
        },
      },
    },
  ).provider
  const named = (count: number) =>
    messageOf(approved, { headers: { 'paypal-cert-url': `https://api.paypal.com/v1/notifications/certs/CERT-${count}` } })
  const answers = Array.from({ length: 20 }, async (_, index) => await slow.verifyWebhook(named(index)))
  const settled = Promise.allSettled(answers)
  release()
  assert.deepEqual(
    (await settled).map(({ status }) => status).filter((status) => status === 'fulfilled').length,
    limits.payPalCertificatesAskedMax,
  )
})

test('each message says which payment it speaks of, and is believed in nothing else', async () => {
  const related = { supplementary_data: { related_ids: { order_id: '5O1' } } }
  const capture = { ...operation('CAP1', 'COMPLETED', '20.00', { custom_id: 'pay_1', ...related }) }
  const refund = operation('R1', 'COMPLETED', '5.00', { custom_id: 'ref_1', ...ofCapture('CAP1') })
  const dispute = { dispute_id: 'PP-D-1', disputed_transactions: [{ seller_transaction_id: 'CAP1', custom: 'pay_1' }] }
  const itself = { eventId: 'WH-1', reference: 'pay_1', providerRef: '5O1' }
  const rows: [string, object, unknown][] = [
    ['CHECKOUT.ORDER.APPROVED', { id: '5O1', purchase_units: [{ custom_id: 'pay_1' }] }, [itself]],
    ['CHECKOUT.PAYMENT-APPROVAL.REVERSED', { order_id: '5O1', purchase_units: [{ custom_id: 'pay_1' }] }, [itself]],
    ['PAYMENT.CAPTURE.COMPLETED', capture, [itself]],
    ['PAYMENT.CAPTURE.PENDING', { ...capture, status: 'PENDING' }, [itself]],
    ['PAYMENT.CAPTURE.DENIED', { ...capture, status: 'DECLINED' }, [itself]],
    ['PAYMENT.AUTHORIZATION.VOIDED', operation('AUTH1', 'VOIDED', '20.00', { custom_id: 'pay_1', ...related }), [itself]],
    ['PAYMENT.CAPTURE.REFUNDED', refund, [itself]],
    ['PAYMENT.CAPTURE.REVERSED', refund, [itself]],
    ['PAYMENT.REFUND.FAILED', { ...refund, status: 'FAILED' }, [itself]],
    ['CUSTOMER.DISPUTE.CREATED', dispute, [itself]],
    // Of somebody else's capture: it waits for somebody to look.
    ['PAYMENT.CAPTURE.REFUNDED', { ...refund, ...ofCapture('CAP9') }, [{ eventId: 'WH-1', reference: null, providerRef: 'CAP9' }]],
    ['BILLING.SUBSCRIPTION.ACTIVATED', { id: 'I-1' }, []],
    ['PAYMENT.CAPTURE.REFUNDED', { id: 'R1' }, null],
    ['CUSTOMER.DISPUTE.CREATED', {}, null],
  ]
  for (const [type, resource, events] of rows) {
    const { provider } = payPalDouble({
      ...served,
      'GET /v2/payments/captures/CAP1': { body: capture },
      'GET /v2/payments/captures/CAP9': { status: 404, body: notFound },
    })
    assert.deepEqual(await provider.verifyWebhook(messageOf(eventOf(type, resource))), events, type)
  }
})

test('what is signed and no event is refused; where the capture cannot be looked up it comes again', async () => {
  for (const body of [
    '',
    '[]',
    '{"id": "WH-1"',
    '{"id":"WH-1","event_type":"X","resource":[]}',
    '{"id":"a b","event_type":"X","resource":{}}',
    'null',
  ]) {
    const { provider } = payPalDouble(served)
    assert.equal(await provider.verifyWebhook(messageOf(body)), null, body)
  }
  const answers: Answers = { ...served, 'GET /v2/payments/captures/CAP1': { status: 500 } }
  const { provider } = payPalDouble(answers)
  const refund = operation('R1', 'COMPLETED', '5.00', ofCapture('CAP1'))
  await assert.rejects(async () => await provider.verifyWebhook(messageOf(eventOf('PAYMENT.CAPTURE.REFUNDED', refund))), {
    code: 'overloaded',
  })
})
