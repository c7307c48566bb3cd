// The page of the shop: its books, and the way of one of them to an order. What comes after that is in order.ts.
import { ApiError, type Cart } from 'kingpost/client'
import { type Book, client, type Variant } from './client.ts'
import { element, euros, onSubmit, say, show, valuesOf } from './dom.ts'
import { drawTotals, followKept, goToPay, keepOrder, payAgain } from './order.ts'
import { choiceOf, showWays } from './ways-to-pay.ts'

let chosen: Variant | undefined
let cart: Cart | undefined

async function showBooks(): Promise<void> {
  const { items } = await client.products.list({ sort: 'title', expand: ['variants'] })
  element('books').replaceChildren(...items.flatMap((book) => book.variants.map((variant) => line(book, variant))))
}

function line(book: Book, variant: Variant): HTMLLIElement {
  const title = document.createElement('span')
  title.textContent = `${book.title}, ${book.author} (${book.year})`
  const price = document.createElement('span')
  price.textContent = euros(variant.price)
  const buy = document.createElement('button')
  buy.textContent = variant.available > 0 ? 'Buy' : 'Sold out'
  buy.disabled = variant.available === 0
  buy.addEventListener('click', () => {
    chosen = variant
    element('chosen').textContent = `${book.title}, ${euros(variant.price)}`
    say('')
    forgetTotal()
    show('details', true)
  })
  const item = document.createElement('li')
  item.append(title, price, buy)
  return item
}

/** Nobody pays for what they have not seen: a change of the address asks for the total again. */
function forgetTotal(): void {
  cart = undefined
  for (const id of ['totals', 'pay']) show(id, false)
}

/** The server counts: parcel and tax depend on the address. */
async function showTotal(): Promise<void> {
  const { email = '', ...given } = valuesOf('details')
  const [parcel] = (await client.shippingMethods.list()).items
  cart = await client.carts.create({
    email,
    lines: [{ variant: chosen!.id, quantity: 1 }],
    shippingMethod: parcel!.id,
    shippingAddress: given as { name: string; line1: string; city: string; country: string },
  })
  say('')
  drawTotals(cart)
  show('pay', true)
}

async function placeOrder({ id, token, totals }: Cart, method: string): Promise<void> {
  try {
    const { order, payment } = await client.carts.checkOut(id, { payment: choiceOf(method), expectedTotal: totals.total })
    keepOrder({ id: order.id, ...(token === undefined ? {} : { token }) })
    goToPay(payment?.action)
  } catch (error) {
    if (error instanceof ApiError && error.code === 'total_changed') forgetTotal()
    throw error
  }
}

element('details').addEventListener('input', forgetTotal)
onSubmit('details', showTotal)
onSubmit('pay', async () => {
  const { method = '' } = valuesOf('pay')
  await (cart === undefined ? payAgain(choiceOf(method)) : placeOrder(cart, method))
})

/** While an order waits for its money there is one thing to do. */
document.addEventListener('order', (event) => {
  const isOpen = (event as CustomEvent<boolean>).detail
  cart = undefined
  show('books', !isOpen)
  show('details', false)
  if (!isOpen) void showBooks()
})

await showWays()
if (!followKept()) await showBooks()
