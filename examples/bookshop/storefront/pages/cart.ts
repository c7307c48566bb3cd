/** Owns the cart page: change, remove, and see what the server says it costs. */
import { ApiError, type Cart, type CartLine, type Order } from 'kingpost/client'
import { drawChanges } from '../cart-changes.ts'
import { drawCartTotals, drawLine, findBooks } from '../cart-parts.ts'
import { changeLine, findCart, findLastOrder, removeLine } from '../cart-store.ts'
import { drawCodes } from '../codes.ts'
import { announce, h, showToast } from '../dom.ts'
import { banner, showBanner } from '../forms.ts'
import { explainLines } from '../problems.ts'
import type { Page } from '../router.ts'
import { findUser } from '../session.ts'
import type { Book } from '../shop.ts'

export async function openCart(): Promise<Page> {
  const cart = await findCart()
  const view = h('div', { class: 'cart' })
  const found = await findBooks(cart?.lines ?? [])
  draw(view, cart, found)
  const changes = cart && cart.lines.length > 0 ? await drawChanges(cart) : null
  return { title: 'Cart', view: changes === null ? view : h('div', {}, changes, view) }
}

export function emptyCart(): HTMLElement {
  const last = h('p', { class: 'last-order' })
  void findUser()
    .then((user) => findLastOrder(user !== null))
    .then((order) => order && last.replaceChildren(...tellLast(order)))
  return h(
    'div',
    { class: 'empty' },
    h('h1', {}, 'Your cart is empty'),
    last,
    h('p', {}, 'There are some good books waiting.'),
    h('a', { class: 'button', href: '/' }, 'Look around'),
  )
}

/** Whoever came back from the bank, or ordered in another tab, looks for it here. */
function tellLast(order: Order): (Node | string)[] {
  const link = (text: string) => h('a', { href: `/orders/${encodeURIComponent(order.id)}` }, text)
  if (order.status === 'pending_payment') return [`Order ${order.number} waits for its payment. `, link('Go on with it')]
  return [link(`Your last order: ${order.number}`)]
}

function draw(view: HTMLElement, cart: Cart | null, found: ReadonlyMap<string, Book>): void {
  if (cart === null || cart.lines.length === 0) {
    view.replaceChildren(emptyCart())
    return
  }
  const problem = banner()
  const change = async (work: () => Promise<Cart>, done: string, focusId: string) => {
    view.setAttribute('aria-busy', 'true')
    try {
      draw(view, await work(), found)
      announce(done)
      document.getElementById(focusId)?.focus()
    } catch (error) {
      const isGone = error instanceof ApiError && error.code === 'cart_not_open'
      if (isGone) draw(view, await findCart(), found)
      const text = explainLines(error, cart)
      if (problem.isConnected) showBanner(problem, text)
      else showToast(text)
    } finally {
      view.removeAttribute('aria-busy')
    }
  }
  const isWhole = cart.lines.every(({ available }) => available)
  view.replaceChildren(
    h('h1', {}, 'Your cart'),
    problem,
    isWhole ? '' : h('p', { class: 'banner' }, 'Something here can no longer be bought. Take it out to check out.'),
    h(
      'div',
      { class: 'columns' },
      h(
        'ul',
        { class: 'lines' },
        cart.lines.map((line) => drawLine(line, found.get(line.variant), lineControls(line, change))),
      ),
      h(
        'aside',
        { class: 'summary', 'aria-label': 'Summary' },
        drawCartTotals(cart),
        drawCodes(cart, (next) => draw(view, next, found)),
        isWhole && h('a', { class: 'button is-wide', href: '/checkout' }, 'Check out'),
        h('a', { class: 'quiet-link', href: '/' }, 'Continue shopping'),
      ),
    ),
  )
}

function lineControls(line: CartLine, change: (work: () => Promise<Cart>, done: string, focusId: string) => Promise<void>): HTMLElement {
  const step = (by: number, sign: string, label: string) => {
    const quantity = line.quantity + by
    const id = `step${by}-${line.id}`
    return h(
      'button',
      {
        id,
        type: 'button',
        'aria-label': `${label}: ${line.title}`,
        disabled: quantity < 1,
        onclick: () => change(() => changeLine(line.id, quantity), `${quantity} of ${line.title}`, id),
      },
      sign,
    )
  }
  return h(
    'div',
    { class: 'line-controls' },
    line.available &&
      h(
        'div',
        { class: 'stepper' },
        step(-1, '−', 'One less'),
        h('span', { 'aria-label': 'Quantity' }, line.quantity),
        step(1, '+', 'One more'),
      ),
    h(
      'button',
      {
        class: 'quiet-link',
        type: 'button',
        'aria-label': `Remove ${line.title}`,
        onclick: () => change(() => removeLine(line.id), `${line.title} removed`, 'main'),
      },
      'Remove',
    ),
  )
}
