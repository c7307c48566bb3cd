/** Owns a shop with many products and three discounts, filled over the API in batches. `send` speaks as staff. */
import type { Place } from '../contender.ts'
import { type Json, type Send, withConnections } from '../json-client.ts'
import type { ShopProgram } from '../order-turns.ts'
import { ours, signInStaff } from './ours.ts'
import type { Shop } from './purchase.ts'

const IN_A_BATCH = 100
const ON_HAND = 10_000_000

/** All of them go together, and none has a limit that a bench could meet. */
const discounts = [
  { title: 'Tenth off', code: 'TENTH', kind: 'percent', value: 10, combines: true },
  { title: 'Two off', code: 'TWO', kind: 'fixed', value: { amount: 200, currency: 'EUR' }, combines: true },
  { title: 'No shipping', code: 'PARCEL', kind: 'free_shipping', combines: true },
]

/** `note`: the shop has so many products so far. */
export function largeShop(products: number, note: (count: number) => void = () => {}): ShopProgram {
  return {
    ...ours,
    async open(place: Place) {
      const staff = await signInStaff(place)
      let shop: Shop = { variants: [], shippingMethod: '' }
      await withConnections({ port: place.port, headers: staff }, 1, async (send) => {
        shop = await fill(send, products, note)
      })
      return { shop, staff }
    },
  }
}

async function fill(send: Send, products: number, note: (count: number) => void): Promise<Shop> {
  const create = async (path: string, body: object): Promise<Json> => await send({ method: 'POST', path: `/api/${path}`, body })
  for (const discount of discounts) await create('discounts', discount)
  const { id: shippingMethod } = await create('shippingMethods', { title: 'Parcel', price: { amount: 490, currency: 'EUR' } })
  const variants: string[] = []
  for (let from = 0; from < products; from += IN_A_BATCH / 2) {
    const some = Array.from({ length: Math.min(IN_A_BATCH / 2, products - from) }, (_, index) => from + index)
    const { results } = await create('batch', { operations: some.flatMap((number, index) => offering(number, index)) })
    const made = (results as Json[]).flatMap(({ body }, index) => (index % 2 === 1 ? [body.id as string] : []))
    const { items } = await send({ method: 'GET', path: `/api/stockLevels?filter[variant][in]=${made.join(',')}&limit=${IN_A_BATCH}` })
    const stocked = (items as Json[]).map(({ id }) => ({ method: 'PATCH', path: `/api/stockLevels/${id}`, body: { onHand: ON_HAND } }))
    await create('batch', { operations: stocked })
    variants.push(...made)
    note(variants.length)
  }
  return { variants, shippingMethod, discountCodes: discounts.map(({ code }) => code) }
}

function offering(number: number, index: number): object[] {
  const price = { amount: 1_999, currency: 'EUR' }
  const product = { slug: `book-${number}`, title: `Book ${number}`, status: 'active' }
  return [
    { method: 'POST', path: '/api/products', body: product },
    {
      method: 'POST',
      path: '/api/variants',
      body: { product: { $result: `/${index * 2}/id` }, sku: `BOOK-${number}`, title: 'Paperback', price },
    },
  ]
}
