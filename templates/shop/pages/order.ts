// An order from the moment on when it is placed: followed until it is paid or has ended, also after a reload and a visit to the
// payment page. A declined card ends nothing: the order is paid by the next try, and until then can be canceled.
import type { Order, Payment, PaymentChoice } from 'kingpost/client'
import { client } from './client.ts'
import { element, euros, say, show, trying } from './dom.ts'

/** This browser's open order, with the secret by which a guest may see it. */
type Kept = { id: string; token?: string }

const place = 'shop.order'
const read = () => JSON.parse(localStorage.getItem(place) ?? 'null') as Kept | null

/** Whether there was one to go on with. */
export function followKept(): boolean {
  const kept = read()
  if (kept === null) return false
  client.setCartToken(kept.token)
  follow(kept.id)
  return true
}

export function keepOrder(kept: Kept): void {
  localStorage.setItem(place, JSON.stringify(kept))
  followKept()
}

/** Pays for the kept order once more. */
export async function payAgain(payment: PaymentChoice): Promise<void> {
  const answer = await client.orders.pay(read()!.id, payment)
  goToPay(answer.payment?.action)
}

export function goToPay(action: Payment['action'] | undefined): void {
  if (action?.type === 'redirect') location.assign(action.url)
}

/** The provider tells of the money a moment later, and the server tells us. */
function follow(id: string): void {
  const closing = new AbortController()
  let order: Order | undefined
  let payment: Payment | undefined
  const change = () => {
    if (order === undefined) return
    const isOpen = order.status === 'pending_payment'
    draw(order, isOpen ? payment : undefined)
    if (isOpen) tell(true)
    else forget()
  }
  const forget = () => {
    closing.abort()
    localStorage.removeItem(place)
    client.setCartToken(undefined)
    tell(false)
  }
  // Of an order that is not there any more nothing is kept.
  const options = { signal: closing.signal, onError: (_error: unknown, willRetry: boolean) => void (willRetry || forget()) }
  const newest = { sort: '-createdAt', limit: 1 } as const
  client.orders.live(
    { filter: { id } },
    ([first]) => {
      order = first
      if (order === undefined) forget()
      else change()
    },
    options,
  )
  client.payments.live(
    { filter: { order: id }, ...newest },
    ([first]) => {
      payment = first
      change()
    },
    options,
  )
}

/** The rest of the page. */
function tell(isOpen: boolean): void {
  document.dispatchEvent(new CustomEvent('order', { detail: isOpen }))
}

function draw(order: Order, payment: Payment | undefined): void {
  const isOpen = order.status === 'pending_payment'
  const { action = null } = payment ?? {}
  drawTotals(order)
  element('bank').querySelector('a')!.href = action?.type === 'redirect' ? action.url : ''
  show('bank', action?.type === 'redirect')
  show('pay', isOpen && (payment?.status === 'failed' || action !== null))
  show('cancel', isOpen)
  say(story(order, payment))
}

function story({ number, status, paymentStatus, expiresAt, email }: Order, payment: Payment | undefined): string {
  const action = payment?.action
  if (status === 'canceled' || status === 'expired') return `Order ${number} has ended, and nothing was charged.`
  if (paymentStatus === 'paid') return `Thank you: order ${number} is paid. The receipt goes to ${email}.`
  if (status === 'placed') return `Thank you: order ${number} is placed. The receipt goes to ${email}.`
  const until = expiresAt === null ? '' : ` Your copy is kept until ${clock(expiresAt)}.`
  if (payment?.status === 'failed') return `The payment of order ${number} was declined, and nothing was charged. Please try again.${until}`
  if (action?.type === 'redirect') return `Order ${number} waits for you on the payment page.${until}`
  if (action?.type !== 'transfer') return `Order ${number} waits for its payment.`
  return `Please transfer ${euros(payment!.amount)} to ${action.holder}, IBAN ${action.iban}, with the reference ${action.reference}.${until}`
}

const clock = (time: string) => new Date(time).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })

/** As the server counts them, of a cart as of an order. */
export function drawTotals({ totals }: { totals: Order['totals'] }): void {
  const line = (name: string, sum: string) => {
    const row = element<HTMLTableElement>('totals').insertRow()
    row.insertCell().textContent = name
    row.insertCell().textContent = sum
  }
  element('totals').replaceChildren()
  line('Book', euros(totals.subtotal))
  line('Parcel', euros(totals.shipping))
  line('Total', euros(totals.total))
  line('Tax in it', euros(totals.tax))
  show('totals', true)
  element('pay').querySelector('button')!.textContent = `Pay ${euros(totals.total)}`
}

element<HTMLButtonElement>('cancel').addEventListener('click', ({ currentTarget }) =>
  trying(currentTarget as HTMLButtonElement, async () => void (await client.orders.cancel(read()!.id))),
)
