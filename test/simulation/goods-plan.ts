// What a shop sells besides things that lie in it: downloads, bundles, prices of lists, units that are expected, and what is sent in exchange.
// It has dice of its own, so that runs without any of it stay as they are.
import type { Actor } from '../../src/access/actor.ts'
import type { BuyerPlan } from './buyer.ts'
import { type OrderParts, pickOrder, someUnits } from './order-plan.ts'
import type { Store } from './store.ts'
import { createDice, type Dice } from './world.ts'

export type GoodsPlan = { readonly dice: Dice; readonly hasLists: boolean }

const enabledShare = 0.5

/** Null: nobody wants any of it. */
export function planGoods(seed: number): GoodsPlan | null {
  const dice = createDice(seed + 44_000_001)
  return dice.chance(enabledShare) ? { dice, hasLists: dice.chance(0.6) } : null
}

const euro = (amount: number) => ({ amount, currency: 'EUR' })

type Given = { readonly newId: (prefix: string) => string; readonly product: string; readonly cup: string; readonly bowl: string }

export function goodsRecords({ newId, product, cup, bowl }: Given) {
  const [ebook, set, list] = [newId('var'), newId('var'), newId('plst')]
  return {
    variants: [
      { id: ebook, product, sku: 'ebook', title: 'book', price: euro(777), isDigital: true, downloads: ['seed/ebooks/principles.txt'] },
      {
        ...{ id: set, product, sku: 'set', title: 'set', price: euro(2_999) },
        parts: [
          { variant: cup, quantity: 1 },
          { variant: bowl, quantity: 2 },
        ],
      },
    ],
    priceLists: [{ id: list, title: 'By the pair', currency: 'EUR' }],
    listPrices: [
      { list, variant: cup, fromQuantity: 2, price: euro(899) },
      { list, variant: set, fromQuantity: 1, price: euro(2_500) },
      { list, variant: ebook, fromQuantity: 1, price: euro(1) },
    ],
  }
}

/** Some of what is wanted is downloaded, or comes as a set. */
export function wantedGoods(goods: GoodsPlan | null, { ebook, bundle }: Store, plan: BuyerPlan): BuyerPlan {
  if (goods === null) return plan
  const { dice } = goods
  const more = [
    ...(dice.chance(0.5) ? [{ variant: ebook, quantity: dice.between(1, 2) }] : []),
    ...(dice.chance(0.5) ? [{ variant: bundle, quantity: 1 }] : []),
  ]
  return { ...plan, wanted: more.length > 0 && dice.chance(0.4) ? more : [...plan.wanted, ...more] }
}

const staff: Actor = {
  ...{ kind: 'user', id: 'usr_staff', email: 'staff@shop.example', roles: ['admin'], session: null, provenAgoMs: 0 },
  ...{ cartTokenHash: null, linkedOrder: null, origin: 'office' },
}
const workMs = 4 * 60_000
const deedsMax = 25

/** Staff and customers, one thing after another, of whatever there is then. */
export async function workOnGoods({ world, cluster, store, tally }: OrderParts, { dice, hasLists }: GoodsPlan): Promise<void> {
  const some = (sql: string) => {
    const rows = store.sql(sql).all()
    return rows.length === 0 ? null : dice.pick(rows)
  }
  let count = 0
  const ask = async (operation: string, input: unknown) => {
    count += 1
    return await cluster.send({ operation, input, actor: staff, ...(operation.includes('download') ? {} : { key: `goods-${count}` }) })
  }
  const turns = {
    /** By a link of then, which may be used when it is not good any more. */
    async download() {
      const order = pickOrder({ some }, `"lines" like '%"isDigital":true%'`)
      if (order === null) return
      const listed = await ask('orders.downloads', { id: order.id })
      if (listed.end !== 'answered') return
      const { items } = listed.reply.output as { items: { url: string | null }[] }
      for (const { url } of items) {
        if (url === null) continue
        if (dice.chance(0.4)) await pause(dice.between(500, 40_000))
        const { pathname, searchParams } = new URL(url, 'https://shop.example')
        const [, , , id, , file] = pathname.split('/')
        const [expires, signature] = [Number(searchParams.get('expires')), searchParams.get('signature')]
        const got = await ask('orders.download', { id, file, expires, signature })
        if (got.end === 'answered') tally.add('orders.download')
      }
    },
    async exchange() {
      const order = pickOrder({ some }, `"status" in ('placed','completed') and "fulfillmentStatus"<>'unfulfilled'`)
      const lines = order === null ? [] : someUnits(dice, order, 'returnable').map((line) => ({ ...line, reason: 'wrong_item' }))
      if (lines.length === 0) return
      const add = [{ variant: dice.pick([...store.variants, store.bundle, store.ebook]), quantity: dice.between(1, 2) }]
      const done = await ask('orders.exchange', { id: order!.id, lines, add })
      if (done.end === 'answered') tally.add('orders.exchange')
    },
    async expect() {
      const level = some('select "id","incoming" from "stockLevels"')!
      if (level['incoming'] === null)
        return void (await ask('stock.adjustLevel', { id: level['id'], incoming: dice.between(1, 3), sellsIncoming: dice.chance(0.7) }))
      const part = dice.chance(0.5) ? { quantity: dice.between(1, 3) } : {}
      const done = await ask('stock.receive', { id: level['id'], ...part })
      if (done.end === 'answered') tally.add('stock.receive')
    },
    async price() {
      if (!hasLists) return
      const [list, price] = [some('select "id","active" from "priceLists"')!, some('select "id" from "listPrices"')!]
      if (dice.chance(0.3)) await ask('priceLists.update', { id: list['id'], active: list['active'] !== 1 })
      else await ask('listPrices.update', { id: price['id'], price: euro(dice.pick([0, 1, 500, 899, 2_400])) })
    },
  }
  const pause = (delayMs: number) => new Promise<void>((resolve) => void world.at(delayMs, null, 'wait', resolve))
  while (world.elapsed() < workMs && count < deedsMax) {
    await pause(dice.between(1_000, 15_000))
    await turns[dice.weighted({ download: 3, exchange: 3, expect: 1, price: 1 })]()
  }
  const bought = (where: string) =>
    Number(store.sql(`select count(*) as "n" from "orders" where "placedAt" is not null and ${where}`).get()!['n'])
  tally.add('bought to download', bought(`"lines" like '%"isDigital":true%'`))
  tally.add('bought as a bundle', bought(`"lines" like '%"parts":[{%'`))
  tally.add('bought by a list', bought(`"lines" like '%"priceList":{%'`))
}
