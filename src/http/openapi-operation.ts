// One operation of the document: what it takes, and everything it may answer.
import type { Actor } from '../access/actor.ts'
import { allows } from '../access/rule.ts'
import type { ProjectErrorKind } from '../base/project-error.ts'
import { type ErrorCode, errorCodes } from '../contract/error-codes.ts'
import type { Operation } from '../operation/define.ts'
import { routeOf } from '../operation/routes.ts'
import { type Components, capital, documentedSchema, refer } from './openapi-components.ts'
import { problemType } from './problems.ts'

type Json = Record<string, unknown>

/** Any request can meet these. */
const anyCallErrors: readonly ErrorCode[] = [
  'malformed_request',
  'validation_failed',
  'unauthenticated',
  'forbidden',
  'scope_missing',
  'request_timeout',
  'headers_too_large',
  'rate_limited',
  'internal',
  'overloaded',
  'storage_unavailable',
]
/** And any change these. */
const anyChangeErrors: readonly ErrorCode[] = [
  'malformed_json',
  'cross_site_request',
  'conflict',
  'body_too_large',
  'unsupported_media_type',
  'idempotency_key_reused',
  'idempotency_in_flight',
  'outcome_unknown',
  'took_too_long',
  'storage_full',
]

export function describeOperation(operation: Operation, viewer: Actor, components: Components): Json {
  const { method, path } = routeOf(operation.route)
  const input = (operation.inputFor?.(viewer) ?? operation.input) as { properties?: Record<string, Json>; required?: readonly string[] }
  const pathNames = [...path.matchAll(/:(\w+)/g)].map((match) => match[1]!)
  // What this caller could only be refused for is not offered.
  const rest = Object.entries(input.properties ?? {}).filter(([name, schema]) => !pathNames.includes(name) && schema['readOnly'] !== true)
  const required = (input.required ?? []).filter((name) => rest.some(([offered]) => offered === name))
  const isRead = method === 'GET'
  const inPath = pathNames.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: documentedSchema(input.properties?.[name] ?? { type: 'string' }, components, capital(name)),
  }))
  const parameters = [
    ...inPath,
    ...(isRead || operation.takesFile || operation.takesQuery ? queryParameters(operation, viewer, rest, required, components) : []),
    ...headerParameters(operation, isRead),
  ]
  return {
    operationId: operation.name,
    summary: operation.summary,
    ...(operation.filters ? { description: filterText } : {}),
    tags: [operation.tag ?? 'Other'],
    ...(parameters.length > 0 ? { parameters: parameters.map((one) => refer(components, 'parameters', keyOf(one), one)) } : {}),
    ...(isRead ? {} : requestBody(operation, rest, required, components)),
    responses: responses(operation, viewer, isRead, components),
  }
}

const filterText = [
  'Each filter here is one field by one comparison. There are more than parameters can say: `filter[author.name]=…` through a',
  'reference, `filter[or][0][…]`, `filter[and][0][…]`, `filter[not][…]`, and the comparisons `ne` and `nin`.',
].join(' ')

/** `filter[price][gte]` is kept as `filter.price.gte`. */
function keyOf({ name }: { readonly name: string }): string {
  return name.replaceAll('[', '.').replaceAll(']', '')
}

/** Objects in a query have no form that generators agree on: the operation says which parameters are in them. */
function queryParameters(
  operation: Operation,
  viewer: Actor,
  properties: readonly [string, Json][],
  required: readonly string[],
  components: Components,
) {
  const plain = properties.filter(([, { type }]) => type !== 'object')
  const all = [...plain, ...Object.entries(operation.filters?.(viewer) ?? {})]
  return all.map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(required.includes(name) ? { required: true } : {}),
    ...(description ? { description } : {}),
    schema: documentedSchema(schema, components, capital(name)),
  }))
}

function headerParameters(operation: Operation, isRead: boolean) {
  const { headers = [] } = operation
  return [
    ...(isRead || operation.takesNoKey !== undefined ? [] : [headerParameter('Idempotency-Key', idempotencyText, '^[!-~]{1,255}$')]),
    ...(takesPrecondition(operation, isRead)
      ? [headerParameter('If-Match', 'The ETag of what is to be changed: 412 when it has changed since.')]
      : []),
    ...(hasNotModified(operation, isRead)
      ? [headerParameter('If-None-Match', 'ETags of what the client has: 304 when one still fits.')]
      : []),
    ...headers.map(([name, text]) => headerParameter(name, text)),
  ]
}

function headerParameter(name: string, description: string, pattern?: string) {
  return { name, in: 'header', description, schema: { type: 'string', ...(pattern === undefined ? {} : { pattern }) } }
}

const idempotencyText = [
  'The same key with the same body answers the same again, for 24 hours at least. A guest without a Cart-Token is known by it',
  'alone: theirs has 20 random characters or more, such as a UUID.',
].join(' ')

/** What is being made has no state yet. */
function takesPrecondition({ route, errors = [] }: Operation, isRead: boolean): boolean {
  return !isRead && route.includes('/:') && errors.includes('precondition_failed')
}

function hasNotModified({ errors = [] }: Operation, isRead: boolean): boolean {
  return isRead && errors.includes('not_found')
}

