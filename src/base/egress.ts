// The network port: the one way out by HTTP. A call has a time limit, follows no redirect and reads a
// bounded answer; what failed on the way is told apart from what was answered.
import * as https from 'node:https'
import { type Clock, systemClock } from './clock.ts'
import { limits } from './limits.ts'
import { nodeHttp } from './node-http.ts'
import { addressIn, isPublicAddress, type LookUp, lookingUpPublic, systemLookUp } from './public-address.ts'

export type EgressRequest = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Set where somebody else chose the address: no way then to what is not on the public Internet. */
  readonly isPublicOnly?: boolean
  /** How long the answer may take. `effectCallMs` when left out. */
  readonly withinMs?: number
  /** How much of the answer is read. `outsideAnswerCharactersMax` when left out. */
  readonly charactersMax?: number
}
export type EgressAnswer = {
  readonly status: number
  readonly body: string
  /** The Content-Type, where it was told. */
  readonly type?: string
  /** Its headers by lower-case names. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
}

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

export type EgressParts = {
  readonly clock: Pick<Clock, 'after'>
  readonly lookUp: LookUp
}

export const systemEgress = createEgress({ clock: systemClock, lookUp: systemLookUp })

export function createEgress(parts: EgressParts): Egress {
  const send = sendingBy(parts)
  return {
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
}

class ClosedBeforeUse extends Error {}

function sendingBy({ clock, lookUp }: EgressParts): Egress['request'] {
  const schemes = {
    'http:': { request: nodeHttp.request, agent: new nodeHttp.Agent(kept), publicAgent: new nodeHttp.Agent(chosen) },
    'https:': { request: https.request, agent: new https.Agent(kept), publicAgent: new https.Agent(chosen) },
  } as const
  const lookUpPublic = lookingUpPublic(lookUp)
  return ({ method, url, headers = {}, body, isPublicOnly = false, withinMs = limits.effectCallMs, ...more }) => {
    const { charactersMax = limits.outsideAnswerCharactersMax } = more
    const address = new URL(url)
    const scheme = schemes[address.protocol as keyof typeof schemes]
    if (scheme === undefined) return Promise.reject(new Error(`${address.protocol} is no way out: it is http or https.`))
    const literal = isPublicOnly ? addressIn(address) : null
    if (literal !== null && !isPublicAddress(literal)) return Promise.reject(new Error(`${literal} is no address of the public Internet.`))
    const way = isPublicOnly ? { agent: scheme.publicAgent, lookup: lookUpPublic } : { agent: scheme.agent }
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const options = { ...placeOf(address), method, ...way, headers: { ...headers, ...length } }
    return new Promise((resolve, reject) => {
      const call = scheme.request(options, (response) => readAnswer(response, charactersMax, { resolve, reject }))
      const giveUp = () => call.destroy(new Error(`There was no answer within ${withinMs} ms.`))
      call.once('close', clock.after(withinMs, giveUp))
      call.once('error', (error: NodeJS.ErrnoException) => {
        const isClosed = call.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
        reject(isClosed ? new ClosedBeforeUse(error.message, { cause: error }) : explained(error, address))
      })
      call.end(body)
    })
  }
}

/** As Node makes them of a URL, without what it looks at besides: 6 us of 30 a call. */
function placeOf({ protocol, hostname, port, pathname, search, username, password }: URL): https.RequestOptions {
  const isIpv6 = hostname.startsWith('[')
  return {
    protocol,
    hostname: isIpv6 ? hostname.slice(1, -1) : hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    path: pathname + search,
    ...(username === '' && password === '' ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }),
  }
}

type Response = InstanceType<typeof nodeHttp.IncomingMessage>

type Settling = { readonly resolve: (answer: EgressAnswer) => void; readonly reject: (error: Error) => void }

function readAnswer(response: Response, charactersMax: number, { resolve, reject }: Settling): void {
  let text = ''
  const { 'content-type': type } = response.headers
  const answer = { status: response.statusCode!, headers: response.headers, ...(type === undefined ? {} : { type }) }
  const end = () => resolve({ ...answer, body: text.slice(0, charactersMax) })
  response.setEncoding('utf8')
  response.on('data', (part: string) => {
    text += part
    if (text.length < charactersMax) return
    end()
    response.destroy()
  })
  response.once('end', end)
  response.once('error', reject)
}

/** OpenSSL names what is wrong with a certificate and not that it is one; behind a semicolon Node tells who runs it what to try. */
function explained(error: NodeJS.ErrnoException, { host }: URL): Error {
  if (!/CERT|SIGNATURE|ISSUER/.test(error.code ?? '')) return error
  return new Error(`The certificate of ${host} is refused: ${error.message.split(';', 1)[0]}.`, { cause: error })
}
