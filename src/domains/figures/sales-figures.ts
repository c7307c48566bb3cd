// What was sold in some days, by one thing at a time. What is given back or canceled counts on its own day, so a day that is over
// stays as it was. Currencies are never summed: each has rows of its own. Invariant: gross - refunds - canceled = net + tax.
import { limits } from '../../base/limits.ts'
import { type Static, Type } from '../../contract/type.ts'
import { spanOfTime } from '../../records/spans.ts'
import type { Group, GroupKey, Reader } from '../../storage/storage.ts'
import { bigSumOf, bigSums } from '../../storage/sums-by.ts'
import { salesEntries } from '../ledger/collections.ts'
import { moneySum, moneySumOrNull, toldSum } from '../ledger/money-sum.ts'
import { defineFigure } from './define-figure.ts'
import { noCategory, type Placed, shippingKey, titlesOfProducts, withCategories } from './goods.ts'
import { type Period, periodInput, periodOf, periodOutput, postedIn, stretchesOf } from './period.ts'

const bys = ['day', 'product', 'category', 'country', 'channel'] as const
export type By = (typeof bys)[number]

const sums = {
  currency: Type.String(),
  orders: Type.Unsafe<number | null>({
    type: ['integer', 'null'],
    description: 'Placed in these days, also where they were canceled later. Null by product and category: an order has several.',
  }),
  units: Type.Integer({ description: 'Sold, whatever became of them.' }),
  gross: moneySum('What was sold, with tax and shipping, less discounts.'),
  discount: moneySum('What discounts took off, with tax where prices include it.'),
  shipping: moneySum('Of the gross.'),
  refunds: moneySum('Given back in these days, whenever it was sold, units that will not be sent included.'),
  canceled: moneySum('Of orders that were canceled as a whole in these days.'),
  net: moneySum('What is left of it, without tax.'),
  tax: moneySum('What is left of it.'),
  averageOrder: moneySumOrNull('Gross by orders.'),
}
const itemShape = Type.Object({
  key: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'The day, the id, the country or the channel; `shipping` for shipping; null for what is in no category.',
  }),
  title: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
  ...sums,
})

type Item = Static<typeof itemShape>

/** `GET /api/figures/sales` */
export const salesFigures = defineFigure({
  name: 'sales',
  summary: 'What was sold, by day, product, category, country or channel',
  input: Type.Object(
    {
      ...periodInput,
      by: Type.Optional(Type.Unsafe<By>({ type: 'string', enum: [...bys], default: 'day' })),
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: limits.figureRowsMax,
          default: limits.figureRowsDefault,
          description: 'Rows at most, those with the most gross first. Days are all told, and so is all in the CSV.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  output: Type.Object(
    {
      ...periodOutput,
      by: Type.String(),
      rows: Type.Integer({ description: 'How many there are.' }),
      totals: Type.Array(Type.Object(sums), {
        description: 'Of each currency. A product counts once here, in however many categories it is.',
      }),
      items: Type.Array(itemShape),
    },
    { title: 'SalesFigures' },
  ),
  columns: ['key', 'title', ...Object.keys(sums)],
  async run({ read, input, project }, isWhole) {
    const { by = 'day', limit = limits.figureRowsDefault } = input
    const period = periodOf(project, input)
    const found = await placed(read, period, by)
    const isCounted = by !== 'product' && by !== 'category'
    const totals = summed(
      found.map((one) => ({ ...one, key: null, title: null })),
      true,
    ).map(({ key: _, title: __, ...rest }) => rest)
    const all = summed(by === 'category' ? await withCategories(read, found) : await titled(read, found, by), isCounted)
    const items = by === 'day' ? all.toSorted(byKey) : all.toSorted(byGross)
    const { from, to, timeZone } = period
    const shown = by === 'day' || isWhole ? items : items.slice(0, limit)
    return { from, to, timeZone, by, rows: items.length, totals, items: shown }
  },
})

const byKey = (a: Item, b: Item) => ((a.key ?? '') < (b.key ?? '') ? -1 : a.key === b.key ? (a.currency < b.currency ? -1 : 1) : 1)
const byGross = (a: Item, b: Item) =>
  a.currency === b.currency ? b.gross.amount - a.gross.amount || byKey(a, b) : a.currency < b.currency ? -1 : 1

/** One look at the index of the days: one more where the clocks change in between. */
async function placed(read: Reader, period: Period, by: By): Promise<Placed[]> {
  const ask = async (first: number, end: number, key: GroupKey): Promise<readonly Group[]> =>
    await read.group(salesEntries, {
      where: postedIn(first, end),
      // Ids of lines begin alike, and shipping has none.
      by: [key, 'kind', 'currency', { path: 'line', characters: 1 }],
      measures: bigSums(['orders', 'quantity', 'net', 'tax', 'discount']),
    })
  const { days, end, timeZone } = period
  if (by !== 'day') {
    const groups = await ask(days[0]!.begin, end, by === 'category' ? 'product' : by)
    return groups.map((group) => placedOf(group, (key) => (key as string | null) ?? shippingKey))
  }
  const all: Placed[] = []
  for (const { first, end: last, dayMs } of stretchesOf(period)) {
    const groups = await ask(first, last, { path: 'postedAt', ms: dayMs, from: first })
    all.push(...groups.map((group) => placedOf(group, (begin) => spanOfTime(begin as number, 'day', timeZone))))
  }
  return all
}

function placedOf({ key, values }: Group, nameOf: (key: unknown) => string): Placed {
  const [of, kind, currency, line] = key
  const [orders, units, net, tax, discount] = values.map(bigSumOf)
  return {
    key: nameOf(of),
    title: null,
    kind: kind as string,
    currency: currency as string,
    isShipping: line === null,
    orders: orders!,
    units: units!,
    net: net!,
    tax: tax!,
    discount: discount!,
  }
}

async function titled(read: Reader, found: readonly Placed[], by: By): Promise<readonly Placed[]> {
  if (by !== 'product') return found
  const titles = await titlesOfProducts(read, found)
  return found.map((one) => ({ ...one, title: titles(one.key) }))
}

function summed(found: readonly Placed[], isCounted: boolean): Item[] {
  const groups = Map.groupBy(found, ({ key, currency }) => `${currency} ${key ?? noCategory}`)
  return [...groups.values()].map((of) => {
    const { key, title, currency } = of[0]!
    const sum = (name: 'orders' | 'units' | 'net' | 'tax' | 'discount') => of.reduce((all, one) => all + one[name], 0n)
    const whole = (fits: (one: Placed) => boolean) => of.reduce((all, one) => all + (fits(one) ? one.net + one.tax : 0n), 0n)
    const isSold = ({ kind }: Placed) => kind === 'order.recognized'
    const gross = whole(isSold)
    const orders = isCounted ? Number(sum('orders')) : null
    const amount = (minor: bigint) => toldSum(minor, currency)
    return {
      key,
      title,
      currency,
      orders,
      units: Number(sum('units')),
      gross: amount(gross),
      discount: amount(sum('discount')),
      shipping: amount(whole((one) => isSold(one) && one.isShipping)),
      refunds: amount(-whole(({ kind }) => kind === 'order.refunded')),
      canceled: amount(-whole(({ kind }) => kind === 'order.reversed')),
      net: amount(sum('net')),
      tax: amount(sum('tax')),
      averageOrder: orders === null || orders === 0 ? null : amount(roundedHalfUp(gross, BigInt(orders))),
    }
  })
}

function roundedHalfUp(sum: bigint, by: bigint): bigint {
  return (sum * 2n + by) / (by * 2n)
}
