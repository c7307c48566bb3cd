/**
 * Owns the live page of one order. The change feed only says *that* something changed; what is shown is always read
 * afresh, so a late, doubled or missing event cannot show a wrong state. Without a feed it asks every second.
 */
import { ApiError, type LiveChanges, type Order, type Payment } from 'kingpost/client'
import { words } from '../account-words.ts'
import { addressLines } from '../address.ts'
import { drawLine, drawTotals, findBooks } from '../cart-parts.ts'
import { addToCart, findOrderToken, keepLinkedOrder } from '../cart-store.ts'
import { h } from '../dom.ts'
import { drawDownloads, findDownloads } from '../downloads.ts'
import { banner, onSubmit } from '../forms.ts'
import { createInvoices } from '../invoices.ts'
import { drawLetters, findLetters } from '../letters.ts'
import { hasFailed, isDigital, isFinal, tellOrder, tellPage, wasPaid } from '../order-state.ts'
import { askForWays, followPayment, paymentChoice, paymentRadios, paymentTitle } from '../payment-methods.ts'
import { navigate, type Page, refresh, type Visit } from '../router.ts'
import { findUser, loseSession, takeExpiry } from '../session.ts'
import { type Book, clientWith, formatDay, formatMoney, type ShopClient } from '../shop.ts'
import { drawSent, findSent } from './order-parcels.ts'

const POLL_MS = 1_000
/** With a live feed the polling is only a safety net. */
const POLL_LIVE_MS = 5_000

/** The bank's news usually comes in a second; after this the customer is asked to go there again. */
const BACK_MS = 8_000

type View = { order: Order; payment: Payment | undefined; isBack: boolean }

export async function openOrder({ params, signal, url }: Visit): Promise<Page> {
  const id = params.id ?? ''
  // Kept, then out of sight: an address with a secret in it is easily passed on.
  if (keepLinkedOrder(id, url.hash)) history.replaceState(history.state, '', url.pathname + url.search)
  const token = findOrderToken(id)
  // The guest's secret of this order, not that of the cart begun since.
  const client = clientWith(token)
  if (!token && (await findUser()) === null) return askToSignIn(id, takeExpiry())
  const read = createReader(client, id, url.searchParams.has('back'))
  let [view] = await Promise.all([read(), askForWays()])
  const showOrdered = await createOrdered(view.order)
  const status = h('section', { class: 'order-status', 'aria-live': 'polite' })
  const retry = h('div', {})
  const cancel = h('div', {})
  const parcels = h('div', {})
  const invoices = h('div', {})
  const downloads = h('div', {})
  const letters = h('div', {})
  const show = (next: View) => {
    view = next
    const reread = () => void read().then(show)
    drawStatus(status, next)
    showOrdered(next.order)
    redraw(retry, waysOn(next), (ways) => drawRetry(ways, client, reread))
    redraw(cancel, cancelOf(next.order), (given) => drawCancel(given, client, reread))
    // What was sent is read beside it; should that fail, the order is shown all the same.
    void findSent(client, next.order).then(
      (sent) => redraw(parcels, sent, (given) => drawSent(given, client, reread)),
      () => undefined,
    )
    void findLetters(client, id).then((given) => redraw(letters, given, drawLetters))
    if (next.order.placedAt !== null) invoicesSoon()
    if (next.order.placedAt !== null) void findDownloads(client, id).then((given) => downloads.replaceChildren(...drawDownloads(given)))
  }
  const invoicesSoon = createInvoices(invoices, { client, token, id, signal })
  show(view)
  const look = async () => {
    const next = await read()
    if (!signal.aborted) show(next)
    return isFinal(next.order)
  }
  follow(client, { id, signal, look })
  return {
    title: `Order ${view.order.number}`,
    view: h('div', { class: 'order' }, status, retry, downloads, parcels, showOrdered.place, invoices, letters, cancel),
  }
}

/** Its lines, sums and address: the shop may add to it, as in an exchange, or change where it goes. */
async function createOrdered(order: Order) {
  const place = h('div', {})
  let found = await findBooks(order.lines)
  let looked = order.lines.length
  let latest = order
  const showOrdered = (next: Order): void => {
    latest = next
    const { lines, totals, discounts, addresses, placedAt } = next
    redraw(place, { lines, totals, discounts, addresses, placedAt, books: found.size }, () => [drawOrder(next, found)])
    if (lines.length <= looked) return
    looked = lines.length
    void findBooks(lines).then((books) => {
      found = books
      showOrdered(latest)
    })
  }
  return Object.assign(showOrdered, { place })
}

