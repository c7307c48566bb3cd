/**
 * One change feed for the whole console, by the client, which reconnects and resumes. Closed while the tab is hidden, because
 * HTTP/1.1 allows a browser six connections per host and a feed holds one for good; then it goes on where it was.
 * Invariant: after a gap listeners get one `null`: "load again".
 */
import type { Change, LiveChanges } from '/client/index.ts'
import { useEffect, useRef, useState } from '../vendor/htm-preact.js'
import { client } from './client.ts'

export type LiveState = 'off' | 'connecting' | 'live'
type Listener = (change: Change | null) => void

/** Before a feed that was refused is asked for anew. */
const refusedMs = 10_000
// One transaction is a burst of changes; three reloads a second are as live as people can see.
const reactMs = 300

const listeners = new Set<Listener>()
const stateListeners = new Set<(state: LiveState) => void>()
let state: LiveState = 'off'
let collections: readonly string[] = []
let feed: LiveChanges | undefined
let retry: ReturnType<typeof setTimeout> | undefined
let lastEventId: string | undefined

/** Opens the feed of these collections; an empty list closes it. */
export function watch(names: readonly string[]): void {
  if (names.join() === collections.join()) return
  close()
  lastEventId = undefined
  collections = names
  open()
}

function open(): void {
  if (collections.length === 0 || document.hidden) return
  setState('connecting')
  feed = client.changes({
    collections,
    ...(lastEventId === undefined ? {} : { lastEventId }),
    onOpen: () => setState('live'),
    onChange: tell,
    onReset: () => tell(null),
    onError(_, willRetry) {
      setState('connecting')
      if (willRetry) return
      close()
      // Whatever was refused: begin anew, and let everybody load again.
      lastEventId = undefined
      tell(null)
      retry = setTimeout(open, refusedMs)
    },
  })
}

/** Lets everybody load again. */
export function tellAll(): void {
  tell(null)
}

function close(): void {
  clearTimeout(retry)
  lastEventId = feed?.lastEventId ?? lastEventId
  feed?.close()
  feed = undefined
  setState('off')
}

function tell(change: Change | null): void {
  for (const listener of listeners) listener(change)
}

function setState(next: LiveState): void {
  if (state === next) return
  state = next
  for (const listener of stateListeners) listener(next)
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) close()
  else if (!feed) open()
})

/**
 * Runs `react` soon after a change that `concerns` accepts, and after a gap. Changes of one
 * transaction come in a burst: they are answered with one reload.
 */
export function useLive(concerns: (change: Change) => boolean, react: () => void): void {
  const latest = useRef({ concerns, react })
  latest.current = { concerns, react }
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const listener: Listener = (change) => {
      if (change && !latest.current.concerns(change)) return
      // A running timer is left alone: in a busy shop the next change would put it off for ever.
      timer ??= setTimeout(() => {
        timer = undefined
        latest.current.react()
      }, reactMs)
    }
    listeners.add(listener)
    return () => {
      clearTimeout(timer)
      listeners.delete(listener)
    }
  }, [])
}

export function useLiveState(): LiveState {
  const [current, setCurrent] = useState(state)
  useEffect(() => {
    setCurrent(state)
    stateListeners.add(setCurrent)
    return () => {
      stateListeners.delete(setCurrent)
    }
  }, [])
  return current
}
