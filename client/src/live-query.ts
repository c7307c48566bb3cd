/**
 * Owns a list that stays true: read once, then kept by the change feed, over lost connections, restarts and places that are
 * too old. Invariant: the listener is told exactly the difference between what it was told before and what there is now; so
 * nothing is missed and nothing told twice, however often the stream breaks.
 */
import { compareLists, keepList, type News, type Wire } from './kept-list.ts'
import { followStream } from './live-changes.ts'
import { type ListQuery, renderQuery } from './query-string.ts'
import type { Page } from './shapes.ts'
import type { Transport } from './transport.ts'

export type Live = { close(): void }

export type LiveQueryOptions = {
  /** The line stands: first, and again after each time it broke. */
  onOpen?(): void
  /** The line broke or a list could not be read; `willRetry` is false when the server refused for good. */
  onError?(error: unknown, willRetry: boolean): void
  /** Ends it, as `close()` does. */
  signal?: AbortSignal
}

export type LiveParts<T extends Wire> = {
  readonly collection: string
  readonly query: Pick<ListQuery<T>, 'filter' | 'sort' | 'limit'>
  readonly list: (query: ListQuery<T>, options: { signal: AbortSignal }) => Promise<Page<T>>
  readonly onChange: (records: readonly T[], news: News<T>) => void
  readonly options: LiveQueryOptions
}

/** As any error that nobody caught. */
function tellUncaught(error: unknown): void {
  setTimeout(() => {
    throw error
  })
}

/** The largest there is, and what a list without a limit shows. */
const PAGE_SIZE = 200

export function followQuery<T extends Wire>(transport: Transport, { collection, query, list, onChange, options }: LiveParts<T>): Live {
  const { filter, sort, limit = PAGE_SIZE } = query
  const kept = keepList<T>(sort, limit)
  const closing = new AbortController()
  const { signal } = closing
  let shown: readonly T[] | undefined

  async function readAfresh(): Promise<void> {
    const found: T[] = []
    let cursor: string | null | undefined
    do {
      const base = { limit: Math.min(limit - found.length, PAGE_SIZE), ...(filter ? { filter } : {}), ...(sort ? { sort } : {}) }
      const page: Page<T> = await list(cursor ? { ...base, cursor } : base, { signal })
      found.push(...page.items)
      cursor = page.next
    } while (cursor && found.length < limit)
    kept.begin(found, !cursor)
  }

  function tell(): void {
    const { records, news, isSame } = compareLists(shown ?? kept.records(), kept.records())
    if (shown && isSame) return
    shown = records
    try {
      onChange(records, news)
    } catch (error) {
      // It is the page's own, and no reason to end the stream.
      tellUncaught(error)
    }
  }

  const stream = followStream(transport, renderQuery({ collections: collection, ...(filter ? { filter } : {}) }), {
    onOpen: () => options.onOpen?.(),
    async onAfresh() {
      await readAfresh()
      tell()
    },
    onChange: kept.take,
    async onSettled() {
      if (kept.isStale()) await readAfresh()
      tell()
    },
    onError(error, willRetry) {
      if (options.onError) options.onError(error, willRetry)
      // A list that ends, and nobody there to hear of it.
      else if (!willRetry) tellUncaught(error)
    },
  })
  const close = () => {
    closing.abort()
    stream.close()
  }
  options.signal?.addEventListener('abort', close, { once: true })
  if (options.signal?.aborted) close()
  return { close }
}
