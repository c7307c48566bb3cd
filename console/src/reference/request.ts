/** What the try-it form holds, as an address, a fetch and a curl command: all three say the same. Pure. */
import type { Operation, Parameter } from './document.ts'

export interface Draft {
  /** By `in:name`, as typed. Empty is left out. */
  values: { [key: string]: string }
  /** JSON as typed. */
  body: string
}

export interface Caller {
  kind: 'session' | 'bearer' | 'cart'
  /** The bearer or cart token. */
  token: string
}

export interface Sending {
  method: string
  url: string
  headers: { [name: string]: string }
  body: string | undefined
}

export function keyOf(parameter: Pick<Parameter, 'in' | 'name'>): string {
  return `${parameter.in}:${parameter.name}`
}

export function sendingOf(operation: Operation, draft: Draft, caller: Caller): Sending {
  const parameters = operation.parameters ?? []
  const typed = (parameter: Parameter) => (draft.values[keyOf(parameter)] ?? '').trim()
  const path = operation.path.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = (draft.values[`path:${name}`] ?? '').trim()
    return value === '' ? whole : encodeURIComponent(value)
  })
  const query = parameters.filter((one) => one.in === 'query' && typed(one) !== '').map((one) => queryText(one, typed(one)))
  const headers: Sending['headers'] = {}
  if (caller.kind === 'bearer' && caller.token !== '') headers['Authorization'] = `Bearer ${caller.token}`
  if (caller.kind === 'cart' && caller.token !== '') headers['Cart-Token'] = caller.token
  for (const one of parameters) if (one.in === 'header' && typed(one) !== '') headers[one.name] = typed(one)
  const body = operation.requestBody && draft.body.trim() !== '' ? draft.body : undefined
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  return { method: operation.method, url: path + (query.length === 0 ? '' : `?${query.join('&')}`), headers, body }
}

/** `status=placed&total[gte]=1000` of `filter` is `filter[status]=placed&filter[total][gte]=1000`. */
function queryText(parameter: Parameter, value: string): string {
  if (parameter.style !== 'deepObject') return `${encodeURIComponent(parameter.name)}=${encodeURIComponent(value)}`
  return value
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const at = pair.indexOf('=')
      const [field, text] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
      const steps = field.split(/[[\]]+/).filter(Boolean)
      return `${parameter.name}${steps.map((step) => `[${encodeURIComponent(step)}]`).join('')}=${encodeURIComponent(text)}`
    })
    .join('&')
}

/** For a POSIX shell. */
export function curlOf({ method, url, headers, body }: Sending, origin: string, hasSession: boolean): string {
  const words = [`curl ${method === 'GET' ? '' : `-X ${method} `}${quote(origin + url)}`]
  for (const [name, value] of Object.entries(headers)) words.push(`-H ${quote(`${name}: ${value}`)}`)
  if (hasSession) words.push(`-H ${quote('Authorization: Bearer YOUR_TOKEN')}`)
  if (body !== undefined) words.push(`-d ${quote(compact(body))}`)
  return words.join(' \\\n  ')
}

function compact(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json))
  } catch {
    return json
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Indented when it is JSON, as it came when it is not. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
