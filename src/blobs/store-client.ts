// Requests to an object store: signed, bounded in their silence, and refused as one error of ours.
import * as https from 'node:https'
import { text as textOf } from 'node:stream/consumers'
import type { Clock } from '../base/clock.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { nodeHttp } from '../base/node-http.ts'
import { type BlobStore, checkKey } from './blob-store.ts'

type IncomingMessage = InstanceType<typeof nodeHttp.IncomingMessage>
type Headers = Readonly<Record<string, string>>

export type Ask = {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Headers
  readonly body?: Buffer
}

export type Unsigned = {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: Buffer
  readonly now: number
}

/** All headers to send: those given, and those that prove who asks. */
export type Sign = (request: Unsigned) => Headers

/** Answers one of these statuses. @throws storage_unavailable */
export type StoreClient = (asked: Ask, ...statuses: readonly number[]) => Promise<IncomingMessage>

/** How a blob is read, which differs by the name of one header. */
export function readsOf(ask: StoreClient, rangeHeader: string): Pick<BlobStore, 'read' | 'sizeOf'> {
  return {
    async read(key, range) {
      checkKey(key)
      const headers: Headers = range === undefined ? {} : { [rangeHeader]: `bytes=${range.first}-${range.last}` }
      const answer = await ask({ method: 'GET', key, headers }, 200, 206, 404)
      if (answer.statusCode !== 404) return answer
      answer.resume()
      return null
    },
    async sizeOf(key) {
      checkKey(key)
      const answer = await ask({ method: 'HEAD', key }, 200, 404)
      answer.resume()
      return answer.statusCode === 404 ? null : Number(answer.headers['content-length'])
    },
  }
}

/** `place`: of the bucket or container, without a slash at its end. */
export function createStoreClient(place: string, sign: Sign, clock: Clock): StoreClient {
  const client = new URL(place).protocol === 'https:' ? https : nodeHttp
  const agent = new client.Agent({ keepAlive: true })

  async function ask(asked: Ask, ...statuses: readonly number[]): Promise<IncomingMessage> {
    // Of a kept connection nobody knows whether it still is one, and what begins something must not be asked twice.
    const answer = await send(asked, asked.method === 'POST' ? false : agent).catch((cause: unknown) => {
      throw unavailable(cause)
    })
    if (statuses.includes(answer.statusCode!)) return answer
    throw unavailable(
      new Error(`The store of files answered ${answer.statusCode}: ${(await textOf(answer).catch(() => '')).slice(0, 500)}`),
    )
  }

  function send(asked: Ask, from: typeof agent | false): Promise<IncomingMessage> {
    const { method, key, query = {}, headers = {}, body = Buffer.alloc(0) } = asked
    const url = new URL(key === undefined ? place : `${place}/${key}`)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const signed = sign({ method, url, headers, body, now: clock.now() })
    return new Promise((resolve, reject) => {
      const options = { method, agent: from, timeout: limits.blobSilenceMs, headers: { ...signed, 'content-length': body.length } }
      const request = client.request(url, options, resolve)
      request.on('timeout', () => request.destroy(new Error('The store of files is silent.')))
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The store may have closed a connection that was kept. To ask again does no harm.
        const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
        if (isStale) resolve(send(asked, false))
        else reject(error)
      })
      request.end(body)
    })
  }

  return ask
}

/** The text of an answer, which may break off. @throws storage_unavailable */
export async function wholeText(answer: IncomingMessage): Promise<string> {
  return await textOf(answer).catch((cause: unknown) => {
    throw unavailable(cause)
  })
}

export function unavailable(cause: unknown): EngineError {
  return new EngineError('storage_unavailable', { detail: 'Files cannot be reached now.', cause })
}

/** What all elements of this name hold, in the XML of a store. */
export function textsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text]) =>
    text!.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  )
}

/** @throws storage_unavailable where there is none */
export function textIn(xml: string, name: string): string {
  const [found] = textsOf(xml, name)
  if (found === undefined) throw unavailable(new Error(`The store of files gave no ${name}: ${xml.slice(0, 500)}`))
  return found
}

/** Each of the size that a part has which a store is sent at once, the last one smaller. */
export async function* partsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, undefined> {
  let held: Uint8Array[] = []
  let size = 0
  for await (const some of bytes) {
    held.push(Uint8Array.from(some))
    size += some.length
    if (size < limits.blobPartBytes) continue
    yield Buffer.concat(held)
    held = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(held)
}
