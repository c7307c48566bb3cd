// A line to a store of files that is lost at a chosen request: before it has come there, in the middle of it, once it was carried out
// and before its answer has come back, or so that the request comes there long after whoever asked has given it up.
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** `late`: it comes to the store all the same, once whoever asked has long given it up. */
export const moments = ['before', 'during', 'after', 'late'] as const
export type Moment = (typeof moments)[number]

export type StoreLine = {
  /** What the store is reached by. */
  readonly url: string
  /** Requests from now on until one is lost; what comes behind it is lost as well, or, for a moment, alone. */
  loseAt(count: number, moment: Moment, isForAMoment: boolean): void
  /** Whether a request was lost. */
  wasLost(): boolean
  /** What is late has come to the store when it resolves. */
  mend(): Promise<void>
  /** Ends the connections that nobody uses now. */
  hangUp(): void
  close(): void
}

/** `onLost`: what happens instead of an answer, where it is not the end of the connection. */
export async function openLine(store: string, onLost = (_moment: Moment) => {}): Promise<StoreLine> {
  const there = new URL(store)
  let left = Number.POSITIVE_INFINITY
  let how: { readonly moment: Moment; readonly isForAMoment: boolean } = { moment: 'before', isForAMoment: false }
  let wasLost = false
  let late = async () => {}

  const server = createServer(async (given, answer) => {
    const body = await buffer(given).catch(() => null)
    if (body === null) return
    left -= 1
    const isLost = left === 0 || (left < 0 && !how.isForAMoment)
    if (!isLost)
      return void (await forward(given, body)
        .then((got) => sendOn(got, answer))
        .catch(() => answer.destroy()))
    if (left === 0) wasLost = true
    const moment = left === 0 ? how.moment : 'before'
    if (moment === 'during') await forward(given, body, Math.floor(body.length / 2)).catch(() => {})
    if (moment === 'after') await forward(given, body).catch(() => {})
    if (moment === 'late') late = async () => void (await forward(given, body).catch(() => {}))
    if (left === 0) onLost(moment)
    answer.destroy()
  })

  /** To the store, or as much of it as is said: then the line to it breaks, too. */
  async function forward(given: IncomingMessage, body: Buffer, bytes = body.length): Promise<{ head: IncomingMessage; body: Buffer }> {
    return await new Promise((resolve, reject) => {
      const { method, url, headers } = given
      const sent = ask({ hostname: there.hostname, port: there.port, method, path: url, headers, agent: false }, (head) => {
        buffer(head).then((whole) => resolve({ head, body: whole }), reject)
      })
      sent.on('error', reject)
      if (bytes === body.length && body !== undefined) sent.end(body)
      else sent.write(body.subarray(0, bytes), () => sent.destroy(new Error('cut')))
    })
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${there.pathname}`,
    loseAt(count, moment, isForAMoment) {
      left = count
      how = { moment, isForAMoment }
      wasLost = false
    },
    wasLost: () => wasLost,
    async mend() {
      left = Number.POSITIVE_INFINITY
      const held = late
      late = async () => {}
      await held()
    },
    hangUp: () => server.closeIdleConnections(),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function sendOn({ head, body }: { readonly head: IncomingMessage; readonly body: Buffer }, answer: ServerResponse): void {
  const { 'transfer-encoding': _, connection: __, ...headers } = head.headers
  answer.writeHead(head.statusCode!, { ...headers, 'content-length': head.headers['content-length'] ?? body.length })
  answer.end(body)
}
