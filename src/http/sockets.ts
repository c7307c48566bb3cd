// The socket below the router: how long a request may take to arrive, and what is said to one that is no HTTP.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import { nodeHttp } from '../base/node-http.ts'
import { problemOf } from './problems.ts'

export type SocketTimes = { readonly requestMs: number; readonly sweepMs: number; readonly keepAliveMs: number }

export const socketTimes: SocketTimes = { requestMs: limits.requestMs, sweepMs: limits.requestSweepMs, keepAliveMs: limits.keepAliveMs }

export function createSocketServer(
  { requestMs, sweepMs, keepAliveMs }: SocketTimes,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  return nodeHttp.createServer(
    {
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      // Node ends slow requests when it looks at its connections, so this is part of the limit.
      connectionsCheckingInterval: sweepMs,
    },
    listener,
  )
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
