// `POST /api/batch`: several operations in one transaction, each seeing what those before it did. Invariant: all of them or none; every
// one passes the same gates as alone (access, form, hooks, reactions), and the answer holds what each would have answered.
import type { Actor } from '../access/actor.ts'
import { refusedAs } from '../access/refusal.ts'
import { allows, anyone } from '../access/rule.ts'
import { EngineError, invalid, isEngineError, LostRace } from '../base/engine-error.ts'
import { isA } from '../base/error-text.ts'
import { limits } from '../base/limits.ts'
import { ProjectError } from '../base/project-error.ts'
import { isStorableText, pointerStep } from '../base/text.ts'
import type { DomainEvent } from '../contract/events.ts'
import { Type } from '../contract/type.ts'
import type { Model } from '../schema/model.ts'
import { validatorOf } from '../schema/validate.ts'
import { namedByFields } from '../storage/in-transaction.ts'
import { type AnswerHeaders, type Command, type CommandContext, command, type Operation } from './define.ts'
import { withinScope } from './key-scope.ts'
import { parametersOf, type Routed, routeOf, routesAt } from './routes.ts'
import { stringifyOf } from './serializer.ts'
import { toldTo } from './told-to.ts'
import type { Work } from './work.ts'

type Step = { readonly method: string; readonly path: string; readonly body?: Readonly<Record<string, unknown>>; readonly ifMatch?: string }
type Result = { readonly status: number; readonly headers: AnswerHeaders; readonly body: unknown }
type React = (work: Work, events: readonly DomainEvent[]) => Promise<void>
type Asked = {
  readonly operation: Command
  readonly input: unknown
  readonly ifMatch: string | null
  /** Where it stands in the batch. */
  readonly at: string
  readonly react: React
}
type Route = Routed & { readonly operation: Command }

const step = Type.Object(
  {
    method: Type.Unsafe<string>({ type: 'string', enum: ['POST', 'PATCH', 'PUT', 'DELETE'] }),
    path: Type.String({
      maxLength: limits.queryBytesMax,
      description: 'As it would be called: `/api/notes`. `{/0/id}` in it is the id that the first operation answered.',
    }),
    body: Type.Optional(
      Type.Unsafe<Readonly<Record<string, unknown>>>({
        type: 'object',
        description: 'As it would be sent. `{"$result": "/0/id"}` in it stands for what the first operation answered as its id.',
      }),
    ),
    ifMatch: Type.Optional(Type.String({ description: 'What `If-Match` would say.' })),
  },
  { additionalProperties: false },
)
const result = Type.Object({
  status: Type.Integer(),
  headers: Type.Unsafe<Result['headers']>({ type: 'object', additionalProperties: { type: 'string' } }),
  body: Type.Unsafe<unknown>({ description: 'What the operation would have answered alone; null where it answers nothing.' }),
})

export function batch(all: readonly Operation[], react: React): Operation {
  const routes: Route[] = all.flatMap((operation) => (isBatchable(operation) ? [{ ...routeOf(operation.route), operation }] : []))
  return command({
    name: 'batch.run',
    route: 'POST /api/batch',
    summary: 'Do several things at once, all or none',
    tag: 'Batch',
    scope: null,
    input: Type.Object(
      { operations: Type.Array(step, { minItems: 1, maxItems: limits.batchOperationsMax }) },
      { additionalProperties: false },
    ),
    output: Type.Object({ results: Type.Array(result) }),
    isPresented: true,
    // Else it would be a way around the limit.
    requestsIn: (input) => stepsIn(input),
    codesIn: (input) => codesIn(routes, input),
    errors: [...new Set(routes.flatMap(({ operation }) => operation.errors ?? []))],
    access: anyone,
    async run(context) {
      const results: Result[] = []
      const room: Room = { values: limits.jsonValuesMax, characters: limits.bodyBytesMax }
      for (const [index, given] of context.input.operations.entries()) {
        const at = `/operations/${index}`
        try {
          const [{ operation }, input] = resolved(routes, given, { results, at, room })
          if (operation.prepares?.({ ...context, input }))
            throw notBatchable(at, 'must ask somebody else first with what it is given: call it alone')
          results.push(await carriedOut(context, { operation, input, ifMatch: given.ifMatch ?? null, at, react }))
        } catch (error) {
          throw atStep(context, at, error)
        }
      }
      return { output: { results } }
    },
  })
}

