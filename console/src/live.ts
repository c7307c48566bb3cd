/**
 * One change feed (SSE) for the whole console. Reconnects by itself: the browser after a lost line,
 * this module after an answer the browser gives up on. Closed while the tab is hidden, because
 * HTTP/1.1 allows a browser six connections per host and a feed holds one for good.
 * Resumes where it was by Last-Event-ID. Invariant: after a gap listeners get one `null`: "load again".
 */
import { useEffect, useRef, useState } from '../vendor/htm-preact.js'
import type { ChangeEvent } from './shapes.ts'

export type LiveState = 'off' | 'connecting' | 'live'
type Listener = (change: ChangeEvent | null) => void

const retryFirstMs = 1_000
const retryMaxMs = 30_000
// One transaction is a burst of changes; three reloads a second are as live as people can see.
const reactMs = 300

const listeners = new Set<Listener>()
const stateListeners = new Set<(state: LiveState) => void>()
let state: LiveState = 'off'
let collections: readonly string[] = []
let source: EventSource | undefined
let retry: ReturnType<typeof setTimeout> | undefined
let retryMs = retryFirstMs
let lastEventId = ''

/** Opens the feed of these collections; an empty list closes it. */
export function watch(names: readonly string[]): void {
  if (names.join() === collections.join()) return
  close()
  lastEventId = ''
  collections = names
  open()
}

function open(): void {
  if (collections.length === 0 || document.hidden) return
  setState('connecting')
  const query = new URLSearchParams({ collections: collections.join(',') })
  // The browser sends Last-Event-ID only on its own reconnects; on ours it goes into the query.
  if (lastEventId !== '') query.set('lastEventId', lastEventId)
  const feed = new EventSource(`/api/changes?${query}`)
  source = feed
  feed.addEventListener('open', () => {
    retryMs = retryFirstMs
    setState('live')
  })
  feed.addEventListener('error', () => {
    setState('connecting')
    if (feed.readyState !== EventSource.CLOSED) return
    close()
    // The place itself may be what was refused: begin anew, and let everybody load again.
    if (lastEventId !== '') tell(null)
    lastEventId = ''
    retry = setTimeout(open, retryMs)
    retryMs = Math.min(retryMs * 2, retryMaxMs)
  })
  const note = (event: Event) => {
    lastEventId = (event as MessageEvent<string>).lastEventId || lastEventId
  }
  const read = (event: Event) => {
    note(event)
    const change = parseChange((event as MessageEvent<string>).data)
    if (change) tell(change)
  }
  for (const name of ['message', 'change', 'created', 'updated', 'deleted']) {
    feed.addEventListener(name, read)
  }
  feed.addEventListener('ready', note)
  feed.addEventListener('reset', (event) => {
    note(event)
    tell(null)
  })
}

function close(): void {
  clearTimeout(retry)
  source?.close()
  source = undefined
  setState('off')
}

function tell(change: ChangeEvent | null): void {
  for (const listener of listeners) listener(change)
}

function setState(next: LiveState): void {
  if (state === next) return
  state = next
  for (const listener of stateListeners) listener(next)
}

function parseChange(data: string): ChangeEvent | undefined {
  try {
    const change = JSON.parse(data) as ChangeEvent
    return typeof change.collection === 'string' ? change : undefined
  } catch {
    return undefined
  }
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) close()
  else if (!source) open()
})

/**
 * Runs `react` soon after a change that `concerns` accepts, and after a gap. Changes of one
 * transaction come in a burst: they are answered with one reload.
 */
export function useLive(concerns: (change: ChangeEvent) => boolean, react: () => void): void {
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
