/**
 * Owns hooks over the client, for React and what has its hooks (Preact). They are made with the page's own copy of it, so nothing
 * is imported here: `const { useLive, useLoad } = createHooks(React)`.
 */
import type { News } from './kept-list.ts'
import type { Live, LiveQueryOptions } from './live-query.ts'

/** Of `react`, or of `preact/hooks`. */
export type HookSource = {
  useEffect(effect: () => () => void, inputs: readonly unknown[]): void
  useState<S>(initial: S): [S, (next: S | ((before: S) => S)) => void]
}

/** `records` is undefined until the list is there; `error` says why there will be none, or no more. */
export type LiveState<T> = { readonly records: readonly T[] | undefined; readonly error: unknown }
/** `value` stays what it was while it is asked for again. */
export type LoadState<T> = { readonly value: T | undefined; readonly error: unknown; readonly isLoading: boolean; reload(): void }

type LiveCollection<Q, T> = {
  live(query: Q, onChange: (records: readonly T[], news: News<T>) => void, options?: LiveQueryOptions): Live
}

export function createHooks({ useEffect, useState }: HookSource) {
  /**
   * A list that stays true while the component is there: `useLive(client.comments, { filter: { event: id } })`. With `null` there is
   * none, as long as what it is to ask for is not known.
   */
  // biome-ignore lint/correctness/noComponentHookFactories: a page makes them once, beside its client
  function useLive<Q, T>(collection: LiveCollection<Q, T>, query: NoInfer<Q> | null): LiveState<T> {
    // A query is written anew at each rendering: it is another one when it says something else.
    const said = JSON.stringify(query)
    const nothing = { collection, said, records: undefined, error: undefined }
    const [state, setState] = useState<LiveState<T> & { collection: unknown; said: string }>(nothing)
    useEffect(() => {
      if (query === null) return () => {}
      setState((before) => (before.records === undefined && before.error === undefined ? before : nothing))
      const live = collection.live(query, (records) => setState({ ...nothing, records }), {
        onError: (error, willRetry) => willRetry || setState(({ records }) => ({ ...nothing, records, error })),
      })
      return () => live.close()
    }, [collection, said])
    // The first rendering of another query comes before its effect: what was found for the one before it is no answer.
    return state.collection === collection && state.said === said ? { records: state.records, error: state.error } : nothing
  }

  /** What a call answers, asked for again when an input is another one: `useLoad((signal) => client.events.get(id, {}, { signal }), [id])`. */
  // biome-ignore lint/correctness/noComponentHookFactories: a page makes them once, beside its client
  function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, inputs: readonly unknown[]): LoadState<T> {
    const [state, setState] = useState<Omit<LoadState<T>, 'reload'>>({ value: undefined, error: undefined, isLoading: true })
    const [turn, setTurn] = useState(0)
    useEffect(() => {
      const leaving = new AbortController()
      const tell = (next: Omit<LoadState<T>, 'reload'>) => {
        // An answer that was overtaken is none.
        if (!leaving.signal.aborted) setState(next)
      }
      setState(({ value }) => ({ value, error: undefined, isLoading: true }))
      load(leaving.signal).then(
        (value) => tell({ value, error: undefined, isLoading: false }),
        (error: unknown) => tell({ value: undefined, error, isLoading: false }),
      )
      return () => leaving.abort()
    }, [...inputs, turn])
    return { ...state, reload: () => setTurn((before) => before + 1) }
  }

  return { useLive, useLoad }
}
