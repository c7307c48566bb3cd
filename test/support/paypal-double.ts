// A PayPal that answers what a test says: for what no honest one would answer. Whole ways go by the sandbox's face of it.
import type { EgressAnswer, EgressRequest } from '../../src/base/egress.ts'
import { createPayPalProvider, type PayPalOptions } from '../../src/payment-providers/paypal/adapter.ts'
import { livePayPal } from '../../src/payment-providers/paypal/api.ts'
import { fitsPublishedRequest } from './published-paypal.ts'

type Answered = { readonly status?: number; readonly body?: unknown }
/** By `GET /v2/checkout/orders/5O1`; a text is sent as it is. */
export type Answers = Record<string, Answered | ((request: EgressRequest) => Answered)>

export const token = { status: 200, body: { access_token: 'A21.token', token_type: 'Bearer', expires_in: 32_400 } }

export function payPalDouble(answers: Answers, options: Partial<PayPalOptions> = {}) {
  const asked: EgressRequest[] = []
  const time = { now: Date.parse('2026-11-30T12:00:00Z') }
  const egress = {
    async request(request: EgressRequest): Promise<EgressAnswer> {
      fitsPublishedRequest(request)
      asked.push(request)
      const { pathname } = new URL(request.url)
      const found = answers[`${request.method} ${pathname}`] ?? (pathname === '/v1/oauth2/token' ? token : { status: 404, body: notFound })
      const { status = 200, body = '' } = typeof found === 'function' ? found(request) : found
      return { status, body: typeof body === 'string' ? body : JSON.stringify(body) }
    },
  }
  const provider = createPayPalProvider({
    id: 'paypal',
    egress,
    clock: { now: () => time.now },
    place: livePayPal,
    keys: () => ({ clientId: 'client', clientSecret: 'secret-of-the-shop', webhookIds: ['8PT597110X687430LKGECATA'] }),
    ...options,
  })
  const calls = () => asked.map(({ method, url }) => `${method} ${new URL(url).pathname}`).filter((call) => !call.endsWith('/oauth2/token'))
  return { provider, asked, calls, time }
}

export const notFound = {
  name: 'RESOURCE_NOT_FOUND',
  message: 'The specified resource does not exist.',
  details: [{ issue: 'INVALID_RESOURCE_ID' }],
}

export const eur = (value: string) => ({ currency_code: 'EUR', value })
const at = '2026-11-30T11:00:00Z'

type Payments = { authorizations?: object[]; captures?: object[]; refunds?: object[] }
export function orderOf(status: string, payments: Payments = {}, more: Record<string, unknown> = {}) {
  return {
    id: '5O190127TN364715T',
    intent: 'CAPTURE',
    status,
    create_time: at,
    purchase_units: [{ reference_id: 'default', custom_id: 'pay_1', invoice_id: 'pay_1', amount: eur('20.00'), payments }],
    links: [{ href: 'https://www.paypal.com/checkoutnow?token=5O190127TN364715T', rel: 'payer-action', method: 'GET' }],
    ...more,
  }
}

export const operation = (id: string, status: string, value: string, more: object = {}) => ({
  id,
  status,
  amount: eur(value),
  create_time: at,
  ...more,
})
export const ofCapture = (capture: string) => ({
  links: [{ rel: 'up', href: `https://api.paypal.com/v2/payments/captures/${capture}`, method: 'GET' }],
})
