// The page that a buyer is sent to: of a bank that asks, or of a provider where the payment is made.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { formatMoney } from '../base/money.ts'
import { escapeHtml } from '../base/text.ts'
import type { SandboxBook } from './book.ts'
import { page, readText, sendHtml } from './html.ts'
import type { SandboxPayment } from './payment.ts'
import type { BuyerAnswer, SandboxMethod } from './taking.ts'

export type HostedPage = {
  readonly book: SandboxBook
  /** Whose page it is, and what it asks. */
  readonly brand: string
  readonly question: string
  /** Whether the buyer can turn back, and choose a way to pay that takes a while. */
  readonly isWhole: boolean
  /** One who turns back leaves it open. */
  readonly staysOpen?: boolean
  /** Where the buyer goes from here. */
  returnUrl(payment: SandboxPayment): string
}

/** What each button of the page means. */
const answers: Readonly<Record<string, BuyerAnswer>> = {
  approve: { answer: 'approve' },
  decline: { answer: 'decline' },
  cancel: { answer: 'cancel' },
  ...Object.fromEntries(
    (['delayed_success', 'delayed_failure', 'dispute'] as const satisfies readonly SandboxMethod[]).map((method) => [
      method,
      { answer: 'approve', method } as const,
    ]),
  ),
}

export async function serveHostedPage(
  hosted: HostedPage,
  id: string,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const payment = hosted.book.find(id)
  if (payment === null) return sendHtml(response, 404, page('No such payment', '', hosted))
  if (request.method !== 'POST') return showPage(hosted, payment, response)
  const form = new URLSearchParams(await readText(request))
  if (hosted.isWhole && form.get('answer') === 'challenge') return showPage({ ...hosted, ...bank }, payment, response)
  // What no button says is no agreement.
  const given = answers[form.get('answer') ?? ''] ?? { answer: 'decline' }
  if (given.answer === 'cancel' && hosted.staysOpen === true)
    return void response.writeHead(303, { location: payment.cancelUrl ?? payment.returnUrl }).end()
  const after = hosted.book.answer(payment.id, hosted.isWhole || given.answer !== 'cancel' ? given : { answer: 'decline' })
  if (after.state === 'requires_action' && after.declineReason !== null) return showPage(hosted, after, response)
  response.writeHead(303, { location: hosted.returnUrl(after) }).end()
}

/** What a bank shows before it lets a card pay. Its answer is the buyer's: a refused one finds the page of the provider again. */
export const bank = { brand: 'Sandbox Bank', question: 'Your bank asks whether this is you.', isWhole: false } as const

function showPage(hosted: HostedPage, payment: SandboxPayment, response: ServerResponse): void {
  if (payment.state !== 'requires_action') {
    const back = `<p><a class="button" href="${escapeHtml(hosted.returnUrl(payment))}">Back to the shop</a></p>`
    return sendHtml(response, 200, page('This payment is decided', back, hosted))
  }
  const amount = formatMoney({ amount: payment.amountMinor, currency: payment.currency })
  const refused = !hosted.isWhole || payment.declineReason === null ? '' : '<p role="alert">The payment was refused. Try again.</p>'
  const more = hosted.isWhole
    ? `<button name="answer" value="cancel" class="button quiet">Back to the shop</button>
      <details><summary>Other ways to pay</summary>
      <button name="answer" value="challenge" class="button quiet">A card whose bank asks first</button>
      <button name="answer" value="delayed_success" class="button quiet">A transfer that arrives later</button>
      <button name="answer" value="delayed_failure" class="button quiet">A debit that the bank refuses later</button>
      <button name="answer" value="dispute" class="button quiet">A card whose owner disputes it</button></details>`
    : ''
  const body = `<p class="amount">${escapeHtml(amount)}</p><p class="shop">to ${escapeHtml(shopOf(payment))}</p>
      ${refused}<p>${escapeHtml(hosted.question)}<br>This is a sandbox: no money moves.</p>
      <form method="post"><button name="answer" value="approve" class="button">Approve</button>
      <button name="answer" value="decline" class="button quiet">Decline</button>${more}</form>`
  sendHtml(response, 200, page('Confirm your payment', body, hosted))
}

/** The customer knows the shop by its address. */
function shopOf({ returnUrl }: SandboxPayment): string {
  return URL.canParse(returnUrl) ? new URL(returnUrl).host : 'the shop'
}
