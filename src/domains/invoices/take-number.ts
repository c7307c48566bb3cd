// Numbers without a gap: the counter of a series is raised in the transaction that writes the invoice, so a crash or a rollback takes
// both back. Whoever else issues in that series waits for the end of this transaction: it is never that of placing an order.
import { assert } from '../../base/assert.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import { invoiceSeries } from './collections.ts'

export type Series = { readonly seller: string; readonly series: string; readonly year: number }

/** The next number of it. */
export async function takeNumber({ tx, newId }: Work, { seller, series, year }: Series): Promise<number> {
  const key = JSON.stringify([seller, series, year])
  const counter =
    (await findUnique(tx, invoiceSeries, eq('key', key))) ??
    (await tx.insertOnce(invoiceSeries, { id: newId('ivs'), key, last: 0, lost: null }, 'usual')) ??
    // Begun by another meanwhile.
    (await findUnique(tx, invoiceSeries, eq('key', key)))
  const taken = counter && (await tx.adjust(invoiceSeries, counter.id, { add: { last: 1 } }))
  assert(taken !== null, 'a series that is there can be counted on')
  return taken.last
}

/** `INV-2026-00042`, of `{series}-{year}-{number:5}`. */
export function numberText(
  format: string,
  { series, year, number }: { readonly series: string; readonly year: number; readonly number: number },
): string {
  return format
    .replaceAll('{series}', series)
    .replaceAll('{year}', String(year))
    .replaceAll(/\{number(?::(\d+))?\}/g, (_, digits = '1') => String(number).padStart(Number(digits), '0'))
}