/** At least one. Of more than there may be, none is carried out. */
function stepsIn(input: unknown): number {
  const { operations } = (input ?? {}) as { readonly operations?: unknown }
  return Array.isArray(operations) ? Math.max(1, Math.min(operations.length, limits.batchOperationsMax)) : 1
}

/** Of all steps: what stands in an address of what was answered before is any id. */
function codesIn(routes: readonly Route[], input: unknown): number {
  const { operations } = (input ?? {}) as { readonly operations?: unknown }
  if (!Array.isArray(operations) || operations.length > limits.batchOperationsMax) return 0
  return operations.reduce((sum: number, given: Partial<Step> | null) => {
    const path = String(given?.path).replaceAll(/\{[^{}]*\}/g, 'x')
    const route = routesAt(routes, path).find(({ method }) => method === given?.method)
    return sum + (route?.operation.codesIn?.(given?.body) ?? 0)
  }, 0)
}

/** What always prepares outside the transaction, waits for the outside world or is limited more strictly than a write is called alone. */
function isBatchable(operation: Operation): operation is Command {
  const { kind, rawBody, rate, hasSecretInput, headers } = operation
  // What it reads of a request's headers would be those of the batch.
  const isPlain = !rawBody && !hasSecretInput && headers === undefined
  const alwaysPrepares = operation.kind === 'command' && operation.prepare !== undefined && operation.prepares === undefined
  return kind === 'command' && isPlain && !alwaysPrepares && !operation.reload && rate !== 'account'
}

function notBatchable(at: string, message: string): EngineError {
  return new EngineError('not_found', { errors: [{ path: `${at}/path`, code: 'not_batchable', message }] })
}

/** What all bodies of a batch may hold together, once what was answered stands in them: as much as the body of one request. */
type Room = { values: number; characters: number }
type Earlier = { readonly results: readonly Result[]; readonly at: string; readonly room: Room }

function resolved(routes: readonly Route[], given: Step, { results, at, room }: Earlier): [Route, Record<string, unknown>] {
  const path = given.path.replace(/\{([^{}]*)\}/g, (_, pointer: string) =>
    encodeURIComponent(String(valueAt(results, pointer, `${at}/path`))),
  )
  const known = routesAt(routes, path)
  const route = known.find(({ method }) => method === given.method)
  if (!route) throw notBatchable(at, missing(given.method, path, known))
  const body = filled(given.body ?? {}, results, `${at}/body`) as Record<string, unknown>
  takeRoom(body, room, { at: `${at}/body`, depth: 0 })
  const parameters = readParameters(route.path, path, `${at}/path`)
  for (const name in parameters)
    if (Object.hasOwn(body, name)) throw invalid(`${at}/body/${name}`, 'unknown_field', 'is part of the address')
  return [route, { ...body, ...parameters }]
}

function missing(method: string, path: string, at: readonly Route[]): string {
  if (path.includes('?')) return 'takes no query'
  const methods = at.length > 0 ? `; there is ${at.map((route) => route.method).join(', ')}` : ''
  return `there is no ${method} ${path} that can be part of a batch${methods}`
}

function readParameters(pattern: string, path: string, at: string): Record<string, string> {
  try {
    const parameters = parametersOf(pattern, path)
    if (Object.values(parameters).every(isStorableText)) return parameters
  } catch {
    // Told below: a percent sign that begins no byte.
  }
  throw invalid(at, 'characters', 'is not encoded as an address')
}

