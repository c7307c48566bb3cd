// The network port: the one way out by HTTP. A call has a time limit, follows no redirect and reads a
// bounded answer; what failed on the way is told apart from what was answered.
import * as https from 'node:https'
import { systemClock } from './clock.ts'
import { limits } from './limits.ts'
import { nodeHttp } from './node-http.ts'
import { addressIn, isPublicAddress, lookUpPublic } from './public-address.ts'

export type EgressRequest = {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Set where somebody else chose the address: no way then to what is not on the public Internet. */
  readonly isPublicOnly?: boolean
}
export type EgressAnswer = { readonly status: number; readonly body: string }

export interface Egress {
  /**
   * What may be done once alone carries a key: a call goes out again when the other side closes a kept connection.
   * @throws Error when there was no answer: the request may or may not have been carried out.
   */
  request(request: EgressRequest): Promise<EgressAnswer>
}

/** Connections are kept. Node's fetch does the same for four times the CPU (160 us a call, this takes 40). */
const kept = { keepAlive: true }
/** Connections to chosen addresses are never those that another call has opened. */
const chosen = { ...kept, maxFreeSockets: 8 }
const schemes = {
  'http:': { request: nodeHttp.request, agent: new nodeHttp.Agent(kept), publicAgent: new nodeHttp.Agent(chosen) },
  'https:': { request: https.request, agent: new https.Agent(kept), publicAgent: new https.Agent(chosen) },
} as const

export const systemEgress: Egress = {
  async request(request) {
    try {
      return await send(request)
    } catch (error) {
      // As a rule it has read nothing then; where it has, it knows the call by its key.
      if (!(error instanceof ClosedBeforeUse)) throw error
      return await send(request)
    }
  },
}

class ClosedBeforeUse extends Error {}

function send({ method, url, headers = {}, body, isPublicOnly = false }: EgressRequest): Promise<EgressAnswer> {
  const address = new URL(url)
  const scheme = schemes[address.protocol as keyof typeof schemes]
  if (scheme === undefined) return Promise.reject(new Error(`${address.protocol} is no way out: it is http or https.`))
  const literal = addressIn(address)
  if (isPublicOnly && literal !== null && !isPublicAddress(literal))
    return Promise.reject(new Error(`${literal} is no address of the public Internet.`))
  const way = isPublicOnly ? { agent: scheme.publicAgent, lookup: lookUpPublic } : { agent: scheme.agent }
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const call = scheme.request(address, { method, ...way, headers: { ...headers, ...length } }, (response) => {
      let text = ''
      const end = () => resolve({ status: response.statusCode!, body: text.slice(0, limits.outsideAnswerCharactersMax) })
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
        if (text.length < limits.outsideAnswerCharactersMax) return
        end()
        response.destroy()
      })
      response.once('end', end)
      response.once('error', reject)
    })
    const giveUp = () => call.destroy(new Error(`There was no answer within ${limits.effectCallMs} ms.`))
    call.once('close', systemClock.after(limits.effectCallMs, giveUp))
    call.once('error', (error: NodeJS.ErrnoException) => {
      const isClosed = call.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      reject(isClosed ? new ClosedBeforeUse(error.message, { cause: error }) : error)
    })
    call.end(body)
  })
}
