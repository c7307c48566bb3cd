/**
 * Titles of referenced records. Asked for together (one request per collection and tick) and kept
 * for the visit; a title that changes meanwhile is seen after a reload of the page.
 */
import { useEffect, useState } from '../vendor/htm-preact.js'
import { client } from './client.ts'
import { labelIn, labelNeeds } from './format.ts'
import type { Page, RecordData } from './shapes.ts'

const idsPerRequest = 50
const labels = new Map<string, string>()
const waiting = new Map<string, Set<string>>()
const listeners = new Set<() => void>()

function ask(collection: string, id: string): void {
  if (waiting.size === 0) setTimeout(flush, 10)
  const ids = waiting.get(collection) ?? new Set()
  waiting.set(collection, ids.add(id))
}

async function flush(): Promise<void> {
  const batches = [...waiting].flatMap(([collection, ids]) => {
    const all = [...ids]
    const parts: { collection: string; ids: string[] }[] = []
    for (let start = 0; start < all.length; start += idsPerRequest) {
      parts.push({ collection, ids: all.slice(start, start + idsPerRequest) })
    }
    return parts
  })
  waiting.clear()
  await Promise.all(batches.map(({ collection, ids }) => loadLabels(collection, ids)))
  for (const listener of listeners) listener()
}

async function loadLabels(collection: string, ids: string[]): Promise<void> {
  // Set first, so that an id without a record (or without access) is asked for once, not for ever.
  for (const id of ids) labels.set(`${collection}/${id}`, '')
  const query = new URLSearchParams({ 'filter[id][in]': ids.join(','), limit: String(ids.length) })
  const needs = labelNeeds[collection]
  if (needs !== undefined) query.set('expand', needs)
  try {
    const page = await client.call<Page<RecordData>>('GET', `/api/${encodeURIComponent(collection)}?${query}`)
    for (const record of page.items) labels.set(`${collection}/${record.id}`, labelIn(collection, record))
  } catch {
    // The id itself is still shown and still leads to the record, which will say what is wrong.
  }
}

/** The title of a record, or undefined while (or when) it is not known. */
export function useLabel(collection: string | undefined, id: string): string | undefined {
  const key = `${collection}/${id}`
  const [, setRound] = useState(0)
  useEffect(() => {
    if (collection === undefined || id === '' || labels.has(key)) return
    const update = () => setRound((old) => old + 1)
    listeners.add(update)
    ask(collection, id)
    return () => {
      listeners.delete(update)
    }
  }, [key])
  return labels.get(key) || undefined
}
