/**
 * Owns following the change feed: Server-Sent Events over `fetch`, because `EventSource` sends no headers
 * (a guest's `Cart-Token`, a bearer token). Resumes after the last event seen, without a gap or a repeat.
 */
import { ApiError } from './api-error.ts'
import { delay, type Transport } from './transport.ts'

export type Change = {
  /** The feed's position; keep it to resume later. */
  eventId: string
  collection: string
  action: 'created' | 'updated' | 'deleted'
  id: string
  record?: Record<string, unknown>
}

export type LiveOptions = {
  collections: readonly string[]
  lastEventId?: string
  onChange(change: Change): void
  /** The stream stands (first time and after each reconnect). */
  onOpen?(): void
  /** The position is too old to resume: read afresh what you show. */
  onReset?(): void
  /** The stream broke; `willRetry` is false when the server refused it for good. */
  onError?(error: unknown, willRetry: boolean): void
}

export type LiveChanges = { close(): void; readonly lastEventId: string | undefined }

const RECONNECT_MS = 1_000
const RECONNECT_MS_MAX = 30_000
/** A phone that changed networks leaves a stream that never ends and never speaks; resuming costs nothing. */
const SILENCE_MS_MAX = 60_000

export function followChanges(transport: Transport, options: LiveOptions): LiveChanges {
  const closing = new AbortController()
  let lastEventId = options.lastEventId
  let reconnectMs = RECONNECT_MS

  function dispatch(event: ServerEvent): void {
    if (event.id !== undefined) lastEventId = event.id
    if (event.type === 'reset') {
      options.onReset?.()
      return
    }
    // `ready` and whatever a later server may add carry a position only.
    if (event.type !== 'change' || event.data === '') return
    const change = JSON.parse(event.data) as Omit<Change, 'eventId'>
    options.onChange({ ...change, eventId: lastEventId ?? '' })
  }

  async function readStream(): Promise<void> {
    const attempt = new AbortController()
    const signal = AbortSignal.any([closing.signal, attempt.signal])
    let silence = setTimeout(() => attempt.abort(), SILENCE_MS_MAX)
    try {
      const resume: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
      const names = encodeURIComponent(options.collections.join(','))
      const response = await transport.open(`/api/changes?collections=${names}`, resume, signal)
      options.onOpen?.()
      reconnectMs = RECONNECT_MS
      const parse = createEventParser(dispatch)
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        clearTimeout(silence)
        silence = setTimeout(() => attempt.abort(), SILENCE_MS_MAX)
        parse(part.value)
      }
    } finally {
      clearTimeout(silence)
      attempt.abort()
    }
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      let waitMs = reconnectMs
      try {
        await readStream()
      } catch (error) {
        if (closing.signal.aborted) return
        const isRefused = error instanceof ApiError && error.status < 500 && error.status !== 429
        options.onError?.(error, !isRefused)
        if (isRefused) return
        waitMs = (error instanceof ApiError && error.retryAfterMs) || reconnectMs
      }
      await delay(waitMs, closing.signal).catch(() => {})
      reconnectMs = Math.min(reconnectMs * 2, RECONNECT_MS_MAX)
    }
  }

  void run()
  return {
    close: () => closing.abort(),
    get lastEventId() {
      return lastEventId
    },
  }
}

export type ServerEvent = { type: string; data: string; id: string | undefined }

/** WHATWG HTML section 9.2.6, fed with pieces cut anywhere. Comments (heartbeats) pass unseen. */
export function createEventParser(emit: (event: ServerEvent) => void): (chunk: string) => void {
  let rest = ''
  let type = ''
  let data: string[] = []
  let id: string | undefined
  let isMeant = false

  function readLine(line: string): void {
    if (line === '') {
      // An id alone is meant too: a heartbeat moves the place to resume from.
      if (isMeant) emit({ type: type || 'message', data: data.join('\n'), id })
      type = ''
      data = []
      isMeant = false
      return
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field !== '') isMeant = true
    if (field === 'event') type = value
    else if (field === 'data') data.push(value)
    else if (field === 'id') id = value
  }

  return (chunk) => {
    rest += chunk
    // A trailing CR may be the first half of CRLF, so it waits for the next piece.
    for (let end = rest.match(/\r\n|\n|\r(?!$)/); end; end = rest.match(/\r\n|\n|\r(?!$)/)) {
      const line = rest.slice(0, end.index)
      rest = rest.slice(end.index! + end[0].length)
      readLine(line)
    }
  }
}
