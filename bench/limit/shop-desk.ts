/** Owns how the shop written by hand speaks with the payment provider: calls over kept connections, and webhooks' signatures. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { Agent, request } from 'node:http'

export type ProviderPayment = {
  readonly id: string
  readonly reference: string
  readonly amountMinor: number
  readonly currency: string
  readonly state: string
}

const WITHIN_MS = 10_000
const TOLERANCE_S = 300
const ATTEMPTS = 3

export function createDesk(url: string, secret: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })

  /** Its calls may be repeated, and a kept connection may be closed at the moment it is used again. */
  async function ask(name: string, given: unknown): Promise<ProviderPayment | null> {
    for (let left = ATTEMPTS - 1; ; left--) {
      try {
        return await askOnce(name, given)
      } catch (error) {
        if (left === 0) throw error
      }
    }
  }

  function askOnce(name: string, given: unknown): Promise<ProviderPayment | null> {
    const body = JSON.stringify([given])
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), authorization: `Bearer ${secret}` }
    return new Promise((resolve, reject) => {
      const call = request(`${url}/sandbox/desk/${name}`, { method: 'POST', agent, headers, timeout: WITHIN_MS }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.once('error', reject)
        response.once('end', () => {
          if (response.statusCode !== 200) reject(new Error(`the provider answered ${response.statusCode}`))
          else resolve(JSON.parse(text))
        })
      })
      call.once('timeout', () => call.destroy(new Error('the provider did not answer in time')))
      call.once('error', reject)
      call.end(body)
    })
  }

  return {
    start: (payment: { id: string; amount: number }, method: string) =>
      ask('create', {
        ...{ key: payment.id, reference: payment.id, amountMinor: payment.amount, currency: 'EUR', method },
        returnUrl: 'http://localhost/orders',
      }),
    get: (providerRef: string) => ask('get', providerRef),
    close: () => agent.destroy(),

    /** The event of a webhook that the provider signed; null when it did not. */
    verify(body: Buffer, signature: string | undefined): { id: string; payment: string; reference: string } | null {
      const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(signature ?? '')
      if (match === null || Math.abs(Date.now() / 1_000 - Number(match[1])) > TOLERANCE_S) return null
      const expected = createHmac('sha256', secret).update(`${match[1]}.`).update(body).digest()
      if (!timingSafeEqual(expected, Buffer.from(match[2]!, 'hex'))) return null
      const { id, payment, reference } = JSON.parse(body.toString())
      return typeof id === 'string' && typeof payment === 'string' && typeof reference === 'string' ? { id, payment, reference } : null
    },
  }
}
