// The code of the simulated shop's owner: a hook before, one after, and an effect, all of what follows an order. The outside
// that they tell keeps a book, by which the auditor knows what was carried out.
import { after, before, collection, defineEffect, field, Type } from '../../src/index.ts'
import type { Store } from './store.ts'

/** Keys as the outside heard them, each time. */
const heard: string[] = []

/** For the run that begins. */
export function forgetHeard(): void {
  heard.splice(0)
}

const points = collection('points', {
  prefix: 'pts',
  fields: { order: field.text({ required: true, unique: true }), told: field.integer({ default: 0 }), grade: field.text() },
})

const tell = defineEffect('points.tell', {
  payload: Type.Object({ points: Type.String() }),
  run({ key, attempt, payload }) {
    // The other side is away now and then.
    if (attempt === 1 && payload.points.charCodeAt(8) % 2 === 0) throw new Error('away')
    heard.push(key)
  },
  async settle({ payload, records }) {
    const row = await records(points).get(payload.points)
    await records(points).update(row!, { told: row!.told + 1 })
  },
})

const reward = before({
  name: 'orders.reward',
  on: 'order.placed',
  async run({ order, records, effects }) {
    const row = await records(points).create({ order: order.id })
    await effects.owe(tell, order.id, { points: row.id })
  },
})
const grade = before({ name: 'points.grade', on: points, action: 'create', run: ({ set }) => set({ grade: 'new' }) })
const announce = after({
  name: 'orders.announce',
  on: 'order.placed',
  run: ({ key }) => void heard.push(key),
  async settle({ order, records }) {
    const row = await records(points).first({ where: { order: order.id } })
    await records(points).update(row!, { told: row!.told + 10 })
  },
})

export const ownCode = { collections: [points], hooks: [reward, grade, announce], effects: [tell] }

/** At rest: what follows an order was written with it once, and told outside at least once under each key. */
export function auditOwnCode({ sql }: Store, report: (problem: string) => void): void {
  const placed = sql('select "id" from "orders" where "placedAt" is not null')
    .all()
    .map(({ id }) => String(id))
  const rows = sql('select "order","told","grade" from "points"').all()
  if (rows.length !== placed.length) report(`own code: ${placed.length} orders were placed, and ${rows.length} have points`)
  for (const { order, told, grade: given } of rows) {
    if (!placed.includes(String(order))) report(`own code: order ${String(order)} has points and was never placed`)
    if (told !== 11) report(`own code: what followed order ${String(order)} is written ${String(told)}, not once for each`)
    if (given !== 'new') report(`own code: the hook before the points of ${String(order)} did not take part`)
    if (!heard.includes(`points.tell:${String(order)}`)) report(`own code: nobody outside heard of the points of ${String(order)}`)
  }
  for (const { key } of sql(`select "key" from "effects" where "kind" in ('hook.orders.announce','points.tell')`).all())
    if (!heard.includes(String(key))) report(`own code: nobody outside heard ${String(key)}`)
  const left = sql('select count(*) as "count" from "hookCalls"').get()!['count']
  if (left !== 0) report(`own code: ${String(left)} calls of hooks are left at rest`)
}
