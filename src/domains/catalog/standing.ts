// What can be bought of variants now, and when more is to come: by their stock levels, of a bundle by those of its parts.
import { limits } from '../../base/limits.ts'
import { eq, oneOf } from '../../contract/filter.ts'
import { type AnyRecord, type CollectionRef, type ComputeReader, recordOf } from '../../schema/collection.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { type StockLevel, stockLevels } from '../stock/collections.ts'
import { type Composition, compose, isBundle, isEmpty, isUnsold, partsOf, type Sellable, sellables } from './bundles.ts'

export type Standing = { readonly available: number; readonly expectedAt: number | null }

/** For their shop and its pages. */
export async function loadStanding(read: ComputeReader, records: readonly AnyRecord[], digitalClass: string): Promise<Standing[]> {
  const all = records.map((record) => recordOf(sellables, record))
  const getMany = (of: CollectionRef<AnyRecord>, ids: readonly string[]) => findAll(read, of, oneOf('id', [...ids]))
  const parts = await partsOf({ getMany: getMany as Reader['getMany'] }, all)
  const known = [...all, ...[...parts.values()].map(({ variant }) => variant)]
  const counted = known.filter((one) => one.isDigital !== true && !isBundle(one)).map(({ id }) => id)
  const levels = Map.groupBy(await levelsOf(read, [...new Set(counted)]), ({ variant }) => variant)
  return all.map((one) => {
    if (!isBundle(one)) return isEmpty(one) ? nothing : ofOne(one, levels.get(one.id) ?? [])
    const made = compose(one, parts, digitalClass)
    return isUnsold(made) ? nothing : ofBundle(made, levels)
  })
}

const nothing: Standing = { available: 0, expectedAt: null }

async function levelsOf(read: ComputeReader, ids: readonly string[]): Promise<readonly StockLevel[]> {
  if (ids.length === 0) return []
  // One look-up each for a cart's few lines; a list for a page of the catalogue.
  if (ids.length > 4) return await findAll(read, stockLevels, oneOf('variant', ids))
  return (await Promise.all(ids.map((id) => findAll(read, stockLevels, eq('variant', id))))).flat()
}

function ofOne({ isDigital }: Sellable, levels: readonly StockLevel[]): Standing {
  if (isDigital === true) return { available: limits.lineQuantityMax, expectedAt: null }
  const available = levels.reduce((sum, level) => sum + level.available, 0)
  const free = levels.reduce((sum, { onHand, safetyStock, held, committed }) => sum + onHand - (safetyStock ?? 0) - held - committed, 0)
  const dates = levels.flatMap(({ expectedAt }) => (expectedAt === null ? [] : [expectedAt]))
  return { available, expectedAt: free > 0 || dates.length === 0 ? null : Math.min(...dates) }
}

/** As many as its parts allow; later when one of them is. */
function ofBundle({ parts }: Composition, levels: ReadonlyMap<string, readonly StockLevel[]>): Standing {
  const standings = parts.map(({ variant, quantity }): Standing => {
    const { available, expectedAt } = ofOne(variant, levels.get(variant.id) ?? [])
    return { available: Math.floor(available / quantity), expectedAt }
  })
  const dates = standings.flatMap(({ expectedAt }) => (expectedAt === null ? [] : [expectedAt]))
  return {
    available: Math.min(...standings.map(({ available }) => available)),
    expectedAt: dates.length === 0 ? null : Math.max(...dates),
  }
}
