/** Owns what cart, checkout and order pages share: a line with its cover, and the sum at the foot. */
import type { Cart, CartDiscount, CartLine, Line, Money, Totals } from 'kingpost/client'
import { drawCover } from './cover.ts'
import { h } from './dom.ts'
import { type Book, client, formatMoney, kindOf, listCategories } from './shop.ts'

/** The books behind the lines, by variant id. A cover is decoration: when this fails, lines show without. */
export async function findBooks(lines: readonly Pick<Line, 'variant'>[]): Promise<ReadonlyMap<string, Book>> {
  const found = new Map<string, Book>()
  if (lines.length === 0) return found
  const filter = { id: { in: lines.map((line) => line.variant) } }
  try {
    const asked = client.variants.list({ filter, limit: 200, expand: ['product'] })
    // The shelf picks the drawing: without it a book would wear another cover here than in the catalogue.
    const [variants] = await Promise.all([asked, listCategories()])
    for (const { id, product } of variants.items) {
      if (typeof product === 'object') found.set(id, product)
    }
  } catch {
    return found
  }
  return found
}

/** In a cart a line says whether it can still be bought; in an order it was. */
export function drawLine(line: Line | CartLine, book: Book | undefined, controls?: HTMLElement): HTMLElement {
  const isGone = 'available' in line && !line.available
  const title = book?.title ?? line.title
  const edition = book ? line.title.replace(book.title, '').replace(/^[\s,:·–—-]+/, '') : ''
  return h(
    'li',
    { class: `line ${isGone ? 'is-gone' : ''}` },
    h(
      'div',
      { class: 'line-cover' },
      drawCover(book ? { ...book, kind: kindOf(book) } : { slug: line.title, title, author: '', kind: '' }, { width: 64 }),
    ),
    h(
      'div',
      { class: 'line-words' },
      book
        ? h('a', { class: 'line-title', href: `/books/${encodeURIComponent(book.slug)}` }, title)
        : h('span', { class: 'line-title' }, title),
      h('span', { class: 'quiet' }, [book?.author, edition].filter(Boolean).join(' · ')),
      isGone && h('strong', { class: 'line-gone' }, whyGone(line)),
      !controls && !isGone && h('span', { class: 'quiet' }, `${line.quantity} × ${formatMoney(line.unitPrice)}`),
    ),
    h('span', { class: 'line-total' }, isGone ? '' : formatMoney(line.total)),
    controls,
  )
}

/** What has become of it is the shop's own matter, but for what its customer can do something about. */
function whyGone(line: Line | CartLine): string {
  const reason = 'reason' in line ? line.reason : null
  if (reason?.code === 'currency') return `It ${reason.message}`
  return reason?.code === 'part' || reason?.code === 'file' ? 'Not available at the moment' : 'No longer available'
}

type Known = {
  readonly hasShipping?: boolean
  /** False where all of it is downloaded. */
  readonly needsShipping?: boolean
  /** Named one by one; left out, their sum is shown. */
  readonly discounts?: readonly Pick<CartDiscount, 'title' | 'amount'>[]
  /** False while only an address can tell. */
  readonly taxKnown?: boolean
}

export function drawTotals(
  totals: Totals,
  { hasShipping = true, needsShipping = true, discounts = [], taxKnown = true }: Known,
): HTMLElement {
  const { subtotal, discount, shipping, tax, total } = totals
  const row = (name: string, value: string, more = '') => h('div', { class: more }, h('dt', {}, name), h('dd', {}, value))
  const less = (money: Money) => formatMoney({ ...money, amount: -Math.abs(money.amount) })
  // A shop may show prices with tax in them or without; the sum itself tells which.
  const isTaxAdded = subtotal.amount - Math.abs(discount.amount) + shipping.amount !== total.amount
  return h(
    'dl',
    { class: 'totals' },
    row('Books', formatMoney(subtotal)),
    discounts.map(({ title, amount }) => amount.amount !== 0 && row(title ?? 'Discount', less(amount))),
    discounts.length === 0 && discount.amount !== 0 && row('Discount', less(discount)),
    needsShipping && row('Delivery', hasShipping ? formatMoney(shipping) : 'at checkout'),
    !taxKnown && row('Tax', 'once we have your address'),
    isTaxAdded && row('Tax', formatMoney(tax)),
    row('Total', formatMoney(total), 'is-total'),
    !isTaxAdded && tax.amount !== 0 && row('Tax in it', formatMoney(tax), 'is-note'),
  )
}

export function drawCartTotals(cart: Cart): HTMLElement {
  return drawTotals(cart.totals, { ...cart, hasShipping: cart.shippingMethod !== null })
}
