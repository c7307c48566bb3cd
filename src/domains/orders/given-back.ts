// What is given back of the lines of an order: units, and money, by refunds or because it was never charged. Refunds that another
// took the place of do not count.
import { and, eq, oneOf } from '../../contract/filter.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { type Refund, refunds } from '../payments/collections.ts'
import type { Order } from './collections.ts'

const counted: readonly Refund['status'][] = ['wanted', 'pending', 'succeeded', 'failed', 'settled']

export type GivenBack = { readonly units: number; readonly amount: number }

/** By line. */
export async function givenBack(
  read: Pick<Reader, 'find'>,
  order: Pick<Order, 'id' | 'uncharged'>,
): Promise<ReadonlyMap<string, GivenBack>> {
  return byLine(await findAll(read, refunds, and(eq('order', order.id), oneOf('status', [...counted]))), order)
}

/** Of all refunds of one order. */
export function byLine(
  of: readonly Pick<Refund, 'status' | 'lines'>[],
  { uncharged }: Pick<Order, 'uncharged'>,
): ReadonlyMap<string, GivenBack> {
  const sums = new Map<string, GivenBack>()
  const refunded = of.flatMap(({ status, lines }) => (counted.includes(status) ? (lines ?? []) : []))
  for (const { line, quantity, amount } of [...refunded, ...(uncharged ?? [])]) {
    const before = sums.get(line) ?? { units: 0, amount: 0 }
    sums.set(line, { units: before.units + quantity, amount: before.amount + amount.amount })
  }
  return sums
}
