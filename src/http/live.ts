// Server-sent events over a raw response: framing, heartbeats, and the end of a reader that does not
// read. What is sent is decided by the operation that opened the stream.
import type { FastifyReply } from 'fastify'
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Answer } from '../operation/define.ts'

export type LiveParts = { readonly clock: Clock; readonly log: Log; readonly open: Set<() => void> }

/** Streams until either side ends it. `mayStay` is asked at each heartbeat: a revoked session ends its streams. */
export function sendStream(
  parts: LiveParts,
  reply: FastifyReply,
  stream: NonNullable<Answer<unknown>['stream']>,
  mayStay: () => Promise<boolean>,
): void {
  const socket = reply.raw
  reply.hijack()
  socket.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  // Node keeps the head back until the first bytes of the body: a client that missed nothing would wait for them.
  socket.flushHeaders()
  let place: () => string | null = () => null
  let isEnded = false
  let cancelHeartbeat = () => {}

  const end = () => {
    if (isEnded) return
    isEnded = true
    cancelHeartbeat()
    close()
    parts.open.delete(end)
    socket.end()
  }
  const write = (text: string) => {
    if (isEnded) return
    socket.write(text)
    // The client resumes from its last id; keeping more for it here would cost everybody memory.
    if (socket.writableLength > limits.liveBacklogBytesMax) socket.destroy()
  }
  const close = stream({
    send: ({ id, event, data }) => write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    onHeartbeat: (ask) => {
      place = ask
    },
    fail(error) {
      parts.log.write('error', 'A live stream failed.', { error })
      end()
    },
  })
  const heartbeat = () => {
    cancelHeartbeat = parts.clock.after(limits.liveHeartbeatMs, async () => {
      if (!(await mayStay().catch(() => true))) end()
      if (isEnded) return
      // An id without data moves the client's Last-Event-ID and fires nothing.
      const id = place()
      write(id === null ? ': still here\n\n' : `id: ${id}\n\n`)
      heartbeat()
    })
  }
  heartbeat()
  parts.open.add(end)
  socket.on('close', end)
}
