// Bytes that are sent as they are read, in whole or a range of them (RFC 9110 section 14).
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../base/clock.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { AnswerHeaders, Content } from '../operation/define.ts'

type Range = { readonly first: number; readonly last: number }

/** @throws range_not_satisfiable, and what opening the bytes throws: nothing has been sent then */
export async function sendContent(
  content: Content,
  headers: AnswerHeaders,
  { request, reply, clock }: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly clock: Clock },
): Promise<void> {
  const { size } = content
  const range = request.method === 'GET' && size !== null ? rangeOf(request.headers, size, headers['etag'] as string | undefined) : null
  const bytes = request.method === 'HEAD' ? null : await content.open(range)
  reply.headers(headers as Record<string, string>)
  if (size !== null) reply.headers({ 'accept-ranges': 'bytes', 'content-length': range === null ? size : range.last - range.first + 1 })
  if (range !== null) reply.header('content-range', `bytes ${range.first}-${range.last}/${size}`)
  const { raw } = reply
  raw.writeHead(range === null ? 200 : 206, reply.getHeaders() as Record<string, string>)
  reply.hijack()
  if (bytes === null) return void raw.end()
  watchReader(raw, clock)
  // Who goes away has what they wanted; bytes that break off on our side end the connection, which says so.
  if (bytes.pour === undefined) return void pipeline(bytes, raw, () => {})
  bytes.pour(writerTo(raw)).then(
    () => raw.end(),
    () => raw.destroy(),
  )
}

/** A part counts as taken when the socket has it. */
function writerTo(raw: ServerResponse): (part: Uint8Array) => Promise<void> {
  let refuse = (_reason: Error) => {}
  raw.once('close', () => refuse(new Error('Whoever read this has gone.')))
  return (part) =>
    new Promise((resolve, reject) => {
      refuse = reject
      if (raw.destroyed) return reject(new Error('Whoever read this has gone.'))
      raw.write(part, (error) => (error ? reject(error) : resolve()))
    })
}

/** One who takes nothing any more holds an open file and a socket. */
function watchReader(raw: ServerResponse, clock: Clock): void {
  let taken = -1
  let cancel = () => {}
  const look = () => {
    const { bytesWritten = 0 } = raw.socket ?? {}
    if (bytesWritten === taken) return void raw.destroy()
    taken = bytesWritten
    cancel = clock.after(limits.fileReaderSilenceMs, look)
  }
  look()
  raw.once('close', () => cancel())
}

/** Null for all of it: also where several ranges are asked for, which a server need not serve. @throws range_not_satisfiable */
function rangeOf(headers: FastifyRequest['headers'], size: number, etag: string | undefined): Range | null {
  const { range, 'if-range': ifRange } = headers
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return null
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range.trim()) ?? []
  if (first === '' && last === '') return null
  if (first === '') return satisfiable({ first: Math.max(0, size - Number(last)), last: size - 1 }, size)
  if (last !== '' && Number(last) < Number(first)) return null
  return satisfiable({ first: Number(first), last: last === '' ? size - 1 : Math.min(Number(last), size - 1) }, size)
}

function satisfiable(range: Range, size: number): Range {
  if (range.first < size && range.first <= range.last) return range
  throw new EngineError('range_not_satisfiable', { headers: { 'content-range': `bytes */${size}` } })
}
