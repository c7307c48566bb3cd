import { invalid } from '../../base/engine-error.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import type { Reader } from '../../storage/storage.ts'

/** What can be bought of a bundle is counted from its parts: units of its own would be worth money, and nobody could buy them. */
export async function isMadeOfParts(read: Pick<Reader, 'get'>, variant: string): Promise<boolean> {
  const found = await read.get<AnyRecord & { readonly parts?: readonly unknown[] | null }>({ name: 'variants' }, variant)
  return (found?.parts ?? []).length > 0
}

export const madeOfParts = (path: string) =>
  invalid(path, 'bundle', 'is for what has units of its own: this variant is made of parts. Count the units of its parts instead')
