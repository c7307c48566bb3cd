// Query strings with brackets (`filter[price][lte]=1500`) into nested objects without a prototype, and
// their scalars into what the operation's schema says. Only here is text coerced: a query has no types.
import { EngineError, invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'

type Node = { [key: string]: string | Node }

/** @throws validation_failed for broken encoding, a repeated parameter, or one too many level */
export function parseQueryString(text: string): Record<string, unknown> {
  const root: Node = Object.create(null)
  if (text === '') return root
  if (text.length > limits.queryBytesMax) throw invalid('query:', 'length', `is longer than ${limits.queryBytesMax} bytes`)
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const key = decode(equals < 0 ? pair : pair.slice(0, equals))
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1))
    place(root, key, value)
  }
  return root
}

function place(root: Node, key: string, value: string): void {
  const open = key.indexOf('[')
  const path = open < 0 ? [key] : [key.slice(0, open), ...brackets(key, open)]
  if (path.length > limits.filterDepthMax * 2) throw invalid(`query:${key}`, 'depth', 'nests too deep')
  let node = root
  for (const [depth, name] of path.slice(0, -1).entries()) {
    const next = node[name] ?? (Object.create(null) as Node)
    if (typeof next === 'string' && depth === 0)
      throw invalid(`query:${key}`, 'repeated', 'is given twice, once plain and once with brackets')
    node[name] = typeof next === 'string' ? equalTo(next) : next
    node = node[name]
  }
  const last = path.at(-1)!
  const there = node[last]
  // `filter[year]=1900` beside `filter[year][gte]=1800`: the plain one is short for `eq`.
  const isShort = typeof there === 'object' && path.length > 1
  if (isShort ? 'eq' in there : there !== undefined) throw invalid(`query:${key}`, 'repeated', 'is given twice')
  if (isShort) there['eq'] = value
  else node[last] = value
}

function equalTo(value: string): Node {
  return Object.assign(Object.create(null) as Node, { eq: value })
}

function brackets(key: string, open: number): string[] {
  const rest = key.slice(open)
  if (!/^(\[[^[\]]+\])+$/.test(rest)) throw invalid(`query:${key}`, 'brackets', 'has brackets that do not match')
  return rest.slice(1, -1).split('][')
}

function decode(text: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw new EngineError('validation_failed', { detail: 'The query string is not valid percent-encoded UTF-8.', cause })
  }
  if (decoded.includes('\0')) throw invalid('query:', 'characters', 'holds a null character')
  return decoded
}

/** Numbers and booleans where the schema has them; what does not look like one stays text and fails validation. */
export function coerceQuery(query: Record<string, unknown>, schema: { properties?: Record<string, { type?: unknown }> }): void {
  for (const [name, value] of Object.entries(query)) {
    const type = schema.properties?.[name]?.type
    if (typeof value !== 'string') continue
    if (type === 'integer' && /^-?\d{1,15}$/.test(value)) query[name] = Number(value)
    if (type === 'boolean' && (value === 'true' || value === 'false')) query[name] = value === 'true'
  }
}
