// Decimals in the commit log are texts (`12.50`): they mean the same however many decimals their field has by the time a line is
// read, for the trail and for rules that are asked of it. In records they are whole units of the last decimal.
import { parseDecimal, renderDecimal } from '../base/decimal.ts'
import { scaleOf } from '../schema/kinds/kind.ts'
import type { CollectionModel, Model } from '../schema/model.ts'
import type { RecordChange } from './storage.ts'

type Values = Readonly<Record<string, unknown>>
type Scales = readonly (readonly [name: string, scale: number])[]

/** By the names of collections that have decimals. */
const known = new WeakMap<Model, ReadonlyMap<string, Scales>>()

function decimalsOf(model: Model): ReadonlyMap<string, Scales> {
  const found = known.get(model)
  if (found) return found
  const all = new Map([...model.collections.values()].map((one) => [one.name, scalesOf(one)] as const).filter(([, own]) => own.length > 0))
  known.set(model, all)
  return all
}

function scalesOf({ columns }: CollectionModel): Scales {
  return [...columns.values()].flatMap(({ path, type }) => {
    const scale = scaleOf(type)
    return scale === null ? [] : [[path, scale] as const]
  })
}

export function hasDecimals(model: Model): boolean {
  return decimalsOf(model).size > 0
}

/** As they are written. */
export function withTexts(model: Model, changes: readonly RecordChange[]): readonly RecordChange[] {
  const decimals = decimalsOf(model)
  if (decimals.size === 0) return changes
  return changes.map((change) =>
    mapped(change, decimals.get(change.collection), (value, scale) => (typeof value === 'number' ? renderDecimal(value, scale) : value)),
  )
}

/** As a record of now has them. What has more decimals than there are by now is rounded. */
export function withUnits(model: Model, change: RecordChange): RecordChange {
  return mapped(change, decimalsOf(model).get(change.collection), (value, scale) => {
    if (typeof value !== 'string' && typeof value !== 'number') return value
    // A number was a whole one when it was written.
    const units = parseDecimal(String(value), scale) ?? Math.round(Number(value) * 10 ** scale)
    return Number.isSafeInteger(units) ? units : value
  })
}

function mapped(change: RecordChange, scales: Scales = [], map: (value: unknown, scale: number) => unknown): RecordChange {
  if (scales.length === 0) return change
  const of = <T extends Values>(values: T): T => {
    const own = scales.filter(([name]) => name in values).map(([name, scale]) => [name, map(values[name], scale)])
    return { ...values, ...Object.fromEntries(own) }
  }
  return { ...change, record: of(change.record), ...(change.before && { before: of(change.before) }) }
}