/** Reads order and latest payment. A caller who may not list payments still sees the order. */
function createReader(client: ShopClient, id: string, cameBack: boolean): () => Promise<View> {
  const openedAt = performance.now()
  let mayList = true
  return async () => {
    const latest = async () => {
      if (!mayList) return undefined
      const query = { filter: { order: id }, sort: '-sequence', limit: 1 } as const
      const page = await client.payments.list(query).catch((error: ApiError) => {
        if (error.status >= 400 && error.status < 500) mayList = false
        return null
      })
      return page?.items[0]
    }
    const [order, payment] = await Promise.all([client.orders.get(id), latest()])
    return { order, payment, isBack: cameBack && performance.now() - openedAt < BACK_MS }
  }
}

type Following = { readonly id: string; readonly signal: AbortSignal; readonly look: () => Promise<boolean> }

/** Calls `look` on every sign of change until the page is left; it answers whether the story is over. */
function follow(client: ShopClient, { id, signal, look }: Following): void {
  let isLive = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = () => {
    clearTimeout(timer)
    live.close()
  }
  const check = async () => {
    clearTimeout(timer)
    const isOver = await look().catch(() => false)
    clearTimeout(timer)
    if (signal.aborted || isOver) return
    timer = setTimeout(() => void check(), isLive ? POLL_LIVE_MS : POLL_MS)
  }
  const live: LiveChanges = client.changes({
    collections: ['orders', 'payments'],
    onChange: (change) => {
      const isOurs = change.id === id || change.record === undefined || change.record.order === id
      if (isOurs) void check()
    },
    onOpen: () => {
      isLive = true
      void check()
    },
    onReset: () => void check(),
    onError: (error) => {
      isLive = false
      if (!(error instanceof ApiError && error.status === 401)) return
      // The session was ended elsewhere: the page asks who is there.
      stop()
      loseSession()
      refresh()
    },
  })
  signal.addEventListener('abort', stop, { once: true })
  timer = setTimeout(() => void check(), POLL_MS)
}

const drawn = new WeakMap<HTMLElement, string>()
/** A block that shows the same is left alone: a reader would say it again, what was chosen or opened would be lost, and a click miss. */
function redraw<T>(place: HTMLElement, shown: T, draw: (shown: T) => readonly (Node | string)[]): void {
  const key = JSON.stringify(shown)
  if (drawn.get(place) === key) return
  drawn.set(place, key)
  place.replaceChildren(...draw(shown))
}

function drawStatus(place: HTMLElement, { order, payment, isBack }: View): void {
  const { mood, title, text } = tellOrder(order, payment, isBack)
  place.dataset.mood = mood
  place.dataset.status = order.status
  place.dataset.paymentStatus = order.paymentStatus
  const isSent = order.fulfillmentStatus === 'fulfilled'
  const last = isDigital(order) ? 'Ready to download' : 'Sent'
  redraw(place, { mood, title, text, number: order.number, isPaid: wasPaid(order), isSent, last }, ({ number, isPaid }) => {
    const step = (name: string, isDone: boolean) =>
      h('li', { class: isDone ? 'is-done' : '' }, name, isDone && h('span', { class: 'visually-hidden' }, ', done'))
    return [
      h('div', { class: `sign is-${mood}`, 'aria-hidden': 'true' }),
      h('p', { class: 'eyebrow' }, `Order ${number}`),
      h('h1', {}, title),
      h('p', {}, text),
      h('ol', { class: 'track' }, step('Ordered', true), step('Paid', isPaid), step(last, isSent)),
    ]
  })
}

type WaysOn = {
  readonly kind: 'none' | 'again' | 'failed' | 'open'
  readonly order: Pick<Order, 'id' | 'lines' | 'expiresAt'>
  readonly payment: Pick<Payment, 'provider' | 'method' | 'amount' | 'action'> | undefined
}

/** What the customer can do to get the books after all. */
function waysOn({ order, payment }: View): WaysOn {
  const { id, lines, expiresAt } = order
  const { mood } = tellOrder(order, payment)
  // Of an order that is placed the shop asks by a link of its own.
  const isOver = mood === 'good' || mood === 'over' || order.status !== 'pending_payment'
  const kind = order.status === 'expired' ? 'again' : isOver ? 'none' : payment && hasFailed(payment) ? 'failed' : 'open'
  return { kind, order: { id, lines, expiresAt }, payment: kind === 'open' && payment ? pathOf(payment) : undefined }
}

/** What of it tells how it goes on. */
const pathOf = ({ provider, method, amount, action }: Payment): NonNullable<WaysOn['payment']> => ({ provider, method, amount, action })

