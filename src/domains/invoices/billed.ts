// What of an order its documents say, by line, and what is to be said yet: units that were added or came back by their names, and anything
// else by the rate of its tax.
import type { Transaction } from '../../storage/transaction.ts'
import type { Order } from '../orders/collections.ts'
import type { GivenBackBy } from '../orders/given-back.ts'
import { soldParts } from '../orders/place-order.ts'
import { toldOf } from '../orders/sale-parts.ts'
import type { Billed, BilledPart } from './collections.ts'
import type { AtRate } from './sold-now.ts'

/** Of a document, in amounts above zero. Without `goods` it is not of units. */
export type DocumentPart = AtRate & { readonly goods: { readonly line: string; readonly quantity: number } | null }

const keyOf = ({ line, ratePpm }: Pick<BilledPart, 'line' | 'ratePpm'>) => `${ratePpm} ${line}`
const amountOf = ({ net, tax }: Pick<AtRate, 'net' | 'tax'>) => net + tax

/** What is sold by now. Null of an order from before that was kept by line. */
export async function billedNow(tx: Transaction, order: Order, back: GivenBackBy): Promise<Billed | null> {
  const told = await toldOf(tx, order)
  const sold = soldParts(order)
  if (told === null || sold === null) return null
  const parts = new Map(
    sold.map(({ line, ratePpm }) => {
      const quantity = order.lines.find(({ id }) => id === line)?.quantity ?? 0
      const part = { line, ratePpm, quantity: quantity - (back.get(line)?.units ?? 0), ...told(line, ratePpm) }
      return [keyOf(part), part] as const
    }),
  )
  return { parts: [...parts.values()], uncharged: unchargedOf(order) }
}

export function unchargedOf({ uncharged }: Pick<Order, 'uncharged'>): number {
  return (uncharged ?? []).reduce((sum, { amount }) => sum + amount.amount, 0)
}

type Sides = { readonly up: DocumentPart[]; readonly down: DocumentPart[] }

/**
 * What is sold beyond what was billed, and less than that. `missing`: the same by rate, less than nothing where something was not billed. Where
 * the two do not agree, or nothing is known by line, it is by rate alone.
 */
export function sidesOf(before: Billed | null, now: Billed | null, missing: readonly AtRate[]): Sides {
  const byRate = ({ ratePpm, net, tax }: AtRate): Sides => {
    const sign = net + tax > 0 ? 1 : -1
    const part = { ratePpm, net: net * sign, tax: tax * sign, goods: null }
    if (net + tax === 0) return { up: [], down: [] }
    return sign > 0 ? { up: [], down: [part] } : { up: [part], down: [] }
  }
  const changes = before === null || now === null ? [] : changesOf(before, now)
  const sides = missing.map((one): Sides => {
    const own = changes.filter(({ ratePpm }) => ratePpm === one.ratePpm)
    const sum = (of: 'net' | 'tax') => own.reduce((all, part) => all + part[of], 0)
    return sum('net') === -one.net && sum('tax') === -one.tax ? ofRate(own, one.ratePpm) : byRate(one)
  })
  return { up: sides.flatMap(({ up }) => up), down: sides.flatMap(({ down }) => down) }
}

/** What is billed of it while what was added waits. */
export function withoutAdded(before: Billed, now: Billed): Billed {
  const known = new Map(before.parts.map((part) => [keyOf(part), part]))
  const parts = now.parts.flatMap((part) => {
    const own = known.get(keyOf(part))
    return amountOf(part) > (own === undefined ? 0 : amountOf(own)) ? (own ?? []) : part
  })
  return { ...now, parts }
}

function changesOf(before: Billed, now: Billed): BilledPart[] {
  const known = new Map(before.parts.map((part) => [keyOf(part), part]))
  return now.parts.map((part) => {
    const { quantity, net, tax } = known.get(keyOf(part)) ?? { quantity: 0, net: 0, tax: 0 }
    return { ...part, quantity: part.quantity - quantity, net: part.net - net, tax: part.tax - tax }
  })
}

/** A cent that lies between lines of one rate makes no document of its own: it goes with the units that there are. */
function ofRate(changes: readonly BilledPart[], ratePpm: number): Sides {
  const isGoods = (part: BilledPart) => part.quantity !== 0 && Math.sign(part.quantity) === Math.sign(amountOf(part))
  const others = changes.filter((part) => !isGoods(part))
  const rest = {
    net: others.reduce((sum, { net }) => sum + net, 0),
    tax: others.reduce((sum, { tax }) => sum + tax, 0),
  }
  const goods = changes.filter(isGoods)
  const sign = Math.sign(amountOf(rest))
  const [first] = goods
  const isFolded =
    first !== undefined &&
    !goods.some(({ quantity }) => Math.sign(quantity) === sign) &&
    Math.abs(amountOf(rest)) < Math.abs(amountOf(first))
  const units = isFolded ? [{ ...first, net: first.net + rest.net, tax: first.tax + rest.tax }, ...goods.slice(1)] : goods
  const side = (of: 1 | -1): DocumentPart[] => [
    ...units
      .filter(({ quantity }) => Math.sign(quantity) === of)
      .map(({ line, quantity, net, tax }) => ({ ratePpm, net: net * of, tax: tax * of, goods: { line: line!, quantity: quantity * of } })),
    ...(isFolded || sign !== of ? [] : [{ ratePpm, net: rest.net * of, tax: rest.tax * of, goods: null }]),
  ]
  return { up: side(1), down: side(-1) }
}
