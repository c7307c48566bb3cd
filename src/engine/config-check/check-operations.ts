// The project's own operations: well-formed, and beside ours. Two routes that answer one address, or two
// operations of one name, would be one of them that nobody reaches.

import { anyone } from '../../access/rule.ts'
import { nearest } from '../../base/nearest.ts'
import type { ProjectErrorKind } from '../../base/project-error.ts'
import { errorCodes } from '../../contract/error-codes.ts'
import type { Command, Operation, RateClass } from '../../operation/define.ts'
import type { Collection } from '../../schema/collection.ts'
import { checkCallerRule } from '../../schema/compile-rule.ts'
import { compileModel } from '../../schema/model.ts'
import {
  type Add,
  type Check,
  callable,
  flag,
  is,
  isObject,
  line,
  list,
  object,
  passes,
  plainObject,
  shown,
  word,
} from '../../schema/shape.ts'
import { idlePorts, operationsOf } from '../operations.ts'
import { tellOf } from './entries.ts'
import { isAnswerable, isSchema } from './is-schema.ts'

const namePattern = /^[a-z][a-zA-Z0-9]*\.[a-z][a-zA-Z0-9]*$/
const routePattern = /^(GET|POST|PUT|PATCH|DELETE) \/api(\/:?[a-zA-Z0-9_.-]+)+$/
const rates = Object.keys({ read: true, write: true, account: true, webhook: true, none: true } satisfies Record<RateClass, true>)
/** Addresses beside the operations. */
const beside = [
  ...['GET /api/docs', 'GET /api/openapi.json'].map((route) => ({ name: 'a page of Kingpost', route })),
  { name: 'calls by name', route: 'POST /api/operations/:name' },
]

/** An error of the project's own has a code that is not ours. */
const ownError = object(
  {
    code: (value, path, add) => {
      if (typeof value !== 'string' || !/^[a-z][a-z0-9_]{1,59}$/.test(value))
        add(path, `must be words such as sold_out, not ${shown(value)}`)
      else if (Object.hasOwn(errorCodes, value)) add(path, `"${value}" is a code of Kingpost's own: choose another`)
    },
    status: is('a status from 400 to 499', (value) => Number.isInteger(value) && (value as number) >= 400 && (value as number) <= 499),
    message: line,
  },
  { required: ['code', 'status', 'message'] },
)

/** A code of ours, or an error of the project's own. */
export const error: Check = (value, path, add) => {
  if (typeof value === 'function' && 'code' in value) return ownError({ ...value }, `${path}.${String(value.code)}`, add)
  if (typeof value === 'string' && Object.hasOwn(errorCodes, value)) return
  const near = typeof value === 'string' ? nearest(value, Object.keys(errorCodes)) : ''
  add(path, `must be a code of the table of errors or one of defineErrors({ … }), not ${shown(value)}${near}`)
}

const keys = {
  kind: word('query', 'command'),
  name: is('noun.verb, such as seats.book', (value) => typeof value === 'string' && namePattern.test(value)),
  route: is(
    'a method and an address below /api, such as POST /api/events/:id/seats',
    (value) => typeof value === 'string' && routePattern.test(value),
  ),
  summary: line,
  input: plainObject,
  inputFor: callable,
  output: plainObject,
  outputFor: callable,
  status: is(
    'a status of success, from 200 to 299',
    (value) => Number.isInteger(value) && (value as number) >= 200 && (value as number) <= 299,
  ),
  errors: list(error),
  access: checkCallerRule,
  audience: plainObject,
  filters: callable,
  headers: list(list(line, 2)),
  hasEtag: flag,
  rate: word(...rates),
  requestsIn: callable,
  codesIn: callable,
  tag: line,
  isPresented: flag,
  hasSecretInput: flag,
  rawBody: flag,
  takesQuery: flag,
  isFromElsewhere: flag,
  takesFile: flag,
  takesNoKey: line,
  scope: line,
  isForRoles: flag,
  isForEachRole: flag,
  always: plainObject,
  mediaType: line,
  prepare: callable,
  prepares: callable,
  run: callable,
  reload: callable,
} satisfies Record<keyof Command, Check>
const shape = object(keys, {
  required: ['kind', 'name', 'route', 'summary', 'input', 'output', 'access', 'run'],
  made: 'query({ … }) or command({ … })',
})

