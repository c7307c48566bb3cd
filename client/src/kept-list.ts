/**
 * Owns a list in memory that follows changes of single records, and how two states of it differ. Invariant: it is what the server
 * would list, or says that it is stale.
 */
import type { Change } from './live-changes.ts'

export type Wire = { readonly id: string }
/** What has come, become different and gone since the listener was last called. Of the first call: nothing. */
export type News<T> = { readonly added: readonly T[]; readonly changed: readonly T[]; readonly removed: readonly T[] }

export function keepList<T extends Wire>(sort: string | readonly string[] | undefined, limit: number) {
  const compare = comparing<T>(sort, () => {
    isStale = true
  })
  let records: readonly T[] = []
  /** Whether there is nothing behind the last one. */
  let isWhole = true
  /** What is known does not say what the list is now. */
  let isStale = false
  return {
    records: () => records,
    isStale: () => isStale,
    begin(found: readonly T[], isAll: boolean): void {
      records = found
      isWhole = isAll
      isStale = false
    },
    take({ action, id, record }: Change): void {
      const known = records.find((one) => one.id === id)
      const others = records.filter((one) => one !== known)
      if (action === 'deleted') {
        records = others
        // Behind the last one there is another that now belongs to the list.
        isStale ||= known !== undefined && !isWhole
        return
      }
      const one = record as unknown as T
      // The feed leaves large fields out: then only a list has all of them.
      isStale ||= !hasSameFields(one, others[0] ?? known)
      const place = others.findIndex((other) => compare(one, other) < 0)
      if (place >= 0) records = others.toSpliced(place, 0, one)
      else if (isWhole) records = [...others, one]
      else {
        // Behind the last one that is known: it may be in its place, or many places further down.
        records = others
        isStale ||= known !== undefined
      }
      if (records.length <= limit) return
      records = records.slice(0, limit)
      isWhole = false
    },
  }
}

function hasSameFields(one: object, other: object | undefined): boolean {
  return other !== undefined && Object.keys(other).every((name) => name in one)
}

/** What is news in `now`. A record that is as it was stays the same object. */
export function compareLists<T extends Wire>(before: readonly T[], now: readonly T[]) {
  const earlier = new Map(before.map((one) => [one.id, one]))
  const added: T[] = []
  const changed: T[] = []
  const records = now.map((one) => {
    const old = earlier.get(one.id)
    earlier.delete(one.id)
    if (old && (old === one || JSON.stringify(old) === JSON.stringify(one))) return old
    ;(old ? changed : added).push(one)
    return one
  })
  const news: News<T> = { added, changed, removed: [...earlier.values()] }
  return { records, news, isSame: before.length === now.length && records.every((one, index) => one === before[index]) }
}

/**
 * The server's order: null first, texts by code points, the id last and in the direction of the key before it. `onDoubt`: two texts
 * that stand in another order where they are decimals, which nothing here knows.
 */
function comparing<T extends Wire>(sort: string | readonly string[] | undefined, onDoubt: () => void): (a: T, b: T) => number {
  const keys = [sort ?? []].flat().join().split(',').filter(Boolean)
  if (!keys.some((key) => /^-?id$/.test(key))) keys.push(keys.at(-1)?.startsWith('-') ? '-id' : 'id')
  return (a, b) => {
    for (const key of keys) {
      const isDown = key.startsWith('-')
      const path = isDown ? key.slice(1) : key
      const [left, right] = [valueAt(a, path), valueAt(b, path)]
      const order = orderOf(left, right)
      if (isDecimal(left) && isDecimal(right) && Math.sign(Number(left) - Number(right)) !== Math.sign(order)) onDoubt()
      if (order !== 0) return isDown ? -order : order
    }
    return 0
  }
}

function valueAt(record: object, path: string): string | number | boolean | null {
  let value: unknown = record
  for (const name of path.split('.')) value = (value as Record<string, unknown> | null)?.[name]
  // Money stands for its amount.
  if (typeof value === 'object' && value !== null) value = (value as { amount?: unknown }).amount
  return (value ?? null) as string | number | boolean | null
}

function isDecimal(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)
}

function orderOf(a: string | number | boolean | null, b: string | number | boolean | null): number {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  if (typeof a !== 'string' || typeof b !== 'string') return Number(a) - Number(b)
  const [left, right] = [[...a], [...b]]
  const at = left.findIndex((letter, index) => letter !== right[index])
  if (at < 0) return -1
  return at === right.length ? 1 : left[at]!.codePointAt(0)! - right[at]!.codePointAt(0)!
}
