/** Loading for pages: one thing (useLoad) or a list page by page (useList). Old data stays while new comes. */
import { useCallback, useEffect, useRef, useState } from '../vendor/htm-preact.js'
import { client } from './client.ts'
import { type ListState, listRequest } from './query-state.ts'
import type { Page, RecordData } from './shapes.ts'

export interface Loaded<T> {
  data: T | undefined
  error: unknown
  loading: boolean
  reload: () => void
  /** Shows what another answer held, such as that of a save: nobody sees the old state once they are told that it is saved. */
  show: (data: T) => void
}

/** Loads when `key` changes. A late answer to an old key is dropped. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: unknown; loading: boolean }>({
    key,
    loading: true,
  })
  const [round, setRound] = useState(0)
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    const abort = new AbortController()
    setState((old) => (old.key === key ? { ...old, loading: true } : { key, loading: true }))
    latest.current(abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) setState({ key, data, loading: false })
      },
      (error) => {
        if (!abort.signal.aborted) setState((old) => ({ ...old, error, loading: false }))
      },
    )
    return () => abort.abort()
  }, [key, round])
  const reload = useCallback(() => setRound((old) => old + 1), [])
  const show = useCallback((data: T) => setState({ key, data, loading: false }), [key])
  const current = state.key === key
  return {
    data: current ? state.data : undefined,
    error: current ? state.error : undefined,
    loading: !current || state.loading,
    reload,
    show,
  }
}

export interface LoadedList<T> extends Omit<Loaded<T[]>, 'show'> {
  count: number | undefined
  countIsAtLeast: boolean
  hasMore: boolean
  loadMore: () => void
  loadingMore: boolean
}

// 200 is the API's own limit; a reload of a longer list shows its first 200.
const pageMax = 200

/** A list at /api/{collection}. `reload` keeps as many rows as are on screen. */
export function useList<T = RecordData>(
  collection: string,
  state: ListState,
  options: { pageSize?: number; fields?: readonly string[] | undefined } = {},
): LoadedList<T> {
  const { pageSize = 50, fields } = options
  const base = `/api/${encodeURIComponent(collection)}`
  const key = base + listRequest(state, { limit: pageSize, fields })
  const [more, setMore] = useState<
    | {
        key: string
        items: T[]
        next: string | null
        error?: unknown
      }
    | undefined
  >(undefined)
  const [loadingMore, setLoadingMore] = useState(false)
  const shown = useRef(0)
  const first = useLoad(key, (signal) => {
    const limit = Math.min(pageMax, Math.max(pageSize, shown.current))
    return client.call<Page<T>>('GET', base + listRequest(state, { limit, fields }), { signal }).then((page) => {
      setMore(undefined)
      return page
    })
  })
  const extra = more?.key === key ? more : undefined
  const next = extra ? extra.next : (first.data?.next ?? null)
  const items = first.data && [...first.data.items, ...(extra?.items ?? [])]
  shown.current = items?.length ?? 0
  const loadMore = async () => {
    if (next === null || loadingMore) return
    setLoadingMore(true)
    try {
      const page = await client.call<Page<T>>(
        'GET',
        base + listRequest({ ...state, count: false }, { limit: pageSize, cursor: next, fields }),
      )
      setMore({ key, items: [...(extra?.items ?? []), ...page.items], next: page.next })
    } catch (error) {
      setMore({ key, items: extra?.items ?? [], next, error })
    } finally {
      setLoadingMore(false)
    }
  }
  return {
    ...first,
    data: items,
    error: first.error ?? extra?.error,
    count: first.data?.count,
    countIsAtLeast: first.data?.countIsAtLeast === true,
    hasMore: next !== null,
    loadMore,
    loadingMore,
  }
}
