// A client of the change feed as the documents tell it to be one: it lists, follows the stream, and reads afresh when it is told
// to. The stream is taken from the operation itself, without a socket, so that it can be cut between any two events.
import type { Actor } from '../../src/access/actor.ts'
import type { Engine } from '../../src/engine/create-engine.ts'
import type { EventSink } from '../../src/operation/define.ts'
import { eventually } from './eventually.ts'
import type { Body } from './http-client.ts'
import { eventsIn } from './live-client.ts'

export type ToldEvent = { readonly id: string; readonly event: string; readonly data: Body }
export type Watching = { readonly engine: Engine; readonly actor: Actor; readonly collection: string; readonly filter?: object }

export type LiveView = {
  /** What the client shows. */
  readonly records: ReadonlyMap<string, string>
  readonly events: readonly ToldEvent[]
  lastId(): string
  isOpen(): boolean
  /** Opens the stream where it was left, or now. It is cut after so many events, inside a commit too. */
  open(eventsMax?: number): Promise<void>
  cut(): void
  /** Calls it with each event when it is sent. */
  onEvent(tell: (event: ToldEvent) => void): void
  /** Resolves when there is nothing that is still to be read. */
  atRest(): Promise<void>
}

/** What a list shows now, as text by id. */
export async function listed({ engine, actor, collection, filter }: Watching): Promise<Map<string, string>> {
  const input = { limit: 200, ...(filter ? { filter } : {}) }
  const { output } = await engine.run(operationOf(engine, `${collection}.list`), { input, actor, idempotencyKey: null, request: request() })
  const { items } = output as { items: { id: string }[] }
  return new Map(items.map((item) => [item.id, JSON.stringify(item)]))
}

export function createLiveView(watching: Watching): LiveView {
  const { engine, actor, collection, filter } = watching
  let records = new Map<string, string>()
  const events: ToldEvent[] = []
  const listeners: ((event: ToldEvent) => void)[] = []
  let lastId: string | undefined
  let close: (() => void) | null = null
  // Events that come while the list is read are taken after it.
  let waiting: ToldEvent[] | null = null
  let reading: Promise<void> = Promise.resolve()

  async function readAfresh(): Promise<void> {
    const queue: ToldEvent[] = []
    waiting = queue
    const found = await listed(watching)
    if (waiting !== queue) return
    waiting = null
    records = found
    for (const event of queue) apply(event)
  }

  function apply({ data }: ToldEvent): void {
    if (data.action === 'deleted') records.delete(data.id)
    else records.set(data.id, JSON.stringify(data.record))
  }

  function take(event: ToldEvent): void {
    lastId = event.id
    events.push(event)
    for (const tell of listeners) tell(event)
    if (event.event !== 'change') reading = reading.then(readAfresh)
    else if (waiting) waiting.push(event)
    else apply(event)
  }

  return {
    get records() {
      return records
    },
    events,
    lastId: () => lastId!,
    isOpen: () => close !== null,
    onEvent: (tell) => void listeners.push(tell),
    async open(eventsMax = Number.POSITIVE_INFINITY) {
      const input = { collections: collection, ...(filter ? { filter } : {}) }
      const headers = lastId === undefined ? {} : { 'last-event-id': lastId }
      const call = { input, actor, idempotencyKey: null, request: request(headers) }
      const { stream } = await engine.run(operationOf(engine, 'changes.watch'), call)
      let isCut = false
      let left = eventsMax
      let failure: unknown
      const sink: EventSink = {
        send(events) {
          for (const event of eventsIn(events)) {
            if (isCut) return
            take(event as ToldEvent)
            if (--left === 0) cut()
          }
        },
        isBehind: () => false,
        onHeartbeat() {},
        drained: () => new Promise((resolve) => setImmediate(() => resolve(false))),
        fail: (error) => {
          failure = error
        },
      }
      let end: (() => void) | null = null
      const cut = () => {
        isCut = true
        close = null
        end?.()
      }
      close = cut
      end = stream!(sink)
      if (isCut) end()
      // A place to come back to.
      if (lastId === undefined)
        await eventually('the first event', async () => {
          if (failure) throw failure
          return lastId
        })
    },
    cut() {
      close?.()
      close = null
    },
    async atRest() {
      await reading
    },
  }
}

function operationOf(engine: Engine, name: string) {
  return engine.operations.find((operation) => operation.name === name)!
}

function request(headers: Readonly<Record<string, string>> = {}) {
  return { id: 'req', ifMatch: null, ifNoneMatch: null, rawBody: null, headers }
}
