/** The OpenAPI document as the reference page reads it: operations by tag, search, errors. Pure. */
import type { Schema } from './schema-text.ts'

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  description?: string
  style?: string
  schema: Schema
}

interface Content {
  [type: string]: { schema: Schema }
}

export interface Answer {
  description: string
  content?: Content
}

interface Described {
  operationId: string
  summary?: string
  description?: string
  tags?: string[]
  requestBody?: { required?: boolean; content: Content }
}

interface PathItem extends Described {
  parameters?: (Parameter | Reference)[]
  responses: { [status: string]: Answer | Reference }
}

/** To a part of the document that several operations share. */
interface Reference {
  $ref: string
}

export interface OpenApi {
  info: { title: string; version: string }
  paths: { [path: string]: { [method: string]: PathItem } }
  components: {
    schemas: { [name: string]: Schema }
    parameters?: { [name: string]: Parameter }
    responses?: { [name: string]: Answer }
  }
}

export interface Operation extends Described {
  parameters?: Parameter[]
  responses: { [status: string]: Answer }
  method: string
  path: string
  tag: string
}

export interface Fault {
  status: string
  code: string
  message: string
}

/** In the document's own order, which is the order of the engine's operations. */
export function operationsOf(document: OpenApi): Operation[] {
  const { parameters, responses } = document.components
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, item]) => ({
      ...item,
      parameters: oneFilter((item.parameters ?? []).map((one) => referred(one, parameters))),
      responses: Object.fromEntries(Object.entries(item.responses).map(([status, one]) => [status, referred(one, responses)])),
      method: method.toUpperCase(),
      path,
      tag: item.tags?.[0] ?? 'Other',
    })),
  )
}

function referred<T extends object>(part: T | Reference, parts: { [name: string]: T } = {}): T {
  if (!('$ref' in part)) return part
  const name = part.$ref.split('/').at(-1) ?? ''
  const found = parts[name]
  if (!found) throw new Error(`The document has no ${part.$ref}.`)
  return found
}

/** The document names each filter for generators of clients; people read and fill in one that takes any. */
function oneFilter(parameters: Parameter[]): Parameter[] {
  const isFilter = ({ name }: Parameter) => name.startsWith('filter[')
  const fields = new Set(parameters.filter(isFilter).map(({ name }) => /\[(.*?)\]/.exec(name)?.[1]))
  if (fields.size === 0) return parameters
  const description = `\`field[operator]=value\`, joined by \`&\`. Fields: ${[...fields].map((name) => `\`${name}\``).join(', ')}.`
  const filter: Parameter = { name: 'filter', in: 'query', style: 'deepObject', description, schema: { type: 'object' } }
  return [filter, ...parameters.filter((one) => !isFilter(one))]
}

/** Shops come for carts and orders; what keeps the engine running is for later. */
const tagsFirst = ['Accounts', 'Products', 'Carts', 'Orders', 'Payments']

export function groupByTag(operations: readonly Operation[]): [tag: string, operations: Operation[]][] {
  const groups = [...Map.groupBy(operations, ({ tag }) => tag)]
  const rank = (tag: string) => (tagsFirst.includes(tag) ? tagsFirst.indexOf(tag) : tag === 'Running' ? 1_000 : 100)
  return groups
    .toSorted(([a], [b]) => rank(a) - rank(b))
    .map(([tag, own]) => [tag, own.toSorted((a, b) => a.path.length - b.path.length || order(a) - order(b))])
}

function order({ method }: Operation): number {
  return ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].indexOf(method)
}

/** Every word must be somewhere in what the operation says of itself. */
export function searchOperations(operations: readonly Operation[], words: string): Operation[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  return operations.filter((operation) => {
    const { method, path, summary, operationId, tag } = operation
    const text = `${method} ${path} ${summary} ${operationId} ${tag}`.toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}

/** The codes an operation may answer. Their names and sentences stand in the description of each status. */
export function faultsOf(operation: Pick<Operation, 'responses'>): Fault[] {
  return Object.entries(operation.responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([status, { description }]) =>
      [...description.matchAll(/`(\w+)`: ([^`]*)/g)].map(([, code, message]) => ({
        status,
        code: code ?? '',
        message: message?.trim() ?? '',
      })),
    )
}

/** Faults that nearly every operation shares say nothing about one: they are told apart. */
export function sharedCodes(operations: readonly Operation[]): ReadonlySet<string> {
  const changes = operations.filter(({ method }) => method !== 'GET')
  const count = (among: readonly Operation[]) => {
    const counts = new Map<string, number>()
    for (const operation of among) for (const { code } of faultsOf(operation)) counts.set(code, (counts.get(code) ?? 0) + 1)
    return [...counts].filter(([, times]) => times >= among.length * 0.95).map(([code]) => code)
  }
  return new Set([...count(operations), ...count(changes)])
}

export function allFaults(operations: readonly Operation[]): Fault[] {
  const byCode = new Map(operations.flatMap(faultsOf).map((fault) => [fault.code, fault]))
  return [...byCode.values()].toSorted((a, b) => a.status.localeCompare(b.status) || a.code.localeCompare(b.code))
}

export function goodAnswer(operation: Operation): [status: string, answer: Answer] | undefined {
  return Object.entries(operation.responses).find(([status]) => /^2/.test(status))
}

export function jsonSchemaOf(content: Content | undefined): Schema | undefined {
  return content?.['application/json']?.schema
}

export function isStream(operation: Operation): boolean {
  return goodAnswer(operation)?.[1].content?.['text/event-stream'] !== undefined
}
