// Requests to an object store: signed, bounded in their silence, and refused as one error of ours.
import * as https from 'node:https'
import { text as textOf } from 'node:stream/consumers'
import type { Clock } from '../base/clock.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { nodeHttp } from '../base/node-http.ts'
import { type S3Credentials, signRequest } from './s3-signature.ts'

type IncomingMessage = InstanceType<typeof nodeHttp.IncomingMessage>

/** `url`: of the bucket, without a slash at its end. */
export type S3Place = S3Credentials & { readonly url: string }

export type Ask = {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
}

/** Answers one of these statuses. @throws storage_unavailable */
export type S3Client = (asked: Ask, ...statuses: readonly number[]) => Promise<IncomingMessage>

export function createS3Client(place: S3Place, clock: Clock): S3Client {
  const client = new URL(place.url).protocol === 'https:' ? https : nodeHttp
  const agent = new client.Agent({ keepAlive: true })

  async function ask(asked: Ask, ...statuses: readonly number[]): Promise<IncomingMessage> {
    const answer = await send(asked).catch((cause: unknown) => {
      throw unavailable(cause)
    })
    if (statuses.includes(answer.statusCode!)) return answer
    throw unavailable(
      new Error(`The store of files answered ${answer.statusCode}: ${(await textOf(answer).catch(() => '')).slice(0, 500)}`),
    )
  }

  function send({ method, key, query = {}, headers = {}, body = Buffer.alloc(0) }: Ask): Promise<IncomingMessage> {
    const url = new URL(key === undefined ? place.url : `${place.url}/${key}`)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const signed = signRequest({ method, url, body, now: clock.now() }, place)
    return new Promise((resolve, reject) => {
      const options = { method, agent, timeout: limits.blobSilenceMs, headers: { ...headers, ...signed, 'content-length': body.length } }
      const request = client.request(url, options, resolve)
      request.on('timeout', () => request.destroy(new Error('The store of files is silent.')))
      request.on('error', reject)
      request.end(body)
    })
  }

  return ask
}

export function unavailable(cause: unknown): EngineError {
  return new EngineError('storage_unavailable', { detail: 'Files cannot be reached now.', cause })
}
