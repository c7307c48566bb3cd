// OpenAPI 3.1 made from the operations, so it describes every route and no other. Titled schemas are
// hoisted into components once.
import { type ErrorCode, errorCodes } from '../contract/error-codes.ts'
import type { Operation } from '../operation/define.ts'
import type { Page } from './server.ts'

type Json = Record<string, unknown>

/** Any request can meet these. */
export const anyCallErrors: readonly ErrorCode[] = [
  'malformed_request',
  'validation_failed',
  'unauthenticated',
  'forbidden',
  'request_timeout',
  'headers_too_large',
  'rate_limited',
  'internal',
  'overloaded',
  'storage_unavailable',
]
/** And any change these. */
export const anyChangeErrors: readonly ErrorCode[] = [
  'malformed_json',
  'cross_site_request',
  'conflict',
  'body_too_large',
  'unsupported_media_type',
  'idempotency_key_reused',
  'idempotency_in_flight',
  'storage_full',
]

export function openApiDocument(
  operations: readonly Operation[],
  pages: readonly Page[],
  facts: { readonly name: string; readonly version: string; readonly publicUrl: string },
): Json {
  const components: Json = { Problem: problemSchema }
  const paths: Record<string, Json> = {}
  for (const operation of operations) {
    const [method, path] = operation.route.split(' ') as [string, string]
    const address = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[address] = { ...paths[address], [method.toLowerCase()]: describe(operation, method, path, components) }
  }
  for (const { path, summary, type } of pages)
    paths[path] = {
      get: {
        operationId: `pages${path.replaceAll('/', '.')}`,
        summary,
        tags: ['Running'],
        responses: { '200': { description: 'Success.', content: { [type]: { schema: {} } } } },
      },
    }
  return {
    openapi: '3.1.0',
    info: { title: facts.name, version: facts.version, description: 'Made by Kingpost from its operations.' },
    servers: [{ url: facts.publicUrl }],
    security: [{}, { bearer: [] }, { session: [] }, { cartToken: [] }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'kp_session' },
        cartToken: { type: 'apiKey', in: 'header', name: 'Cart-Token' },
      },
    },
  }
}

function describe(operation: Operation, method: string, path: string, components: Json): Json {
  const input = operation.input as { properties?: Record<string, Json>; required?: readonly string[] }
  const pathNames = [...path.matchAll(/:(\w+)/g)].map((match) => match[1]!)
  const rest = Object.entries(input.properties ?? {}).filter(([name]) => !pathNames.includes(name))
  const required = (input.required ?? []).filter((name) => !pathNames.includes(name))
  const isRead = method === 'GET'
  const parameters = [
    ...pathNames.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: hoist(input.properties?.[name] ?? { type: 'string' }, components),
    })),
    ...(isRead ? rest.map(([name, schema]) => queryParameter(name, schema, required.includes(name), components)) : []),
    ...(isRead ? [] : [idempotencyParameter]),
  ]
  return {
    operationId: operation.name,
    summary: operation.summary,
    tags: [operation.tag ?? 'Other'],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(isRead ? {} : requestBody(operation, rest, required, components)),
    responses: responses(operation, isRead, components),
  }
}

function queryParameter(name: string, schema: Json, required: boolean, components: Json): Json {
  const { description, ...plain } = schema
  return {
    name,
    in: 'query',
    required,
    ...(description ? { description } : {}),
    ...(plain['type'] === 'object' ? { style: 'deepObject', explode: true } : {}),
    schema: hoist(plain, components),
  }
}

const idempotencyParameter: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'The same key with the same body answers the same again, for 24 hours at least. ' +
    'A guest without a Cart-Token is known by it alone: theirs has 20 random characters or more, such as a UUID.',
  schema: { type: 'string', maxLength: 255 },
}

function requestBody(operation: Operation, rest: readonly [string, Json][], required: readonly string[], components: Json): Json {
  if (operation.rawBody) return { requestBody: { content: { '*/*': { schema: {} } } } }
  if (rest.length === 0) return {}
  const schema = {
    type: 'object',
    properties: Object.fromEntries(rest.map(([name, value]) => [name, hoist(value, components)])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  }
  return { requestBody: { required: required.length > 0, content: { 'application/json': { schema } } } }
}

function responses(operation: Operation, isRead: boolean, components: Json): Json {
  const status = String(operation.status ?? 200)
  const output = operation.output as Json
  const content = { [mediaTypeOf(operation)]: { schema: hoist(output, components) } }
  const answers: Json = { [status]: status === '204' ? { description: 'Done.' } : { description: 'Success.', content } }
  if (isRead && operation.errors?.includes('not_found')) answers['304'] = { description: 'Not modified since the given ETag.' }
  const codes = [...anyCallErrors, ...(isRead ? [] : anyChangeErrors), ...(operation.errors ?? [])]
  for (const [code, group] of Map.groupBy(codes, (name) => errorCodes[name].status)) {
    const names = [...new Set(group)]
    answers[String(code)] = {
      description: names.map((name) => `\`${name}\`: ${errorCodes[name].message}`).join(' '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }
  }
  return answers
}

function mediaTypeOf(operation: Operation): string {
  if (operation.name === 'changes.watch') return 'text/event-stream'
  return (operation.output as Json)['type'] === 'string' ? 'text/plain' : 'application/json'
}

const problemSchema: Json = {
  type: 'object',
  description: 'RFC 9457 problem details.',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stable: look at this one.', enum: Object.keys(errorCodes) },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' } },
        required: ['path', 'code', 'message'],
      },
    },
  },
  required: ['type', 'title', 'status', 'code', 'requestId'],
}

/** A copy of plain JSON in which every titled object stands once, in components. */
function hoist(schema: unknown, components: Json): unknown {
  if (Array.isArray(schema)) return schema.map((item) => hoist(item, components))
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, hoist(value, components)]))
  const { title } = schema as { title?: unknown }
  if (typeof title !== 'string' || copy['type'] !== 'object' || copy['properties'] === undefined) return copy
  components[title] ??= copy
  return { $ref: `#/components/schemas/${title}` }
}
