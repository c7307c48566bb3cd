// What the sandbox's face of Stripe answers, held to the names and plain types of Stripe's published description: each object has all that
// is required and nothing that is not described.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../src/base/clock.ts'
import { createFacePages, namingOf } from '../../src/sandbox/faces/serve-face.ts'
import { stripeFace, stripeFaceKeys } from '../../src/sandbox/faces/stripe.ts'
import { openBookOnClock } from '../support/sandbox-book.ts'

type Schema = {
  readonly type?: string
  readonly nullable?: boolean
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}
export type Described = { readonly components: { readonly schemas: Readonly<Record<string, Schema>> } }

/** In the types of Stripe's library 23.1, which the face is held to as well, and not in this description. */
const onlyInLibrary = [
  'charge.source',
  'checkout.session.allowed_payment_method_types',
  'dispute.intended_submission_method',
  'payment_intent.payment_record',
  'payment_intent.source',
]

/** Those that a form of the face is not like; and the kinds of objects that were seen. */
export async function formsUnlike(described: Described): Promise<{ readonly wrong: readonly string[]; readonly seen: readonly string[] }> {
  const wrong = new Set<string>()
  const seen = new Set<string>()
  for (const answer of await answersOfFace()) look(answer)
  return { wrong: [...wrong], seen: [...seen] }

  function look(value: unknown): void {
    if (Array.isArray(value)) return value.forEach(look)
    if (typeof value !== 'object' || value === null) return
    const object = value as Record<string, unknown>
    const schema = typeof object['object'] === 'string' ? described.components.schemas[object['object']] : undefined
    if (schema?.properties !== undefined) check(object, schema)
    for (const inner of Object.values(object)) look(inner)
  }

  function check(object: Record<string, unknown>, { required = [], properties = {} }: Schema): void {
    const kind = String(object['object'])
    seen.add(kind)
    for (const name of required) if (!(name in object)) wrong.add(`${kind}.${name} is missing`)
    for (const [name, value] of Object.entries(object)) {
      const of = properties[name]
      if (of === undefined) {
        if (!onlyInLibrary.includes(`${kind}.${name}`)) wrong.add(`${kind}.${name} is not described`)
      } else if (value === null ? of.nullable !== true : !fits(value, of.type)) wrong.add(`${kind}.${name} is ${JSON.stringify(value)}`)
    }
  }
}

function fits(value: unknown, type: string | undefined): boolean {
  if (type === 'integer') return Number.isSafeInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object'
  return type === undefined || typeof value === type
}

/** Payments in all their states, asked for in each way; and the webhooks that told of them. */
async function answersOfFace(): Promise<unknown[]> {
  const secret = 'sbx_forms'
  const url = 'http://127.0.0.1/sandbox/stripe'
  const open = openBookOnClock({
    dialect: stripeFace.webhooks({ url, secret }),
    settings: stripeFace.settings ?? {},
    naming: (clock, random) => namingOf(stripeFace, clock, random),
  })
  const pages = createFacePages({ face: stripeFace, book: open.book, url, secret, clock: systemClock, random: { fraction: () => 0.5 } })
  const server = createServer(pages).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox/stripe/v1/`
  const answers: unknown[] = []
  const ask = async (path: string, form?: Record<string, string>) => {
    const authorization = `Bearer ${stripeFaceKeys(secret).secretKey}`
    const answer = await fetch(base + path, {
      headers: { authorization },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    })
    const body = await answer.json()
    answers.push(body)
    return body as { readonly id: string }
  }
  const session = { mode: 'payment', success_url: 'http://shop.test/', 'line_items[0][price_data][unit_amount]': '900' }
  for (const [method, more] of [
    ['card_success', {}],
    ['delayed_success', {}],
    ['dispute', {}],
    ['card_declined', {}],
    ['card_success', { 'payment_intent_data[capture_method]': 'manual' }],
  ] as const) {
    const { id } = await ask('checkout/sessions', { ...session, ...more, 'line_items[0][price_data][currency]': 'eur' })
    open.book.answer(open.book.find(id)!.id, { answer: 'approve', method })
    await ask(`checkout/sessions/${id}?expand[0]=payment_intent.latest_charge.refunds`)
  }
  const intent = await ask('payment_intents', { amount: '900', currency: 'eur', confirm: 'true', payment_method: 'pm_card_visa' })
  await ask('refunds', { payment_intent: intent.id, amount: '100' })
  await ask('payment_intents', { amount: '900', currency: 'eur', confirm: 'true', payment_method: 'pm_card_authenticationRequired' })
  open.pass(60_000)
  open.book.payOut('EUR')
  open.pass(1)
  for (const list of ['checkout/sessions', 'payment_intents', 'refunds', 'disputes', 'payouts']) await ask(`${list}?limit=100`)
  await ask('balance_transactions?limit=100&expand[0]=data.source')
  await ask('payment_intents/pi_none')
  server.close().closeAllConnections()
  return [...answers, ...open.told.map(({ body }) => JSON.parse(body!))]
}
