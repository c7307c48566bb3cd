/**
 * Owns following the change feed: Server-Sent Events over `fetch`, because `EventSource` sends no headers
 * (a guest's `Cart-Token`, a bearer token). Resumes after the last event seen, without a gap or a repeat. Nothing is read
 * while the reader works on what came before, so what it does takes place in the order of the feed.
 */
import { ApiError } from './api-error.ts'
import { renderQuery } from './query-string.ts'
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
  /** As in a list; of one collection. */
  filter?: object
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

/** Follows changes as they are told, one by one. What a list shows is kept by `live` of a collection. */
export function followChanges(transport: Transport, options: LiveOptions): LiveChanges {
  const { collections, filter, lastEventId } = options
  return followStream(
    transport,
    renderQuery({ collections: collections.join(','), ...(filter ? { filter } : {}) }),
    {
      onOpen: () => options.onOpen?.(),
      onChange: (change) => options.onChange(change),
      onAfresh: (isReset) => {
        if (isReset) options.onReset?.()
      },
      onError: (error, willRetry) => options.onError?.(error, willRetry),
    },
    lastEventId,
  )
}

type StreamReader = {
  onOpen?(): void
  onChange(change: Change): void
  /** The stream begins: now, or anew because its place was lost. Waited for; when it fails, it begins anew. */
  onAfresh(isReset: boolean): void | Promise<void>
  /** All that came together was told. Waited for; when it fails, the stream begins anew. */
  onSettled?(): void | Promise<void>
  onError(error: unknown, willRetry: boolean): void
}

const RECONNECT_MS = 1_000
const RECONNECT_MS_MAX = 30_000
/** A phone that changed networks leaves a stream that never ends and never speaks. The server speaks every 20 s; resuming costs nothing. */
const SILENCE_MS_MAX = 45_000
/** For the head of the answer: the next attempt may go out over another connection that is as dead. */
const OPEN_MS_MAX = 20_000

export function followStream(transport: Transport, query: string, reader: StreamReader, from?: string): LiveChanges {
  const closing = new AbortController()
  const attempts = createAttempts(transport, closing.signal)
  let lastEventId = from
  let reconnectMs = RECONNECT_MS

  async function afresh(work: () => void | Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      lastEventId = undefined
      throw error
    }
  }

  async function dispatch({ id, type, data }: ServerEvent): Promise<void> {
    if (id !== undefined) lastEventId = id
    if (type === 'ready' || type === 'reset') await afresh(() => reader.onAfresh(type === 'reset'))
    // Whatever a later server may add carries a position only.
    else if (type === 'change' && data !== '') reader.onChange({ ...JSON.parse(data), eventId: lastEventId ?? '' })
  }

  async function take(events: readonly ServerEvent[]): Promise<void> {
    for (const event of events) {
      if (closing.signal.aborted) return
      await dispatch(event)
    }
    if (events.length > 0 && reader.onSettled && !closing.signal.aborted) await afresh(() => reader.onSettled!())
  }

  async function readStream(): Promise<void> {
    const resume: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
    await readEvents({ closing: closing.signal, attempt: attempts.next(), take }, async (signal) => {
      const response = await transport.open(`/api/changes${query}`, resume, signal)
      reader.onOpen?.()
      reconnectMs = RECONNECT_MS
      return response
    })
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      // Spread over the time, as those who lost the same server come back together.
      let waitMs = reconnectMs * Math.random()
      try {
        await readStream()
      } catch (error) {
        if (closing.signal.aborted) return
        if (attempts.isOther()) continue
        const isRefused = error instanceof ApiError && error.status < 500 && error.status !== 429
        reader.onError(error, !isRefused)
        if (isRefused) return closing.abort()
        waitMs = (error instanceof ApiError && error.retryAfterMs) || waitMs
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

/**
 * Attempts that end when the client speaks for somebody else: what is open shows what the one before may see. The server knows by
 * the place, and says `reset` where that is not the same.
 */
function createAttempts({ others }: Transport, closing: AbortSignal) {
  let attempt = new AbortController()
  let isOther = false
  const renew = () => {
    isOther = true
    attempt.abort()
  }
  others.add(renew)
  closing.addEventListener('abort', () => others.delete(renew))
  return {
    next() {
      isOther = false
      attempt = new AbortController()
      return attempt
    },
    isOther: () => isOther,
  }
}

type Reading = {
  readonly closing: AbortSignal
  readonly attempt: AbortController
  readonly take: (events: readonly ServerEvent[]) => Promise<void>
}

/** Until the stream ends, or is silent for too long. What was read is taken before more is. */
async function readEvents({ closing, attempt, take }: Reading, open: (signal: AbortSignal) => Promise<Response>): Promise<void> {
  const listen = (ms = SILENCE_MS_MAX) => setTimeout(() => attempt.abort(), ms)
  let silence = listen(OPEN_MS_MAX)
  try {
    const response = await open(AbortSignal.any([closing, attempt.signal]))
    clearTimeout(silence)
    silence = listen()
    const parse = createEventParser()
    const parts = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    for (let part = await parts.read(); !part.done; part = await parts.read()) {
      clearTimeout(silence)
      await take(parse(part.value))
      silence = listen()
    }
  } finally {
    clearTimeout(silence)
    attempt.abort()
  }
}

export type ServerEvent = { type: string; data: string; id: string | undefined }

/** WHATWG HTML section 9.2.6, fed with pieces cut anywhere. Comments (heartbeats) pass unseen. */
export function createEventParser(): (chunk: string) => ServerEvent[] {
  let events: ServerEvent[] = []
  let rest = ''
  let type = ''
  let data: string[] = []
  let id: string | undefined
  let isMeant = false

  function readLine(line: string): void {
    if (line === '') {
      // An id alone is meant too: a heartbeat moves the place to resume from.
      if (isMeant) events.push({ type: type || 'message', data: data.join('\n'), id })
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
    events = []
    rest += chunk
    // A trailing CR may be the first half of CRLF, so it waits for the next piece.
    for (let end = rest.match(/\r\n|\n|\r(?!$)/); end; end = rest.match(/\r\n|\n|\r(?!$)/)) {
      const line = rest.slice(0, end.index)
      rest = rest.slice(end.index! + end[0].length)
      readLine(line)
    }
    return events
  }
}
