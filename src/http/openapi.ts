// OpenAPI 3.1 made from the operations, so it describes every route and no other, for one reader: what nobody
// like them could ever call, send or see is left out. Parts that are alike stand once, in components.
// Written for what generators of clients understand: each filter is a parameter of its own, and what may be null
// or something with parts of its own is a choice of two schemas (docs/decisions/0040-…).
import { type Actor, systemActor } from '../access/actor.ts'
import { ruleFilter } from '../access/rule.ts'
import { type ErrorCode, errorCodes } from '../contract/error-codes.ts'
import type { Operation } from '../operation/define.ts'
import { withinScope } from '../operation/key-scope.ts'
import { routeOf } from '../operation/routes.ts'
import { type Components, createComponents, documentedSchema } from './openapi-components.ts'
import { addExamples } from './openapi-examples.ts'
import { describeOperation, problems } from './openapi-operation.ts'
import type { Page } from './server.ts'

type Json = Record<string, unknown>

const about = [
  "Made by Kingpost from its operations. One of the project's own is also called by its name: `POST /api/operations/{operationId}`, with",
  'all of its input as the body.',
].join(' ')

/** Without a viewer: everything. */
export function openApiDocument(
  operations: readonly Operation[],
  pages: readonly Page[],
  facts: { readonly name: string; readonly version: string; readonly publicUrl: string; readonly viewer?: Actor },
): Json {
  const viewer = facts.viewer ?? systemActor
  const components = createComponents()
  documentedSchema(problemSchema(operations.filter((operation) => isFor(operation, withinScope(viewer, operation)))), components, 'Problem')
  const paths: Record<string, Json> = {}
  for (const operation of operations) {
    const reader = withinScope(viewer, operation)
    if (!isFor(operation, reader)) continue
    const { method, path } = routeOf(operation.route)
    const address = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[address] = { ...paths[address], [method.toLowerCase()]: describeOperation(operation, reader, components) }
  }
  for (const page of pages) paths[page.path] = { get: describePage(page, components) }
  const whole = withoutMissing({ paths, components }, components.schemas) as { paths: Record<string, Json>; components: Components }
  addExamples(whole.paths, whole.components.schemas)
  return {
    openapi: '3.1.0',
    info: { title: facts.name, version: facts.version, description: about },
    servers: [{ url: facts.publicUrl }],
    security: [{}, { bearer: [] }, { session: [] }, { cartToken: [] }],
    paths: whole.paths,
    components: {
      ...whole.components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'kp_session' },
        cartToken: { type: 'apiKey', in: 'header', name: 'Cart-Token' },
      },
    },
  }
}

/**
 * A schema that is only named where it is used (an order in the answer of checkout, a record that a reference may be expanded to)
 * has its shape from elsewhere. What this reader does not see there has no name either.
 */
function withoutMissing(part: unknown, schemas: Json): unknown {
  if (Array.isArray(part)) return part.map((one) => withoutMissing(one, schemas))
  if (typeof part !== 'object' || part === null) return part
  const [, name] = /^#\/components\/schemas\/(.+)$/.exec(String((part as Json)['$ref'])) ?? []
  if (name !== undefined && schemas[name] === undefined) return { type: 'object' }
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, withoutMissing(value, schemas)]))
}

/** Whether there are records, or anything, for which this reader would not be refused. */
function isFor(operation: Operation, viewer: Actor): boolean {
  return [operation.access, operation.audience].every((rule) => rule === undefined || ruleFilter(rule, viewer).op !== 'false')
}

/** Who reads the document as these roles: nobody in particular reads what a customer may come to use. */
export function readerWith(roles: readonly string[], staffIn?: readonly string[]): Actor {
  return {
    kind: 'user',
    id: 'usr',
    email: 'reader@example.com',
    roles,
    ...(staffIn === undefined ? {} : { staffIn }),
    session: null,
    provenAgoMs: 0,
    cartTokenHash: 'token',
    linkedOrder: 'ord',
    origin: '',
  }
}

const pageErrors: readonly ErrorCode[] = ['malformed_request', 'request_timeout', 'headers_too_large', 'internal']

/** Pages are no operations: what may be wrong is the request itself, or we. */
function describePage({ path, summary, type, statuses = [200] }: Page, components: Components): Json {
  return {
    operationId: `pages${path.replaceAll('/', '.')}`,
    summary,
    tags: ['Running'],
    responses: {
      ...Object.fromEntries(statuses.map((status) => [status, { description: 'Success.', content: { [type]: { schema: {} } } }])),
      ...problems(pageErrors, components),
    },
  }
}

/** With the codes of the table, and those of the project's own that these operations name. */
function problemSchema(operations: readonly Operation[]): Json {
  const own = operations.flatMap(({ errors = [] }) => errors.flatMap((kind) => (typeof kind === 'string' ? [] : [kind.code])))
  const codes = [...new Set([...(Object.keys(errorCodes) satisfies string[] as ErrorCode[]), ...own])]
  return {
    type: 'object',
    title: 'Problem',
    description: 'RFC 9457 problem details.',
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      code: { type: 'string', description: 'Stable: look at this one.', enum: codes },
      requestId: { type: 'string' },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          properties: { path: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' } },
          required: ['path', 'code', 'message'],
        },
      },
      params: { type: 'object', description: 'What some codes say more, such as the lines that are out of stock.' },
    },
    required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  }
}
