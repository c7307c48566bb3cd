// The socket below the router: how long a request may take to arrive and an answer to be taken, that one connection is answered one request
// after another, and what is said to one that is no HTTP.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import { nodeHttp } from '../base/node-http.ts'
import { problemOf } from './problems.ts'

export type SocketTimes = { readonly requestMs: number; readonly sweepMs: number; readonly keepAliveMs: number; readonly unreadMs: number }

export const socketTimes: SocketTimes = {
  requestMs: limits.requestMs,
  sweepMs: limits.requestSweepMs,
  keepAliveMs: limits.keepAliveMs,
  unreadMs: limits.unreadAnswerMs,
}

type Socket = IncomingMessage['socket']
type Listener = (request: IncomingMessage, response: ServerResponse) => void

export function createSocketServer({ requestMs, sweepMs, keepAliveMs, unreadMs }: SocketTimes, clock: Clock, listener: Listener): Server {
  const server = nodeHttp.createServer(
    {
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      // Node ends slow requests when it looks at its connections, so this is part of the limit.
      connectionsCheckingInterval: sweepMs,
    },
    inTurn(listener, clock),
  )
  // Nothing came or went for so long. What waits to be answered may take longer; an answer that nobody takes is memory for nothing.
  server.timeout = unreadMs
  server.on('timeout', (socket: Socket) => void (socket.writableLength > 0 && socket.destroy()))
  return server
}

/**
 * Requests that a client sends without waiting for answers (pipelining) are worked on one at a time, with a turn of the event loop for the others
 * in between. Node hands on all that one packet holds, which is a thousand of them.
 */
function inTurn(listener: Listener, clock: Clock): Listener {
  const waiting = new WeakMap<Socket, number>()
  return (request, response) => {
    // Node gives a response its socket when those before it have been sent.
    if (response.socket !== null) return listener(request, response)
    const { socket } = request
    const count = waiting.get(socket) ?? 0
    if (count >= limits.pipelinedMax) return void socket.destroy()
    waiting.set(socket, count + 1)
    response.once('socket', () =>
      clock.soon(() => {
        waiting.set(socket, waiting.get(socket)! - 1)
        if (!socket.destroyed) listener(request, response)
      }),
    )
  }
}

/** Sockets whose body is a file, which may take longer than any other: whoever reads it looks at its pace. */
const long = new WeakSet<Duplex>()

/** Answers what ends it. */
export function takesLong(socket: Duplex): () => void {
  long.add(socket)
  return () => void long.delete(socket)
}

/** Node could not read a request: no router has seen it, so the problem is written by hand. */
export function answerUnreadable(error: Error & { readonly code?: string }, socket: Duplex, requestId: string, log: Log): void {
  // Node says so once for a request, and leaves the rest to us.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && long.has(socket)) return
  // An answer that has begun cannot be taken back.
  const { _httpMessage: current } = socket as Duplex & { readonly _httpMessage?: ServerResponse | null }
  if (!socket.writable || error.code === 'ECONNRESET' || current?.headersSent) return void socket.destroy()
  const { status, headers, body } = problemOf(unreadable(error.code), requestId, log)
  const text = JSON.stringify(body)
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(text)), connection: 'close' })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${status} ${nodeHttp.STATUS_CODES[status]}\r\n${head}\r\n${text}`)
}

function unreadable(code: string | undefined): EngineError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new EngineError('request_timeout')
  return new EngineError(code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'malformed_request')
}