function drawRetry({ kind, order, payment }: WaysOn, client: ShopClient, reread: () => void): (Node | string)[] {
  if (kind === 'none') return []
  if (kind === 'again') return [buyAgain(order)]
  const problem = banner()
  const pay = h('button', { class: 'button is-wide', type: 'submit' }, kind === 'failed' ? 'Try again' : 'Pay this way')
  const form = h('form', { class: 'retry' }, paymentRadios(), problem, pay)
  onSubmit(form, problem, async () => {
    const path = `/orders/${encodeURIComponent(order.id)}?back=1`
    const answer = await client.orders.pay(order.id, paymentChoice(form, path))
    if (answer.payment?.action?.type === 'redirect') followPayment(answer)
    else reread()
  })
  if (kind === 'failed') return [form]
  const action = payment?.action
  const question =
    action?.type === 'transfer' ? 'Pay another way' : `${payment ? paymentTitle(payment) : 'Payment'} not working? Pay another way`
  return [
    payment && action?.type === 'redirect' ? h('a', { class: 'button is-wide', href: action.url }, tellPage(payment).link) : '',
    payment && action?.type === 'transfer' ? drawTransfer(action, { amount: payment.amount, until: order.expiresAt }) : '',
    h('details', { class: 'other-way' }, h('summary', {}, question), form),
  ]
}

type Transfer = Extract<Payment['action'], { type: 'transfer' }>

type Due = { readonly amount: Payment['amount']; readonly until: string | null }

function drawTransfer({ holder, iban, bic, reference }: Transfer, { amount, until }: Due): HTMLElement {
  const line = (name: string, value: string | null) => value !== null && [h('dt', {}, name), h('dd', {}, value)]
  return h(
    'dl',
    { class: 'transfer' },
    line('Amount', formatMoney(amount)),
    line('Account holder', holder),
    // In groups of four, as it is read and typed.
    line('IBAN', iban.replaceAll(/\s/g, '').replaceAll(/(.{4})(?=.)/g, '$1 ')),
    line('BIC', bic),
    line('Reference', reference),
    line('Until', until && formatDay(until)),
  )
}

/** Until it is sent. What was paid goes back the way it came. */
function cancelOf(order: Order) {
  const { id, status, fulfillmentStatus } = order
  const isOpen = (status === 'pending_payment' || status === 'placed') && fulfillmentStatus === 'unfulfilled'
  return isOpen ? { id, isPlaced: status === 'placed', isDigital: isDigital(order) } : null
}

function drawCancel(given: ReturnType<typeof cancelOf>, client: ShopClient, reread: () => void): Node[] {
  if (given === null) return []
  const problem = banner()
  const button = h('button', { class: 'button is-quiet is-wide', type: 'submit' }, 'Yes, cancel it')
  const form = h('form', { class: 'retry' }, problem, button)
  onSubmit(form, problem, async () => {
    await client.orders.cancel(given.id)
    reread()
  })
  const shelf = given.isDigital ? 'Nothing is charged.' : 'The books go back on their shelf.'
  const text = given.isPlaced ? 'What you paid goes back the way it came.' : shelf
  return [h('details', { class: 'other-way' }, h('summary', {}, 'Cancel this order'), h('p', { class: 'quiet' }, text), form)]
}

function buyAgain(order: Pick<Order, 'lines'>): HTMLElement {
  const problem = banner()
  const button = h('button', { class: 'button is-wide', type: 'submit' }, 'Put them in a new cart')
  const form = h('form', { class: 'retry' }, problem, button)
  onSubmit(form, problem, async () => {
    for (const line of order.lines) await addToCart(line.variant, line.quantity)
    navigate('/cart')
  })
  return form
}

function drawOrder(order: Order, found: ReadonlyMap<string, Book>): HTMLElement {
  const address = order.addresses.shipping
  return h(
    'div',
    { class: 'columns' },
    h(
      'section',
      {},
      h('h2', {}, 'What you ordered'),
      h(
        'ul',
        { class: 'lines' },
        order.lines.map((line) => drawLine(line, found.get(line.variant))),
      ),
    ),
    h(
      'aside',
      { class: 'summary', 'aria-label': 'Summary' },
      drawTotals(order.totals, { discounts: order.discounts ?? [], needsShipping: !isDigital(order) }),
      order.taxExemption === 'reverse_charge' && h('p', { class: 'quiet' }, `Without tax (reverse charge), VAT number ${order.vatId}`),
      h(
        'address',
        {},
        h('strong', {}, isDigital(order) ? 'Bought in' : 'Goes to'),
        addressLines(address).map((line) => h('span', {}, line)),
      ),
      h('p', { class: 'quiet fine-print' }, `Ordered on ${formatDay(order.placedAt ?? order.createdAt)}`),
    ),
  )
}

function askToSignIn(id: string, hasExpired: boolean): Page {
  const next = encodeURIComponent(`/orders/${id}`)
  return {
    title: words.yourOrder,
    view: h(
      'div',
      { class: 'empty', lang: words.lang },
      hasExpired && h('p', { class: 'banner', role: 'alert' }, words.expired),
      h('h1', {}, words.isYours),
      h('p', {}, words.isYoursText),
      h('a', { class: 'button', href: `/account?next=${next}` }, words.signIn),
    ),
  }
}