function requestBody(operation: Operation, rest: readonly [string, Json][], required: readonly string[], components: Components): Json {
  if (operation.rawBody)
    return { requestBody: { content: { 'application/json': { schema: {} }, 'application/octet-stream': { schema: {} } } } }
  if (operation.takesFile) return fileBody(operation, components)
  if (rest.length === 0) return {}
  const schema = {
    type: 'object',
    properties: Object.fromEntries(
      rest.map(([name, value]) => [name, documentedSchema(value, components, `${typeNameOf(operation)}${capital(name)}`)]),
    ),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  }
  // Where parts exclude each other, the input names an example of its own.
  const [example] = ((operation.input as Json)['examples'] ?? []) as unknown[]
  const media = { schema: refer(components, 'schemas', typeNameOf(operation), schema), ...(example === undefined ? {} : { example }) }
  const isPatch = operation.route.startsWith('PATCH ')
  const types = isPatch ? ['application/json', 'application/merge-patch+json'] : ['application/json']
  return {
    requestBody: {
      required: isPatch || required.length > 0,
      content: Object.fromEntries(types.map((type) => [type, { ...media }])),
    },
  }
}

/** By itself, or as the only part of a form. */
function fileBody(operation: Operation, components: Components): Json {
  const form = 'multipart/form-data'
  const types = operation.takesFile === true ? ['application/octet-stream', form] : (operation.takesFile ?? [])
  const file = { type: 'string', contentMediaType: 'application/octet-stream' }
  const ofForm = { type: 'object', properties: { file }, required: ['file'], additionalProperties: false }
  const schemaOf = (type: string) => (type === form ? documentedSchema(ofForm, components, `${typeNameOf(operation)}Form`) : {})
  return { requestBody: { required: true, content: Object.fromEntries(types.map((type) => [type, { schema: schemaOf(type) }])) } }
}

/** `carts.addLine` takes a `CartsAddLine`: generators make a class of it. */
function typeNameOf({ name }: Operation): string {
  return capital(name)
}

function responses(operation: Operation, viewer: Actor, isRead: boolean, components: Components): Json {
  const status = operation.status ?? 200
  const output = operation.outputFor?.(viewer) ?? operation.output
  const headers = {
    ...(hasNotModified(operation, isRead) || operation.hasEtag || operation.errors?.includes('precondition_failed')
      ? { ETag: header(components, 'ETag', 'Names what was answered: for If-Match and If-None-Match.') }
      : {}),
    ...(status === 201 ? { Location: header(components, 'Location', 'The address of what was made, where it has one.') } : {}),
    ...(status === 303 ? { Location: header(components, 'LocationToGo', 'Where to go on.') } : {}),
    ...(isRead
      ? {}
      : { 'Idempotent-Replayed': header(components, 'Idempotent-Replayed', '`true`: this is the first answer of the key again.') }),
  }
  const good = { description: status === 204 ? 'Done.' : 'Success.', ...(Object.keys(headers).length > 0 ? { headers } : {}) }
  const media = { schema: documentedSchema(output, components, `${typeNameOf(operation)}Answer`) }
  const content = Object.fromEntries([mediaTypeOf(operation)].flat().map((type) => [type, media]))
  const answers: Record<string, Json> = { [status]: status === 204 ? good : { ...good, content } }
  if (operation.headers?.some(([name]) => name === 'Range'))
    answers['206'] = {
      description: 'The part that was asked for.',
      headers: { ...headers, 'Content-Range': header(components, 'Content-Range', 'Which part it is, and of how many bytes.') },
      content,
    }
  if (operation.headers?.some(([name]) => name === 'Prefer'))
    answers['204'] = { description: 'Done, and nothing is answered, as was preferred.', headers }
  if (hasNotModified(operation, isRead))
    answers['304'] = { description: 'Not modified since the given ETag.', headers: { ETag: headers.ETag } }
  const asksForProof = !allows(operation.access, { ...viewer, provenAgoMs: Number.POSITIVE_INFINITY }) && allows(operation.access, viewer)
  const kinds = [
    ...anyCallErrors,
    ...(asksForProof ? (['proof_needed'] as const) : []),
    ...(operation.kind === 'query' ? [] : anyChangeErrors),
    ...(operation.errors ?? []),
  ]
  return { ...answers, ...problems(kinds, components) }
}

/** By their status, each with the codes that say what it is. */
export function problems(kinds: readonly (ErrorCode | ProjectErrorKind)[], components: Components): Record<string, Json> {
  const groups = [...Map.groupBy(kinds, (kind) => factsOf(kind).status)]
  return Object.fromEntries(
    groups.map(([code, group]) => [
      code,
      refer(components, 'responses', `Problem${code}`, problem([...new Set(group)].map(factsOf), components)),
    ]),
  )
}

type ErrorFacts = {
  readonly type: string
  readonly code: string
  readonly status: number
  readonly message: string
  readonly waits: boolean
}

function factsOf(kind: ErrorCode | ProjectErrorKind): ErrorFacts {
  if (typeof kind !== 'string')
    return { type: problemType(kind), code: kind.code, status: kind.status, message: kind.message, waits: false }
  const { status, message, retry } = errorCodes[kind]
  return { type: problemType(kind), code: kind, status, message, waits: retry === 'later' }
}

function problem(kinds: readonly ErrorFacts[], components: Components): Json {
  const waits = kinds.some((kind) => kind.waits)
  return {
    description: kinds.map(({ code, message }) => `\`${code}\`: ${message}`).join(' '),
    ...(waits ? { headers: { 'Retry-After': header(components, 'Retry-After', 'Seconds to wait before another try.') } } : {}),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, example: problemExample(kinds[0]!) } },
  }
}

function problemExample({ type, code, status, message }: ErrorFacts): Json {
  return { type, title: message, status, detail: message, code, requestId: 'req_01m8k6r9n8e00b76wdje-4' }
}

function header(components: Components, name: string, description: string): Json {
  return refer(components, 'headers', name, { description, schema: { type: 'string' } })
}

function mediaTypeOf({ name, output, mediaType }: Operation): string | readonly string[] {
  if (mediaType !== undefined) return mediaType
  if (name === 'changes.watch') return 'text/event-stream'
  return (output as Json)['type'] === 'string' ? 'text/plain' : 'application/json'
}
