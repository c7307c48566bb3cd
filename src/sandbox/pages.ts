// The sandbox's own web pages: the challenge a bank would show, its book for auditors, and its knobs.
// They are another company's site that happens to run in this process: no route of ours.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { formatMoney } from '../base/money.ts'
import { escapeHtml } from '../base/text.ts'
import { type SandboxBook, type SandboxSettings, stateOf } from './book.ts'
import { answerDesk, deskPath } from './desk.ts'
import type { SandboxPayment } from './store.ts'

const bodyBytesMax = 10_000

/** Answers requests below `/sandbox`. `deskSecret` opens the desk to shops in other processes. */
export function createSandboxPages(
  book: SandboxBook,
  deskSecret: string | null = null,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const isDesk = deskSecret !== null && request.method === 'POST' && request.url?.startsWith(deskPath)
    const answering = isDesk ? serveDesk(book, deskSecret, { request, response }) : answer(book, request, response)
    answering.catch(() => sendHtml(response, 500, page('Something broke', '<p>Try again.</p>')))
  }
}

async function serveDesk(
  book: SandboxBook,
  secret: string,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const { authorization } = request.headers
  const { status, body } = await answerDesk(book, secret, {
    name: request.url!.slice(deskPath.length),
    authorization,
    body: await readBody(request),
  })
  sendJson(response, status, body)
}

async function answer(book: SandboxBook, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0]!
  const challenge = /^\/sandbox\/challenge\/(\w{1,64})$/.exec(path)
  if (challenge && request.method === 'GET') return showChallenge(book.get(challenge[1]!), response)
  if (challenge && request.method === 'POST') {
    const form = new URLSearchParams(await readBody(request))
    const payment = book.challenge(challenge[1]!, form.get('answer') === 'approve')
    if (payment === null) return sendHtml(response, 404, page('No such payment', ''))
    response.writeHead(303, { location: payment.returnUrl }).end()
    return
  }
  if (/^\/sandbox\/(?:book$|settings$|dashboard)/.test(path) && !isFromThisMachine(request))
    return sendJson(response, 403, { error: 'The book, its dashboard and its knobs are for the machine that the sandbox runs on.' })
  if (path === '/sandbox/book' && request.method === 'GET') return sendJson(response, 200, { payments: book.all() })
  const refund = /^\/sandbox\/dashboard\/(\w{1,64})\/refund$/.exec(path)
  if (refund && request.method === 'POST') return await refundInDashboard(book, refund[1]!, { request, response })
  if (path === '/sandbox/dashboard' && request.method === 'GET') return showDashboard(book, response)
  if (path === '/sandbox/settings' && request.method === 'GET') return sendJson(response, 200, book.settings())
  if (path === '/sandbox/settings' && request.method === 'PUT') {
    const changes = knownSettings(book.settings(), await readBody(request))
    if (changes === null)
      return sendJson(response, 400, { error: `Send numbers >= 0 for some of: ${Object.keys(book.settings()).join(', ')}.` })
    book.set(changes)
    return sendJson(response, 200, book.settings())
  }
  sendHtml(response, 404, page('Nothing here', '<p>This is the payment sandbox.</p>'))
}

/** A development server may be reached by others (`--host 0.0.0.0`, a tunnel): they see its shop, not its payments. */
function isFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false
  return /^(?:::1|(?:::ffff:)?127\.[\d.]+)$/.test(socket.remoteAddress ?? '')
}

const listedMax = 50

/** What a shop's staff see at their provider: the newest payments, each to be given back in part or in full. */
function showDashboard(book: SandboxBook, response: ServerResponse): void {
  const rows = book
    .all()
    .slice(-listedMax)
    .toReversed()
    .map(({ id, state, amountMinor, currency, refunds }) => {
      const amount = formatMoney({ amount: amountMinor, currency })
      const back = refunds.map((one) => `${formatMoney({ amount: one.amountMinor, currency })} ${stateOf(one)}`).join(', ')
      const form =
        state === 'succeeded'
          ? `<form method="post" action="/sandbox/dashboard/${id}/refund"><label>Cents, all when empty
            <input name="amountMinor" inputmode="numeric" size="8"></label> <button>Refund</button></form>`
          : ''
      return `<tr><td>${id}</td><td>${escapeHtml(amount)}</td><td>${state}</td><td>${escapeHtml(back)}</td><td>${form}</td></tr>`
    })
  const head = '<tr><th>Payment</th><th>Amount</th><th>State</th><th>Given back</th><th></th></tr>'
  sendHtml(response, 200, page('Payments', `<table>${head}${rows.join('')}</table>`, 'wide'))
}

