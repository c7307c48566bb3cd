/**
 * Owns one keep-alive connection that speaks just enough HTTP/1.1 for load: one request at a time, answers with a
 * Content-Length, in chunks or without a body. A full client costs several times as much per request and would be what we measure.
 */
import { connect, type Socket } from 'node:net'

export type Answer = { readonly status: number; readonly head: string; readonly body: Buffer }

const HEAD_END = Buffer.from('\r\n\r\n')
const BODILESS = new Set([204, 304])

export class HttpConnection {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  /** `localAddress`: from which of this machine's addresses. */
  static open(port: number, localAddress?: string): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, ...(localAddress === undefined ? {} : { localAddress }) }, () => {
        socket.off('error', reject)
        resolve(new HttpConnection(socket))
      })
      socket.once('error', reject)
    })
  }

  /** Sends a whole request as rendered by `renderRequest`. Rejects when the connection breaks before the answer. */
  send(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#waiting !== undefined) throw new Error('one request at a time')
      this.#waiting = { resolve, reject }
      this.#socket.write(request)
    })
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#waiting === undefined
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const headEnd = this.#received.indexOf(HEAD_END)
    if (headEnd < 0) return
    const head = this.#received.toString('latin1', 0, headEnd)
    const status = Number(head.slice(9, 12))
    if (/\r\ntransfer-encoding: *chunked/i.test(head)) return this.#takeChunks({ status, head }, headEnd + HEAD_END.length)
    const length = BODILESS.has(status) ? 0 : contentLength(head)
    if (length === undefined) {
      this.#fail(new Error(`an answer without Content-Length: ${head}`))
      return
    }
    const end = headEnd + HEAD_END.length + length
    if (this.#received.length < end) return
    this.#answer({ status, head, body: this.#received.subarray(headEnd + HEAD_END.length, end) }, end)
  }

  /** Begun anew with each part that comes: answers of a benchmark are small. */
  #takeChunks(answer: Omit<Answer, 'body'>, from: number): void {
    const parts: Buffer[] = []
    for (let at = from; ; ) {
      const lineEnd = this.#received.indexOf('\r\n', at)
      if (lineEnd < 0) return
      const size = Number.parseInt(this.#received.toString('latin1', at, lineEnd), 16)
      const end = lineEnd + 2 + size + 2
      if (this.#received.length < end) return
      if (size === 0) return this.#answer({ ...answer, body: Buffer.concat(parts) }, end)
      parts.push(this.#received.subarray(lineEnd + 2, lineEnd + 2 + size))
      at = end
    }
  }

  #answer(answer: Answer, end: number): void {
    this.#received = this.#received.subarray(end)
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(answer)
  }

  #fail(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(error)
    this.#socket.destroy()
  }
}

function contentLength(head: string): number | undefined {
  const match = /\r\ncontent-length: *(\d+)/i.exec(head)
  return match === null ? undefined : Number(match[1])
}

export type Request = {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** The bytes of a request. The body, if there is one, goes as JSON. */
export function renderRequest({ method, path, headers = {}, body }: Request): string {
  const text = body === undefined ? '' : JSON.stringify(body)
  const lines = [`${method} ${path} HTTP/1.1`, 'host: 127.0.0.1']
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (body !== undefined) lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(text)}`)
  return `${lines.join('\r\n')}\r\n\r\n${text}`
}
