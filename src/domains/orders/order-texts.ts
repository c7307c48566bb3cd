// What staff find orders by: the words of each, in a record of its own with an index. It is written after the order, so that no order waits for
// it: by a schedule for what is new, and by whoever changes what it says. Invariant: its id is made of the order's, so one order has one, and the
// newest are found first.
import { leastIdAt } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import type { ShopSettings } from '../../config/project.ts'
import { compare, eq } from '../../contract/filter.ts'
import type { Schedule } from '../../effects/schedule.ts'
import type { Work } from '../../operation/work.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { settings } from '../../settings/collections.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Address } from '../carts/collections.ts'
import { shopOf } from '../carts/totals.ts'
import { type Order, orders } from './collections.ts'

export const orderTexts = collection('orderTexts', {
  prefix: 'otext',
  system: true,
  internal: true,
  feed: false,
  fields: {
    order: field.text({ required: true }),
    /** Of the order itself. */
    text: field.longText({ required: true, max: limits.orderTextCharactersMax, search: true, personal: true }),
    /** Of what belongs to it: notes, numbers of parcels. */
    more: field.longText({ max: limits.orderTextCharactersMax, search: true, personal: true }),
  },
  indexes: [['order']],
  personal: { by: { order: { holds: 'record', onErase: 'delete' } } },
})

const settingName = 'orderTexts'
const textId = (order: string) => `otext_${order.slice(order.indexOf('_') + 1)}`

/** Writes what an order is found by now, and adds words of what belongs to it. */
export async function indexOrder({ tx, project }: Pick<Work, 'tx' | 'project'>, order: Order, more = ''): Promise<void> {
  const id = textId(order.id)
  const before = await tx.get(orderTexts, id)
  const text = textOf(order, shopOf(project))
  if (before === null) {
    // Of two at once one runs again, and finds it.
    await tx.insert(orderTexts, { id, order: order.id, text, more: cut(more) || null }, 'conflict')
    return
  }
  const all = cut(`${more} ${before.more ?? ''}`.trim()) || null
  if (text !== before.text || all !== before.more) await tx.update(orderTexts, before, { set: { text, more: all } })
}

function textOf(order: Order, { searchedOrderFields: searched }: ShopSettings): string {
  const { number, email, accountEmail, addresses, lines, shipping, note, giftMessage, vatId, channel } = order
  const goods = lines.flatMap(({ title, sku }) => [title, sku])
  const places = [addresses.shipping, addresses.billing].flatMap(wordsOf)
  const own = searched.map((name) => (order as Readonly<Record<string, unknown>>)[name])
  const words = [number, email, accountEmail, ...places, ...goods, note, giftMessage, vatId, shipping?.title, channel, ...own]
  return cut([...new Set(words.filter((word) => word !== null && word !== undefined && word !== ''))].join(' '))
}

function wordsOf({ name, line1, line2, city, region, postalCode, country, phone }: Address) {
  return [name, line1, line2, city, region, postalCode, country, phone]
}

function cut(text: string): string {
  return text.slice(0, limits.orderTextCharactersMax)
}

/** Orders that are new: each is looked at until no transaction can still write one before it. */
export const indexOrders: Schedule = {
  name: 'orders.index',
  everyMs: 10_000,
  async run({ tx, now, newId, project }) {
    const setting = await findUnique(tx, settings, eq('name', settingName))
    const through = (setting?.value['through'] as string | undefined) ?? ''
    const settledBefore = leastIdAt('ord', now - limits.ledgerSealAfterMs)
    let last = through
    let settled = through
    for (let page = 0; page < limits.orderTextPagesPerTick; page++) {
      const where = compare('id', 'gt', last)
      // Beyond the limit: the next page, or the next tick.
      const keys = await tx.group(orders, { where, by: ['id'], measures: [], limit: limits.readPageSize })
      const ids = keys.map(({ key }) => key[0] as string)
      if (ids.length === 0) break
      await indexNew({ tx, project }, ids)
      last = ids.at(-1)!
      settled = ids.findLast((id) => id < settledBefore) ?? settled
      if (ids.length < limits.readPageSize) break
    }
    if (settled === through) return
    const value = { through: settled }
    if (setting === null) await tx.insert(settings, { id: newId('set'), name: settingName, value })
    else await tx.update(settings, setting, { set: { value } })
  },
}

async function indexNew({ tx, project }: Pick<Work, 'tx' | 'project'>, ids: readonly string[]): Promise<void> {
  const known = new Set((await tx.getMany(orderTexts, ids.map(textId))).map(({ order }) => order))
  const missing = ids.filter((id) => !known.has(id))
  if (missing.length === 0) return
  const rows = (await tx.getMany(orders, missing)).map((order) => ({
    id: textId(order.id),
    order: order.id,
    text: textOf(order, shopOf(project)),
    more: null,
  }))
  await tx.insertMany(orderTexts, rows)
}
