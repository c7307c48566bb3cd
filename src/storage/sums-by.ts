import type { CollectionRef } from '../schema/collection.ts'
import type { Group, GroupQuery, Reader } from './storage.ts'

export type SumBy = Pick<Group, 'key' | 'count'> & { readonly sum: number }

/** Sums one path of whole numbers by groups. */
export async function sumsBy(
  read: Pick<Reader, 'group'>,
  collection: CollectionRef<unknown>,
  { sum, ...query }: Pick<GroupQuery, 'where' | 'by'> & { readonly sum: string },
): Promise<SumBy[]> {
  const groups = await read.group(collection, { ...query, measures: [{ of: 'sum', path: sum }] })
  return groups.map(({ key, count, values }) => ({ key, count, sum: values[0] as number }))
}
