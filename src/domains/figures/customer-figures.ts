// Who bought in some days, and who of them had bought before. A customer is an account, or for guests an address; one who was erased
// is nobody that could come back.
import { limits } from '../../base/limits.ts'
import { and, compare, eq, isNull, oneOf } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { erasedEmail } from '../../schema/personal.ts'
import type { Reader } from '../../storage/storage.ts'
import { salesEntries } from '../ledger/collections.ts'
import { orders } from '../orders/collections.ts'
import { defineFigure } from './define-figure.ts'
import { periodInput, periodOf, periodOutput, postedIn } from './period.ts'

const shape = {
  orders: Type.Integer(),
  customers: Type.Integer({ description: 'Who placed them.' }),
  returning: Type.Integer({ description: 'Of these, who had placed an order before, in these days or earlier.' }),
  unknown: Type.Integer({ description: 'Orders of customers who were erased since.' }),
}

/** `GET /api/figures/customers` */
export const customerFigures = defineFigure({
  name: 'customers',
  summary: 'How many customers bought, and how many came back',
  input: Type.Object(periodInput, { additionalProperties: false }),
  output: Type.Object({ ...periodOutput, items: Type.Array(Type.Object(shape)) }, { title: 'CustomerFigures' }),
  columns: Object.keys(shape),
  async run({ read, input, project }) {
    const { from, to, timeZone, days, end } = periodOf(project, input)
    const first = days[0]!.begin
    const groups = await read.group(salesEntries, { where: and(postedIn(first, end), eq('orders', 1)), by: ['order'], measures: [] })
    const bought = await buyersOf(
      read,
      groups.map(({ key }) => key[0] as string),
    )
    const once = (of: ReadonlyMap<string, number>) => [...of].flatMap(([buyer, times]) => (times === 1 ? [buyer] : []))
    const before = [
      await olderThan(read, first, { path: 'customer', buyers: once(bought.accounts) }),
      await olderThan(read, first, { path: 'email', buyers: once(bought.guests) }),
    ]
    const customers = bought.accounts.size + bought.guests.size
    const again = customers - once(bought.accounts).length - once(bought.guests).length
    const returning = again + before[0]! + before[1]!
    return { from, to, timeZone, items: [{ orders: groups.length, customers, returning, unknown: bought.unknown }] }
  },
})

type Bought = { readonly accounts: ReadonlyMap<string, number>; readonly guests: ReadonlyMap<string, number>; readonly unknown: number }

/** How many of these orders each has. */
async function buyersOf(read: Reader, ids: readonly string[]): Promise<Bought> {
  const accounts = new Map<string, number>()
  const guests = new Map<string, number>()
  let unknown = 0
  // By the id first: then each is looked up, and SQLite reads no index of customers from one end to the other.
  for (const batch of batches(ids))
    for (const { key } of await read.group(orders, { where: oneOf('id', batch), by: ['id', 'customer', 'email'], measures: [] })) {
      const [, customer, email] = key as [string, string | null, string | null]
      if (customer !== null) accounts.set(customer, (accounts.get(customer) ?? 0) + 1)
      else if (email !== null && email !== erasedEmail) guests.set(email, (guests.get(email) ?? 0) + 1)
      else unknown += 1
    }
  return { accounts, guests, unknown }
}

type Buyers = { readonly path: 'customer' | 'email'; readonly buyers: readonly string[] }

/** How many of these had an order placed before. */
async function olderThan(read: Reader, first: number, { path, buyers }: Buyers): Promise<number> {
  let found = 0
  for (const batch of batches(buyers)) {
    const isGuest = path === 'email' ? isNull('customer') : undefined
    const where = and(oneOf(path, batch), compare('placedAt', 'lt', first), isGuest)
    found += (await read.group(orders, { where, by: [path], measures: [] })).length
  }
  return found
}

function* batches(all: readonly string[]): Generator<string[]> {
  for (let start = 0; start < all.length; start += limits.readPageSize) yield all.slice(start, start + limits.readPageSize)
}
