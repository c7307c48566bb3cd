// The page of the shop. It speaks to the server by the client library; the server takes the types out as it serves this file.
import { ApiError, createClient, type Order, type RecordIn } from 'kingpost/client'
// A type alone, which knows the collections by name; nothing of the server gets into the page.
import type { backend } from '../kingpost.config.ts'

type Book = RecordIn<typeof backend, 'products'>
type Variant = RecordIn<typeof backend, 'variants'>

const client = createClient<typeof backend>()
const shelf = element<HTMLUListElement>('books')
const form = element<HTMLFormElement>('order')
let chosen: Variant | undefined

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T
}

function say(text: string): void {
  element('news').textContent = text
}

const euros = ({ amount }: { amount: number }) => (amount / 100).toLocaleString(undefined, { style: 'currency', currency: 'EUR' })

async function showBooks(): Promise<void> {
  const { items } = await client.products.list({ sort: 'title', expand: ['variants'] })
  shelf.replaceChildren(...items.flatMap((book) => book.variants.map((variant) => line(book, variant))))
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
    element('chosen').textContent = `${book.title}, ${euros(variant.price)} and the parcel`
    form.hidden = false
  })
  const item = document.createElement('li')
  item.append(title, price, buy)
  return item
}

async function order(given: Record<string, string>): Promise<Order> {
  const { email = '', method = '', ...shippingAddress } = given
  const [shipping] = (await client.shippingMethods.list()).items
  const cart = await client.carts.create({ email })
  await client.carts.addLine(cart.id, { variant: chosen!.id, quantity: 1 })
  const { totals } = await client.carts.update(cart.id, {
    shippingMethod: shipping!.id,
    shippingAddress: shippingAddress as { name: string; line1: string; city: string; country: string },
  })
  const payment = { provider: 'sandbox', method }
  return (await client.carts.checkOut(cart.id, { payment, expectedTotal: totals.total }, { idempotencyKey: `checkout-${cart.id}` })).order
}

/** The provider tells of the money a moment later, and the server tells us. */
function follow({ id, number }: Order): void {
  const live = client.orders.live({ filter: { id } }, ([order]) => {
    if (!order) return
    say(`Order ${number}: ${order.paymentStatus}.`)
    if (order.paymentStatus === 'paid') live.close()
  })
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  try {
    follow(await order(Object.fromEntries(new FormData(form)) as Record<string, string>))
    form.hidden = true
    await showBooks()
  } catch (error) {
    say(error instanceof ApiError ? error.message : String(error))
  }
})

await showBooks()
