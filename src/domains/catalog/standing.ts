// What can be bought of variants now, and when more is to come: by their stock levels, of a bundle by those of its parts.
import { limits } from '../../base/limits.ts'
import { eq, oneOf } from '../../contract/filter.ts'
import { type AnyRecord, type ComputeReader, recordOf } from '../../schema/collection.ts'
import { findAll } from '../../storage/find-all.ts'
import { type StockLevel, stockLevels } from '../stock/collections.ts'
import { isBundle, type Sellable, sellables } from './bundles.ts'

export type Standing = { readonly available: number; readonly expectedAt: number | null }

/** For their shop and its pages. */
export async function loadStanding(read: ComputeReader, records: readonly AnyRecord[]): Promise<Standing[]> {
  const all = records.map((record) => recordOf(sellables, record))
  const partIds = [...new Set(all.flatMap(({ parts }) => (parts ?? []).map(({ variant }) => variant)))]
  const parts = partIds.length === 0 ? [] : await findAll(read, sellables, oneOf('id', partIds))
  const known = new Map([...all, ...parts].map((one) => [one.id, one]))
  const counted = [...known.values()].filter((one) => one.isDigital !== true && !isBundle(one)).map(({ id }) => id)
  const levels = Map.groupBy(await levelsOf(read, counted), ({ variant }) => variant)
  return all.map((one) => (isBundle(one) ? ofBundle(one, known, levels) : ofOne(one, levels.get(one.id) ?? [])))
}

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
function ofBundle({ parts }: Sellable, known: ReadonlyMap<string, Sellable>, levels: ReadonlyMap<string, readonly StockLevel[]>): Standing {
  const standings = parts!.map(({ variant, quantity }): Standing => {
    const part = known.get(variant)
    if (part === undefined || isBundle(part)) return { available: 0, expectedAt: null }
    const { available, expectedAt } = ofOne(part, levels.get(variant) ?? [])
    return { available: Math.floor(available / quantity), expectedAt }
  })
  const dates = standings.flatMap(({ expectedAt }) => (expectedAt === null ? [] : [expectedAt]))
  return {
    available: Math.min(...standings.map(({ available }) => available)),
    expectedAt: dates.length === 0 ? null : Math.max(...dates),
  }
}
