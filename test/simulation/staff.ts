// People who run the shop while others buy in it: they count stock, change prices, cancel orders and have
// doubtful messages sent again.
import type { Actor } from '../../src/access/actor.ts'
import { pause } from './buyer.ts'
import type { Cluster } from './cluster.ts'
import type { Store } from './store.ts'
import type { World } from './world.ts'

export type StaffParts = {
  readonly world: World
  readonly cluster: Cluster
  readonly store: Store
  /** Called when somebody has a message sent that may have been sent before. */
  readonly onRepeat: () => void
}

const staff: Actor = {
  kind: 'user',
  id: 'usr_staff',
  email: 'staff@shop.example',
  roles: ['admin'],
  session: null,
  cartTokenHash: null,
  linkedOrder: null,
  origin: 'office',
  provenAgoMs: 0,
}

const workMs = 60_000

export async function runShop({ world, cluster, store, onRepeat }: StaffParts): Promise<void> {
  const { dice } = world
  let count = 0
  const ask = (operation: string, input: unknown) => {
    count += 1
    return cluster.send({ operation, input, actor: staff, key: `staff-${count}` })
  }
  const some = (sql: string) => {
    const rows = store.sql(sql).all()
    return rows.length === 0 ? null : dice.pick(rows)
  }
  while (world.elapsed() < workMs) {
    await pause(world, dice.between(200, 12_000))
    switch (dice.weighted({ count: 2, price: 1, cancel: 1, retry: 2 })) {
      case 'count': {
        const level = some(`select "id","onHand" from "stockLevels" where "variant" in (${store.variants.map((id) => `'${id}'`).join()})`)!
        await ask('stock.adjustLevel', { id: level['id'], onHand: Math.max(0, (level['onHand'] as number) + dice.between(-1, 2)) })
        break
      }
      case 'price':
        await ask('variants.update', { id: dice.pick(store.variants), price: { amount: dice.between(0, 3) * 777, currency: 'EUR' } })
        break
      case 'cancel': {
        const order = some('select "id" from "orders"')
        if (order) await ask('orders.cancel', { id: order['id'] })
        break
      }
      case 'retry': {
        const effect = some(`select "id" from "effects" where "state" in ('unknown','dead','ready')`)
        if (!effect) break
        onRepeat()
        await ask('effects.retry', { id: effect['id'] })
        break
      }
    }
  }
}
