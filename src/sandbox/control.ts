// The far side of the counter: the book for auditors, the knobs, and the dashboard that a shop's staff have at their provider.
// The same for the sandbox and for each of its faces, and for the machine that it runs on alone.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isCurrency } from '../base/currencies.ts'
import { formatMoney } from '../base/money.ts'
import { escapeHtml } from '../base/text.ts'
import type { SandboxBook } from './book.ts'
import { readFault } from './faults.ts'
import { isFromThisMachine, page, readText, sendHtml, sendJson } from './html.ts'
import { capturableOf, capturedOf, refundableOf, type SandboxPayment, stateOf } from './payment.ts'
import { SandboxRefusal } from './refusal.ts'
import { type DisputeStep, disputeSteps } from './returning.ts'
import type { SandboxSettings } from './settings.ts'
import type { CreateRequest } from './taking.ts'

/** `base`: the path that all of it is below, `/sandbox` or `/sandbox/stripe`. */
export type ControlSite = {
  readonly book: SandboxBook
  readonly base: string
  readonly brand?: string
  /** What a face knows of a payment that was made in its dashboard. */
  readonly byHand?: () => Pick<CreateRequest, 'details' | 'names'>
}
type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

const controlPath = /^\/(?:book|lines|settings|faults|dashboard(?:\/.*)?)$/
export const isControlPath = (below: string): boolean => controlPath.test(below)

/** `below`: the path below the site's base, for which `isControlPath` holds. */
export async function serveControl(site: ControlSite, below: string, exchange: Exchange): Promise<void> {
  const { request, response } = exchange
  const { book } = site
  if (!isFromThisMachine(request))
    return sendJson(response, 403, { error: 'The book, its dashboard and its knobs are for the machine that the sandbox runs on.' })
  const asked = `${request.method} ${below}`
  if (asked === 'GET /book') return sendJson(response, 200, { payments: book.all(), balances: book.balances(), payouts: book.payouts() })
  if (asked === 'GET /lines') return showLines(book, exchange)
  if (asked === 'GET /settings') return sendJson(response, 200, book.settings())
  if (asked === 'PUT /settings') return await changeSettings(book, exchange)
  if (below === '/faults') return await changeFaults(book, exchange)
  if (asked === 'GET /dashboard') return showDashboard(site, response)
  if (request.method === 'POST') return await actInDashboard(site, below, exchange)
  sendJson(response, 404, { error: 'There is nothing here.' })
}

const linesMax = 1_000

function showLines(book: SandboxBook, { request, response }: Exchange): void {
  const { searchParams } = new URL(request.url!, 'http://sandbox')
  const after = searchParams.get('after')
  sendJson(response, 200, { lines: book.lines({ since: Number(searchParams.get('since') ?? 0) || 0, after, limit: linesMax }) })
}

async function changeSettings(book: SandboxBook, { request, response }: Exchange): Promise<void> {
  const changes = knownSettings(book.settings(), await readText(request))
  if (changes === null)
    return sendJson(response, 400, { error: `Send numbers >= 0 for some of: ${Object.keys(book.settings()).join(', ')}.` })
  book.set(changes)
  sendJson(response, 200, book.settings())
}

async function changeFaults(book: SandboxBook, { request, response }: Exchange): Promise<void> {
  if (request.method === 'DELETE') book.faults.clear()
  if (request.method === 'POST') {
    const fault = readFault(parse(await readText(request)))
    if (fault === null) return sendJson(response, 400, { error: 'Send {"call", "kind", "count", "ms"} as the guide lists them.' })
    book.faults.plan(fault)
  }
  sendJson(response, 200, { faults: book.faults.planned() })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text)
  } catch {
    return null
  }
}

function knownSettings(current: SandboxSettings, body: string): Partial<SandboxSettings> | null {
  const given = parse(body)
  if (typeof given !== 'object' || given === null) return null
  const isGood = Object.entries(given).every(([name, value]) => Object.hasOwn(current, name) && typeof value === 'number' && value >= 0)
  return isGood ? (given as Partial<SandboxSettings>) : null
}

/** What somebody asks for in the dashboard. */
type Asked = { readonly amountMinor: number | undefined; readonly text: (name: string) => string | undefined }

const ofPayment: Readonly<Record<string, (book: SandboxBook, id: string, asked: Asked) => unknown>> = {
  refund: (book, id, { amountMinor }) => book.refundInDashboard(id, amountMinor),
  capture: (book, id, { amountMinor }) => book.captureInDashboard(id, amountMinor),
  void: (book, id) => book.cancel(id),
  dispute: (book, id, { amountMinor, text }) =>
    book.dispute(id, {
      ...(amountMinor === undefined ? {} : { amountMinor }),
      ...(text('reason') === undefined ? {} : { reason: text('reason')!.slice(0, 100) }),
      isWarning: text('isWarning') === 'true',
    }),
}

