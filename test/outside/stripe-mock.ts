/**
 * `node test/outside/stripe-mock.ts`: every request of the Stripe adapter against stripe-mock, Stripe's own server that holds requests to
 * its published description: it refuses fields and values that are not in it. It keeps nothing, so its answers are read, not believed.
 *
 * It needs Go, which builds it from the module proxy: half a minute the first time.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { systemClock } from '../../src/base/clock.ts'
import { type Egress, systemEgress } from '../../src/base/egress.ts'
import { createIdSource } from '../../src/base/ids.ts'
import { systemRandom } from '../../src/base/random.ts'
import { freePort } from '../../src/cli/serve.ts'
import { createStripeProvider } from '../../src/payment-providers/stripe/adapter.ts'
import { temporaryFolder } from '../support/server-process.ts'
import { findProgram } from '../support/servers/find-program.ts'
import { type Described, formsUnlike } from './stripe-forms.ts'

const version = 'v0.203.0'
const steps: (() => unknown)[] = []
const scope = { after: (step: () => unknown) => void steps.push(step) }
process.exitCode = 1
try {
  const url = await startMock()
  const seen = new Map<string, string>()
  const wrong: string[] = []
  const watching: Egress = {
    async request(request) {
      const answer = await systemEgress.request(request)
      const path = new URL(request.url).pathname.replace(/\/(cs|pi|ch|po|txn)_\w+/, '/{id}')
      seen.set(`${request.method} ${path}`, request.body ?? '')
      if (answer.status >= 400) wrong.push(`${request.method} ${request.url} ${request.body ?? ''}: ${answer.status} ${answer.body}`)
      return answer
    },
  }
  await callAll(watching, url)
  assert.deepEqual(wrong, [])
  const forms = await formsUnlike(await readDescription())
  assert.deepEqual(forms.wrong, [])
  console.log(`stripe-mock ${version} takes all requests of the adapter:\n${[...seen.keys()].toSorted().join('\n')}`)
  console.log(`The sandbox's face answers in the published forms of ${forms.seen.toSorted().join(', ')}.`)
  process.exitCode = 0
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
} finally {
  for (const step of steps.reverse()) await step()
}

async function startMock(): Promise<string> {
  const go = findProgram('go')
  if (go === null) throw new Error('There is no go on the path.')
  const folder = temporaryFolder(scope as never)
  const env = { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' }
  await promisify(execFile)(go, ['install', `github.com/stripe/stripe-mock@${version}`], { env })
  const port = await freePort('127.0.0.1')
  const mock = spawn(join(folder, 'stripe-mock'), ['-http-addr', `127.0.0.1:${port}`, '-https-addr', '127.0.0.1:0'], { stdio: 'ignore' })
  scope.after(() => mock.kill())
  for (let tries = 0; tries < 100; tries++) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).catch(() => null)
    if (isUp !== null) return `http://127.0.0.1:${port}`
    await setTimeout(100)
  }
  throw new Error('stripe-mock did not start.')
}

/** Of the API, as it is packed into the mock. */
async function readDescription(): Promise<Described> {
  const { stdout } = await promisify(execFile)(findProgram('go')!, ['env', 'GOMODCACHE'])
  const path = join(stdout.trim(), `github.com/stripe/stripe-mock@${version}/embedded/openapi/spec3.json`)
  return JSON.parse(readFileSync(path, 'utf8')) as Described
}

async function callAll(egress: Egress, url: string): Promise<void> {
  let now = Date.now()
  const provider = createStripeProvider({
    id: 'stripe',
    url,
    egress: bent(egress),
    now: () => now,
    readKey: () => 'sk_test_123',
    readWebhookSecrets: () => ['whsec_1'],
  })
  const newId = createIdSource(systemClock, systemRandom)
  const [reference, refund] = [newId('pay'), newId('ref')]
  const start = {
    key: 'k',
    reference,
    amount: { amount: 1999, currency: 'EUR' },
    returnUrl: 'https://shop.example/orders/1',
    description: 'Order 1',
    webhookUrl: 'https://shop.example/hook',
    email: 'grace@example.com',
  }
  for (const method of [null, 'checkout', 'element'])
    for (const capture of ['now', 'later'] as const) await provider.start({ ...start, method, capture })
  for (const providerRef of ['cs_test_1', 'pi_1', null]) await provider.fetch({ reference, providerRef })
  now += 2 * 3_600_000
  await provider.fetch({ reference, providerRef: null })
  for (const providerRef of ['cs_test_1', 'pi_1']) {
    const call = { key: 'k', payment: reference, providerRef, reference: refund }
    await provider.capture!({ ...call, amount: { amount: 100, currency: 'EUR' }, isFinal: true })
    await provider.cancel(call)
    await provider.refund({ ...call, amount: { amount: 100, currency: 'EUR' } })
  }
  let after: string | null = null
  // The mock has the same payout after each: the list never ends.
  for (let page = 0; page < 12; page++) {
    const listed = await provider.list!(now - 40 * 86_400_000, after)
    assert.equal(listed.result, 'ok', JSON.stringify(listed))
    after = listed.result === 'ok' ? listed.value.next : null
    if (after === null) break
  }
}

/** As a state machine would answer: the mock's own objects stand in one state for good, which leads nowhere. */
function bent(egress: Egress): Egress {
  return {
    async request(request) {
      const answer = await egress.request(request)
      const body = JSON.parse(answer.body)
      if (body.object === 'payment_intent')
        Object.assign(body, {
          status: 'requires_capture',
          capture_method: 'manual',
          latest_charge: {
            id: 'ch_1',
            object: 'charge',
            status: 'succeeded',
            captured: false,
            amount: body.amount,
            created: body.created,
            disputed: true,
          },
        })
      if (body.object === 'checkout.session')
        Object.assign(body, {
          status: request.method === 'GET' ? 'open' : 'expired',
          payment_intent: request.method === 'GET' ? 'pi_1' : null,
        })
      if (body.object === 'list') Object.assign(body, { has_more: false })
      return { ...answer, body: JSON.stringify(body) }
    },
  }
}
