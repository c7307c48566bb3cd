// What a request says, taken apart: its input, its conditions and who claims to ask. Nothing is believed here.
import type { FastifyRequest } from 'fastify'
import type { Credentials } from '../access/actor.ts'
import { invalid } from '../base/engine-error.ts'
import { networkOf } from '../base/network.ts'
import { isStorableText, unstorableText } from '../base/text.ts'
import type { Operation, RequestFacts } from '../operation/define.ts'
import { unmarkTags } from './compression.ts'
import { coerceQuery, parseQueryString } from './query-string.ts'

export type Route = { readonly operation: Operation; readonly method: string; readonly path: string }

/** Path parameters, and the query of a read or the body of a change, as one object. */
export function inputOf(request: FastifyRequest, { operation, method }: Route, isBodyApart: boolean): unknown {
  const query = parseQueryString((request.query as { text?: string }).text ?? '')
  const params = request.params as Record<string, string>
  for (const name in params) if (!isStorableText(params[name]!)) throw invalid(`/${name}`, 'characters', unstorableText)
  if (method === 'GET' || operation.takesQuery || operation.takesFile) {
    for (const name in params) if (name in query) throw invalid(`query:${name}`, 'repeated', 'is part of the address already')
    coerceQuery(query, operation.input as { properties?: Record<string, { type?: unknown }> })
    return Object.assign(query, params)
  }
  const [unexpected] = Object.keys(query)
  if (unexpected !== undefined) throw invalid(`query:${unexpected}`, 'unknown_field', 'is not a parameter here')
  if (isBodyApart) return { ...params }
  // Elsewhere the schema names what is missing, if anything is; a patch that says nothing is a mistake.
  if (request.body === undefined && method === 'PATCH') throw invalid('', 'required', 'is missing: send a JSON object')
  const body = request.body === undefined ? {} : request.body
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('', 'type', 'must be a JSON object')
  for (const name in params) if (Object.hasOwn(body, name)) throw invalid(`/${name}`, 'unknown_field', 'is part of the address')
  return { ...body, ...params }
}

export function factsOf(request: FastifyRequest, rawBody: Uint8Array | null): RequestFacts {
  const { headers } = request
  return {
    id: request.id,
    ifMatch: unmarkTags(headers['if-match']),
    ifNoneMatch: unmarkTags(headers['if-none-match']),
    rawBody,
    headers: headers as Record<string, string | undefined>,
  }
}

export function credentialsOf(request: FastifyRequest): Credentials {
  const { headers } = request
  return {
    authorization: headers.authorization,
    cookie: headers.cookie,
    cartToken: headers['cart-token'] as string | undefined,
    // One that has hung up since has no address any more.
    network: knownNetworkOf((request.ip as string | undefined) ?? ''),
  }
}

// Requests come in runs from one peer: the last answer is most often the next one.
let knownAddress = ''
let knownNetwork = ''
function knownNetworkOf(address: string): string {
  if (address !== knownAddress) {
    knownNetwork = networkOf(address)
    knownAddress = address
  }
  return knownNetwork
}
