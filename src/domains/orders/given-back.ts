// What refunds by lines have given back of an order: units, and money. Refunds that another took the place of do not count.
import { and, eq, oneOf } from '../../contract/filter.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { type Refund, refunds } from '../payments/collections.ts'

const counted: readonly Refund['status'][] = ['wanted', 'pending', 'succeeded', 'failed', 'settled']

export type GivenBack = { readonly units: number; readonly amount: number }

/** By line. */
export async function givenBack(read: Pick<Reader, 'find'>, order: string): Promise<ReadonlyMap<string, GivenBack>> {
  return byLine(await findAll(read, refunds, and(eq('order', order), oneOf('status', [...counted]))))
}

/** Of all refunds of one order. */
export function byLine(of: readonly Pick<Refund, 'status' | 'lines'>[]): ReadonlyMap<string, GivenBack> {
  const sums = new Map<string, GivenBack>()
  for (const { status, lines } of of)
    for (const { line, quantity, amount } of counted.includes(status) ? (lines ?? []) : []) {
      const before = sums.get(line) ?? { units: 0, amount: 0 }
      sums.set(line, { units: before.units + quantity, amount: before.amount + amount.amount })
    }
  return sums
}