/** By a form of the page, or `{"amountMinor": 500}` from a test. */
async function refundInDashboard(
  book: SandboxBook,
  id: string,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const body = await readBody(request)
  const isJson = request.headers['content-type']?.startsWith('application/json') === true
  const given: unknown = isJson
    ? (JSON.parse(body || '{}') as { amountMinor?: unknown }).amountMinor
    : new URLSearchParams(body).get('amountMinor')
  const amountMinor = given === undefined || given === null || given === '' ? undefined : Number(given)
  const isGood = amountMinor === undefined || (Number.isSafeInteger(amountMinor) && amountMinor > 0)
  const payment = isGood ? book.refundInDashboard(id, amountMinor) : 'too_much'
  if (isJson && payment === 'too_much') return sendJson(response, 409, { error: 'That much is not left to give back.' })
  if (isJson) return sendJson(response, payment === null ? 404 : 200, payment)
  if (payment === null) return sendHtml(response, 404, page('No such payment', ''))
  if (payment === 'too_much') return sendHtml(response, 409, page('That much is not left to give back', ''))
  response.writeHead(303, { location: '/sandbox/dashboard' }).end()
}

function knownSettings(current: SandboxSettings, body: string): Partial<SandboxSettings> | null {
  let given: unknown
  try {
    given = JSON.parse(body)
  } catch {
    return null
  }
  if (typeof given !== 'object' || given === null) return null
  const isGood = Object.entries(given).every(([name, value]) => Object.hasOwn(current, name) && typeof value === 'number' && value >= 0)
  return isGood ? (given as Partial<SandboxSettings>) : null
}

function showChallenge(payment: SandboxPayment | null, response: ServerResponse): void {
  if (payment === null) return sendHtml(response, 404, page('No such payment', ''))
  if (payment.state !== 'requires_action')
    return sendHtml(
      response,
      200,
      page('This payment is decided', `<p><a class="button" href="${escapeHtml(payment.returnUrl)}">Back to the shop</a></p>`),
    )
  const amount = formatMoney({ amount: payment.amountMinor, currency: payment.currency })
  sendHtml(
    response,
    200,
    page(
      'Confirm your payment',
      `<p class="amount">${escapeHtml(amount)}</p><p class="shop">to ${escapeHtml(shopOf(payment))}</p>
      <p>Your bank asks whether this is you.<br>This is a sandbox: no money moves.</p>
      <form method="post"><button name="answer" value="approve" class="button">Approve</button>
      <button name="answer" value="decline" class="button quiet">Decline</button></form>`,
    ),
  )
}

/** The customer knows the shop by its address. */
function shopOf({ returnUrl }: SandboxPayment): string {
  return URL.canParse(returnUrl) ? new URL(returnUrl).host : 'the shop'
}

const styles = `
:root { color-scheme: light dark }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; font: 17px/1.5 system-ui, sans-serif;
  background: light-dark(#eef1f6, #10141b); color: light-dark(#1a2230, #e7ecf4);
}
main {
  width: min(24rem, calc(100vw - 2rem)); box-sizing: border-box; padding: 2rem; border-radius: 16px; text-align: center;
  background: light-dark(#fff, #1a202b); box-shadow: 0 8px 32px #0002;
}
h1 { margin: .25rem 0 1rem; font-size: 1.2rem }
p { text-wrap: balance }
.bank { font-weight: 700; letter-spacing: .04em; color: light-dark(#3353c4, #9db2ff) }
.amount { margin: .5rem 0 0; font-size: 2rem; font-weight: 700 }
.shop { margin: 0 0 1rem; opacity: .7 }
.button {
  display: block; width: 100%; box-sizing: border-box; margin-top: .75rem; padding: .85rem; border: 1px solid transparent;
  border-radius: 10px; background: #3353c4; color: #fff; font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
}
.quiet { border-color: currentColor; background: transparent; color: inherit }
.wide { width: min(60rem, calc(100vw - 2rem)) }
table { border-collapse: collapse; text-align: left; font-size: .85rem; overflow-wrap: anywhere }
th, td { padding: .4rem .6rem; border-top: 1px solid #8884 }
:focus-visible { outline: 3px solid light-dark(#1a2230, #e7ecf4); outline-offset: 2px }
`

function page(title: string, body: string, size = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>${escapeHtml(title)}</title><style>${styles}</style></head>
<body><main class="${size}"><div class="bank">Sandbox Bank</div><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`
}

function sendHtml(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action *; frame-ancestors 'none'",
  })
  response.end(html)
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }).end(JSON.stringify(value))
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) {
    body += String(chunk)
    if (body.length > bodyBytesMax) throw new Error('The body is too large.')
  }
  return body
}
