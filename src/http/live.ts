// Server-sent events over raw responses: framing, heartbeats, how many there may be, and their end when the reader does not
// read or is no longer who it was. What is sent is decided by the operation that opened the stream.
import type { FastifyReply } from 'fastify'
import type { Actor } from '../access/actor.ts'
import type { Clock } from '../base/clock.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Answer } from '../operation/define.ts'

export type LiveParts = {
  readonly clock: Clock
  readonly log: Log
  /** Whether callers are held to their share. */
  readonly isRateLimited: boolean
  /** Tells the id of each session and account whose rights were taken, before anybody is told of a later change. */
  readonly onRevoked?: (tell: (id: string) => void) => void
}

export type LiveReader = {
  readonly reply: FastifyReply
  readonly actor: Actor
  /** Whom the stream counts for: an account, or the network of guests. */
  readonly caller: string
  /** `revocations` of before the actor was made. */
  readonly since: number
  /** Whether the credentials still make the same actor. */
  readonly mayStay: () => Promise<boolean>
}

export type LiveStreams = {
  /** @throws rate_limited for one more than the caller's share, overloaded for one more than this process has room for */
  open(reader: LiveReader, stream: NonNullable<Answer<unknown>['stream']>): Promise<void>
  /** How often somebody's rights were taken so far. */
  revocations(): number
  endAll(): void
}

const retryAfter = { 'retry-after': String(limits.liveRetrySeconds) }

export function createLiveStreams(parts: LiveParts): LiveStreams {
  const open = new Set<() => void>()
  /** Ends of streams by caller, session and account. */
  const owned = new Map<string, Set<() => void>>()
  let revocations = 0
  const sendTo = createSending()

  function checkRoom(caller: string): void {
    const own = owned.get(`caller ${caller}`)?.size ?? 0
    if (parts.isRateLimited && own >= limits.liveStreamsPerCallerMax)
      throw new EngineError('rate_limited', {
        detail: `${own} live streams are open for you already, and one caller has no more. Close one, or watch several collections with one.`,
        headers: retryAfter,
      })
    if (open.size >= limits.liveClientsMax)
      throw new EngineError('overloaded', { detail: 'This process has no room for another live stream.', headers: retryAfter })
  }

  /** Ends the streams of a session or an account, before anything else is sent to them. */
  parts.onRevoked?.((id) => {
    revocations++
    for (const end of owned.get(id) ?? []) end()
  })

  return {
    async open({ reply, actor, caller, since, mayStay }, stream) {
      checkRoom(caller)
      const keys = [`caller ${caller}`, actor.session, actor.key, actor.id, actor.impersonator?.id, actor.impersonator?.session].filter(
        (key) => key != null,
      )
      const response = writeHead(reply)
      const end = sendStream({ ...parts, response, sendTo, mayStay, expiresAt: actor.sessionEndsAt }, stream, () => {
        open.delete(end)
        for (const key of keys) {
          const ends = owned.get(key)
          ends?.delete(end)
          if (ends?.size === 0) owned.delete(key)
        }
      })
      open.add(end)
      for (const key of keys) owned.set(key, (owned.get(key) ?? new Set()).add(end))
      // Taken while this request was on its way: whether it was theirs is looked up.
      if (revocations !== since && !(await mayStay())) end()
    },
    revocations: () => revocations,
    endAll() {
      for (const end of [...open]) end()
    },
  }
}

type Response = FastifyReply['raw']

function writeHead(reply: FastifyReply): Response {
  const response = reply.raw
  reply.hijack()
  response.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  // Node keeps the head back until the first bytes of the body: a client that missed nothing would wait for them.
  response.flushHeaders()
  return response
}

/**
 * One write to the socket for each part. Node's response would make three of each chunk of HTTP/1.1, and a task of its own that sends them
 * together. Many readers are told the same, one after another, so that its chunk is made once.
 */
function createSending() {
  let last: { readonly of: Uint8Array | string; readonly chunk: Buffer } = { of: '', chunk: Buffer.alloc(0) }
  const chunkOf = (events: Uint8Array | string) => {
    if (last.of === events) return last.chunk
    const content = Buffer.from(events)
    const chunk = Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')])
    last = { of: events, chunk }
    return chunk
  }
  return (response: Response, events: Uint8Array | string) => {
    const { socket } = response
    // Requests that come by no network have something else in its place.
    if (socket?.connecting !== false) response.write(events)
    else if (events.length > 0) socket.write(response.chunkedEncoding ? chunkOf(events) : events)
  }
}

type StreamParts = Pick<LiveParts, 'clock' | 'log'> & {
  readonly response: Response
  readonly sendTo: ReturnType<typeof createSending>
  readonly mayStay: () => Promise<boolean>
  readonly expiresAt: number | undefined
}

/** Streams until either side ends it. Answers what ends it; `ended` is told once. */
function sendStream(
  { clock, log, response, sendTo, mayStay, expiresAt = Number.POSITIVE_INFINITY }: StreamParts,
  stream: NonNullable<Answer<unknown>['stream']>,
  ended: () => void,
): () => void {
  let place: () => string | null = () => null
  let isEnded = false
  let cancelHeartbeat = () => {}
  // A reader that is waited for, and how often one was: the same wait at two heartbeats is one for nobody.
  let isWaitedFor = false
  let waits = 0
  let waitsAtHeartbeat = -1

  const end = () => {
    if (isEnded) return
    isEnded = true
    cancelHeartbeat()
    close()
    ended()
    response.end()
  }
  const write = (events: Uint8Array | string) => {
    if (isEnded) return
    sendTo(response, events)
    // The client resumes from its last id; keeping more for it here would cost everybody memory.
    if (response.writableLength > limits.liveBacklogBytesMax) response.destroy()
  }
  const isBehind = () => response.writableLength > limits.liveBacklogBytesMax / 2
  const close = stream({
    send: write,
    isBehind,
    async drained() {
      if (isEnded || !isBehind()) {
        await new Promise<void>((resolve) => clock.soon(resolve))
        return false
      }
      isWaitedFor = true
      waits++
      await new Promise<void>((resolve) => {
        ;(response.socket ?? response).once('drain', resolve)
        response.once('close', resolve)
      })
      isWaitedFor = false
      return true
    },
    onHeartbeat: (ask) => {
      place = ask
    },
    fail(error) {
      log.write('error', 'A live stream failed.', { error })
      end()
    },
  })
  const beat = async () => {
    if (clock.now() >= expiresAt || !(await mayStay().catch(() => true))) end()
    if (isEnded) return
    if (isWaitedFor && waits === waitsAtHeartbeat) return void response.destroy()
    waitsAtHeartbeat = waits
    // An id without data moves the client's Last-Event-ID and fires nothing.
    const id = place()
    write(id === null ? ': still here\n\n' : `id: ${id}\n\n`)
    schedule()
  }
  const schedule = () => {
    cancelHeartbeat = clock.after(Math.max(0, Math.min(limits.liveHeartbeatMs, expiresAt - clock.now())), beat)
  }
  schedule()
  response.on('close', end)
  return end
}