/** Name and route of an operation that is there. */
type Taken = { readonly name: string; readonly route: string }

/** `collections` are the system's and the project's own. */
export function checkOperations(operations: readonly unknown[], collections: readonly Collection[], add: Add): void {
  const taken: Taken[] = [...beside, ...ownOperations(collections)]
  const kinds = new Map<string, ProjectErrorKind>()
  for (const [index, operation] of operations.entries()) {
    const path = `operations[${index}]`
    const tell = tellOf(operation, path, add)
    if (!isObject(operation) || !('kind' in operation)) {
      shape(isObject(operation) ? null : operation, path, add)
      continue
    }
    if (!passes(shape, operation, path, tell)) continue
    const { name, route } = operation as Operation
    checkInput(operation as Operation, path, tell)
    for (const [at, kind] of ((operation as Operation).errors ?? []).entries()) {
      if (typeof kind === 'string') continue
      const other = kinds.get(kind.code)
      if (other !== undefined && other !== kind)
        tell(`${path}.errors[${at}].${kind.code}`, `"${kind.code}" is the code of another error: define it once`)
      kinds.set(kind.code, kind)
    }
    checkMethod(operation as Operation, `${path}.route`, tell)
    if (taken.some((other) => other.name === name)) tell(`${path}.name`, `"${name}" is the name of another operation: choose another`)
    const other = taken.find((one) => overlap(route, one.route))
    if (other) tell(`${path}.route`, `"${route}" is answered by ${other.name} already: choose another address`)
    taken.push({ name, route })
  }
}

/** Which there are follows from the names of collections and from which actions have a rule, whatever else is wrong with them. */
function ownOperations(collections: readonly Collection[]): readonly Taken[] {
  const hasShop = collections.some(({ name, system }) => name === 'orders' && system === true)
  const plain = collections.map(({ name, access, internal, system }): Collection => {
    const open = Object.keys(isObject(access) ? access : {}).map((action) => [action, anyone])
    return { name, fields: {}, access: Object.fromEntries(open), internal: internal === true, system: system === true }
  })
  const offer = { model: compileModel(plain), project: { shop: hasShop ? {} : null }, operations: [] }
  return operationsOf(offer, idlePorts)
}

function checkMethod({ kind, route }: Operation, path: string, add: Add): void {
  const isGet = route.startsWith('GET ')
  if (kind === 'query' && !isGet) add(path, 'is of a query, which only reads: its method is GET')
  if (kind === 'command' && isGet) add(path, 'is of a command, which changes something: its method is not GET')
}

function checkInput({ input, output, route }: Operation, path: string, add: Add): void {
  if (![isSchema(input, `${path}.input`, add), isAnswerable(output, `${path}.output`, add)].every(Boolean)) return
  const { type, properties = {}, required = [] } = input as { type?: unknown; properties?: object; required?: readonly string[] }
  if (type !== 'object') return add(`${path}.input`, 'must be an object: Type.Object({ … }, { additionalProperties: false })')
  for (const [, name] of route.matchAll(/:([^/]+)/g))
    if (!Object.hasOwn(properties, name!))
      add(`${path}.input`, `has no property "${name}", which the route names${nearest(name!, Object.keys(properties))}`)
    else if (!required.includes(name!)) add(`${path}.input`, `must require "${name}", which the route names`)
}

/** Whether some address is answered by both. A word is never an id: those have an underscore. */
function overlap(own: string, other: string): boolean {
  const [ours, theirs] = [own.split(/[ /]+/), other.split(/[ /]+/)]
  if (ours.length !== theirs.length) return false
  return ours.every((part, index) => {
    const there = theirs[index]!
    if (there === ':id' && !part.startsWith(':')) return part.includes('_')
    return part === there || part.startsWith(':') || there.startsWith(':')
  })
}