/** By a form of the page, or JSON from a test: `{"amountMinor": 500}`. */
async function actInDashboard(site: ControlSite, below: string, { request, response }: Exchange): Promise<void> {
  const { base, brand } = site
  const body = await readText(request)
  const isJson = request.headers['content-type']?.startsWith('application/json') === true
  const fail = (status: number, message: string) =>
    isJson ? sendJson(response, status, { error: message }) : sendHtml(response, status, page(message, '', { brand }))
  const asked = isJson ? askedIn(parse(body)) : askedIn(Object.fromEntries(new URLSearchParams(body)))
  if (asked === null) return fail(400, 'Amounts are whole numbers above 0, in minor units.')
  try {
    const done = act(site, below, asked)
    if (done === undefined) return fail(404, 'There is nothing here.')
    if (isJson) return sendJson(response, 200, done)
    response.writeHead(303, { location: `${base}/dashboard` }).end()
  } catch (error) {
    if (!(error instanceof SandboxRefusal)) throw error
    fail(error.code === 'no_payment' || error.code === 'no_operation' ? 404 : 409, error.message)
  }
}

function act({ book, byHand }: ControlSite, below: string, asked: Asked): unknown {
  const currency = asked.text('currency') ?? Object.keys(book.balances())[0] ?? 'EUR'
  if (!isCurrency(currency)) throw new SandboxRefusal('bad_request', 'There is no such currency.')
  if (below === '/dashboard/payout') return book.payOut(currency, Number(asked.text('feeMinor') ?? 0) || 0)
  // Of no order, as one that somebody makes at the provider for a customer on the telephone.
  if (below === '/dashboard/payment') {
    const { amountMinor = 1_000 } = asked
    return book.create({ reference: '', amountMinor, currency, method: 'card_success', returnUrl: 'http://localhost', ...byHand?.() })
  }
  const [, name, step] = /^\/dashboard\/disputes\/([\w.-]{1,100})\/(\w+)$/.exec(below) ?? []
  if (name !== undefined) return disputeSteps.includes(step as DisputeStep) ? book.moveDispute(name, step as DisputeStep) : undefined
  const [, id, action] = /^\/dashboard\/([\w.-]{1,100})\/(\w+)$/.exec(below) ?? []
  if (id === undefined || !Object.hasOwn(ofPayment, action!)) return undefined
  return ofPayment[action!]!(book, book.find(id)?.id ?? id, asked)
}

function askedIn(given: unknown): Asked | null {
  if (typeof given !== 'object' || given === null) return null
  const fields = given as Record<string, unknown>
  const text = (name: string) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    return value === undefined || value === null || value === '' ? undefined : String(value)
  }
  const isGood = ['amountMinor', 'feeMinor'].every((name) => {
    const value = text(name)
    return value === undefined || (/^\d{1,15}$/.test(value) && (name === 'feeMinor' || Number(value) > 0))
  })
  const amount = text('amountMinor')
  return isGood ? { amountMinor: amount === undefined ? undefined : Number(amount), text } : null
}

const listedMax = 50

/** The newest payments, each to be given back in part or in full. */
function showDashboard({ book, base, brand }: ControlSite, response: ServerResponse): void {
  const rows = book.all().slice(-listedMax).toReversed().map(rowOf(base))
  const head = `<tr>${['Payment', 'Amount', 'State', 'Given back', 'Disputes', 'Do'].map((name) => `<th scope="col">${name}</th>`).join('')}</tr>`
  const balances = Object.entries(book.balances()).map(
    ([currency, amount]) =>
      `<form method="post" action="${base}/dashboard/payout"><input type="hidden" name="currency" value="${currency}">
      Balance ${escapeHtml(formatMoney({ amount, currency }))} <button${amount > 0 ? '' : ' disabled'}>Pay out</button></form>`,
  )
  const take = `<form method="post" action="${base}/dashboard/payment"><button>Take 10.00 without the shop</button></form>`
  const list = rows.length === 0 ? '<p>Nobody has paid yet.</p>' : `<table>${head}${rows.join('')}</table>`
  sendHtml(response, 200, page('Payments', `${balances.join('')}${take}${list}`, { size: 'wide', brand }))
}

function rowOf(base: string): (payment: SandboxPayment) => string {
  return (payment) => {
    const { id, state, amountMinor, currency, refunds, disputes } = payment
    const amount = (minor: number) => escapeHtml(formatMoney({ amount: minor, currency }))
    const form = (action: string, title: string, hasAmount: boolean) =>
      `<form method="post" action="${base}/dashboard/${action}">${
        hasAmount ? `<input name="amountMinor" inputmode="numeric" size="8" aria-label="${title}: cents" placeholder="all, or cents"> ` : ''
      }<button>${title}</button></form>`
    const forms = [
      capturableOf(payment) > 0 ? form(`${id}/capture`, 'Capture', true) + form(`${id}/void`, 'Void', false) : '',
      refundableOf(payment) > 0 ? form(`${id}/refund`, 'Refund', true) + form(`${id}/dispute`, 'Dispute', true) : '',
    ]
    const back = refunds.map((one) => `${amount(one.amountMinor)} ${stateOf(one)}`).join(', ')
    const steps = disputes.map((one) => {
      const buttons = ['needs_response', 'under_review'].includes(one.status)
        ? form(`disputes/${one.id}/win`, 'Win', false) + form(`disputes/${one.id}/lose`, 'Lose', false)
        : ''
      return `${amount(one.amountMinor)} ${one.status.replaceAll('_', ' ')}${buttons}`
    })
    const captured = capturedOf(payment)
    const taken = captured > 0 && captured !== amountMinor ? `, ${amount(captured)} taken` : ''
    const cells = [amount(amountMinor) + taken, state.replaceAll('_', ' '), back, steps.join(''), forms.join('')]
    return `<tr><th scope="row">${id}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  }
}
