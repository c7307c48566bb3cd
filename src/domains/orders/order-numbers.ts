import { limits } from '../../base/limits.ts'
import type { Reader } from '../../storage/storage.ts'
import { orders } from './collections.ts'

/** The numbers of orders that this shop has sold itself, by their ids. */
export async function orderNumbers(read: Reader, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const numbers = new Map<string, string>()
  for (let start = 0; start < ids.length; start += limits.readPageSize)
    for (const { id, number, importedAt } of await read.getMany(orders, ids.slice(start, start + limits.readPageSize)))
      if (importedAt === null) numbers.set(id, number)
  return numbers
}
