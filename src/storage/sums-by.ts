import type { CollectionRef } from '../schema/collection.ts'
import type { Group, GroupQuery, Measure, Reader } from './storage.ts'

export type SumBy = Pick<Group, 'key' | 'count'> & { readonly sum: number }
export type BigSumBy = Pick<Group, 'key' | 'count'> & { readonly sum: bigint }

type Query = Pick<GroupQuery, 'where' | 'by'> & { readonly sum: string }

/** Sums one path of whole numbers by groups. @throws amount_too_large */
export async function sumsBy(read: Pick<Reader, 'group'>, collection: CollectionRef<unknown>, { sum, ...query }: Query): Promise<SumBy[]> {
  const groups = await read.group(collection, { ...query, measures: [{ of: 'sum', path: sum }] })
  return groups.map(({ key, count, values }) => ({ key, count, sum: values[0] as number }))
}

/** For what has no end, such as all that a shop ever took: exact however large. */
export async function bigSumsBy(
  read: Pick<Reader, 'group'>,
  collection: CollectionRef<unknown>,
  { sum, ...query }: Query,
): Promise<BigSumBy[]> {
  const groups = await read.group(collection, { ...query, measures: bigSums([sum]) })
  return groups.map(({ key, count, values }) => ({ key, count, sum: bigSumOf(values[0]) }))
}

export function bigSums(paths: readonly string[]): Measure[] {
  return paths.map((path) => ({ of: 'bigSum', path }))
}

export function bigSumOf(value: Group['values'][number] | undefined): bigint {
  return BigInt(value as string)
}
