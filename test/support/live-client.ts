// A reader of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) that can
// be cut off at will, and comes back with the last id it saw, as a browser does.
import type { Body, HttpClient } from './http-client.ts'

export type LiveEvent = { readonly id: string; readonly event: string; readonly data: Body }

export type LiveReader = {
  readonly status: number
  /** Everything that came so far. */
  readonly events: readonly LiveEvent[]
  /** The id to come back with; moved by heartbeats too. */
  lastId(): string | null
  /** Cuts the connection. */
  cut(): void
  /** Resolves when the stream has ended, by either side. */
  readonly ended: Promise<void>
}

/** The events of what goes out to a reader at once; those without data say where it is. */
export function eventsIn(sent: Uint8Array): LiveEvent[] {
  const blocks = Buffer.from(sent).toString().split('\n\n').slice(0, -1)
  return blocks.map((block) => {
    const fields = fieldsOf(block)
    return { id: fields.get('id')!, event: fields.get('event')!, data: JSON.parse(fields.get('data')!) }
  })
}

function fieldsOf(block: string): ReadonlyMap<string, string> {
  return new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
}

const openWithinMs = 10_000

/** @throws Error when the server cannot be reached or does not answer in time */
export async function openLive(client: HttpClient, path: string, lastEventId: string | null = null): Promise<LiveReader> {
  const abort = new AbortController()
  // A stream says that it is open at once, whatever it has to tell.
  const opening = setTimeout(() => abort.abort(new Error(`No stream within ${openWithinMs} ms`)), openWithinMs)
  const resume: Record<string, string> = lastEventId === null ? {} : { 'last-event-id': lastEventId }
  const answer = await fetch(client.url + path, {
    headers: { accept: 'text/event-stream', ...client.headers, ...resume },
    signal: abort.signal,
  }).finally(() => clearTimeout(opening))
  const events: LiveEvent[] = []
  let lastId = lastEventId

  async function read(): Promise<void> {
    let rest = ''
    const decoder = new TextDecoder()
    for await (const bytes of answer.body!) {
      rest += decoder.decode(bytes, { stream: true })
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        take(rest.slice(0, end))
        rest = rest.slice(end + 2)
      }
    }
  }

  function take(block: string): void {
    const fields = fieldsOf(block)
    lastId = fields.get('id') ?? lastId
    const data = fields.get('data')
    if (data !== undefined) events.push({ id: lastId ?? '', event: fields.get('event') ?? 'message', data: JSON.parse(data) })
  }

  const ended = answer.status === 200 ? read().catch(() => {}) : answer.text().then(() => {})
  return { status: answer.status, events, lastId: () => lastId, cut: () => abort.abort(), ended }
}