/** A body with what earlier operations answered in the places that ask for it. */
function filled(value: unknown, results: readonly Result[], at: string): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one, index) => filled(one, results, `${at}/${index}`))
  const entries = Object.entries(value)
  const [only] = entries
  if (entries.length === 1 && only![0] === '$result') return valueAt(results, only![1], at)
  return Object.fromEntries(entries.map(([name, one]) => [name, filled(one, results, `${at}/${pointerStep(name)}`)]))
}

/** @throws validation_failed */
function takeRoom(value: unknown, room: Room, { at, depth }: { readonly at: string; readonly depth: number }): void {
  if (depth > limits.jsonDepthMax)
    throw invalid(at, 'depth', `nests deeper than ${limits.jsonDepthMax} once what was answered stands in it`)
  room.values -= 1
  if (typeof value === 'string') room.characters -= value.length
  if (room.values < 0 || room.characters < 0)
    throw invalid(at, 'too_large', 'makes the batch larger than a body may be, once what was answered stands in it')
  if (typeof value !== 'object' || value === null) return
  for (const one of Object.values(value)) takeRoom(one, room, { at, depth: depth + 1 })
}

/** By a JSON pointer whose first part is the number of an operation. */
function valueAt(results: readonly Result[], pointer: unknown, at: string): unknown {
  const [empty, index = '', ...names] = typeof pointer === 'string' ? pointer.split('/') : []
  let value: unknown = empty === '' && /^\d{1,3}$/.test(index) ? results[Number(index)]?.body : undefined
  for (const name of names.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')))
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
  if (value === undefined) throw invalid(at, 'result', `no operation before it answered ${String(pointer)}; the id of the first is /0/id`)
  return value
}

async function carriedOut(context: CommandContext<unknown>, { operation, input, ifMatch, at, react }: Asked): Promise<Result> {
  const { request } = context
  const actor = withinScope(context.actor, operation)
  if (!allows(operation.access, actor)) throw refusedAs(actor, operation)
  validatorOf(operation.inputFor?.(actor) ?? operation.input)(input, 'body')
  const answer = await operation.run({ ...context, actor, input, request: { ...request, ifMatch, ifNoneMatch: null } })
  if ((answer.awaiting?.length ?? 0) > 0 || answer.stream || answer.headers?.['set-cookie'] !== undefined)
    throw invalid(`${at}/path`, 'not_batchable', 'waits for the outside world or sets a cookie: call it alone')
  if (answer.events) await react(context, answer.events)
  const status = answer.status ?? operation.status ?? 200
  const text = status === 204 ? undefined : (answer.json ?? stringifyOf(operation)(answer.output))
  return { status, headers: answer.headers ?? {}, body: text === undefined ? null : JSON.parse(text) }
}

/** The refusal of one is that of all, and says which it was. A race that was lost runs all of them again. */
function atStep({ actor, model }: { readonly actor: Actor; readonly model: Model }, at: string, error: unknown): unknown {
  const inStep = (path: string) => (path.startsWith(`${at}/`) ? path : `${at}/body${path}`)
  if (isA(error, ProjectError)) {
    const { kind, detail, params, path } = error
    return new ProjectError(kind, { detail, params, path: path === null ? at : inStep(path) })
  }
  const told = toldTo(actor, model, namedByFields(model, error))
  if (!isEngineError(told) || told instanceof LostRace || told.status >= 500) return told
  const { code, detail, errors = [], params, headers, inDevelopment, cause } = told
  const issues = errors.map((issue) => ({ ...issue, path: inStep(issue.path) }))
  return new EngineError(code, {
    detail,
    errors: issues.length > 0 ? issues : [{ path: at, code, message: detail }],
    ...(params && code !== 'already_exists' ? { params } : {}),
    ...(headers ? { headers } : {}),
    ...(inDevelopment ? { inDevelopment } : {}),
    cause,
  })
}
