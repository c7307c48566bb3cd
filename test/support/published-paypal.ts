// Holds calls to PayPal, and what is answered, against PayPal's own OpenAPI documents (test/published/paypal). What they do not
// name is refused in a request and in an answer, though PayPal itself may add to its answers.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import type { Egress, EgressAnswer, EgressRequest } from '../../src/base/egress.ts'

type Schema = Record<string, unknown>
type Parameter = { name: string; in: string; schema: Schema; required?: boolean }
type Content = { content?: Record<string, { schema: Schema }> }
type Described = { parameters?: (Parameter | Ref)[]; requestBody?: Content; responses: Record<string, Content | Ref> }
type Ref = { $ref: string }
type Document = { paths: Record<string, Record<string, Described>>; components: Record<string, Record<string, unknown>> }

const folder = join(import.meta.dirname, '../published/paypal')
const names = [
  'checkout_orders_v2',
  'payments_payment_v2',
  'customer_disputes_v1',
  'reporting_transactions_v1',
  'notifications_webhooks_v1',
]
const documents = names.map((name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Document)
const ajv = new Ajv({ strict: false, allErrors: true, logger: false, validateFormats: false, unicodeRegExp: false })
const compiled = new Map<string, ValidateFunction>()

const refOf = (value: unknown) => (value as Partial<Ref>).$ref
function resolve(document: Document, value: unknown): Schema {
  const ref = refOf(value)
  if (ref === undefined) return value as Schema
  const [, , kind, name] = ref.split('/')
  return document.components[kind!]![name!] as Schema
}

/** With references and `allOf` written out. `isClosed`: no other properties than those. */
function whole(document: Document, schema: Schema, isClosed: boolean): Schema {
  const { allOf, ...own } = resolve(document, schema)
  const parts = [own, ...((allOf ?? []) as Schema[]).map((one) => whole(document, one, isClosed))]
  const merged: Schema = {}
  const properties: Record<string, Schema> = {}
  for (const part of parts) {
    for (const [name, value] of Object.entries((part['properties'] ?? {}) as Record<string, Schema>)) {
      const one = whole(document, value, isClosed)
      properties[name] = properties[name] === undefined ? one : { allOf: [properties[name], one] }
    }
    Object.assign(merged, part, { required: [...((merged['required'] ?? []) as string[]), ...((part['required'] ?? []) as string[])] })
  }
  const { items, anyOf } = merged
  if (items !== undefined) merged['items'] = whole(document, items as Schema, isClosed)
  if (anyOf !== undefined) merged['anyOf'] = (anyOf as Schema[]).map((one) => whole(document, one, isClosed))
  if (merged['required'] !== undefined && (merged['required'] as string[]).length === 0) delete merged['required']
  if (Object.keys(properties).length === 0) return merged
  return { ...merged, properties, ...(isClosed ? { additionalProperties: false } : {}) }
}

function fits(
  where: string,
  value: unknown,
  { document, schema, isClosed }: { document: Document; schema: Schema; isClosed: boolean },
): void {
  let validate = compiled.get(where)
  if (!validate) compiled.set(where, (validate = ajv.compile(whole(document, schema, isClosed))))
  assert.ok(validate(value), `${where} is not as PayPal publishes it: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`)
}

function describedAt(method: string, path: string): { document: Document; template: string; described: Described } | null {
  for (const document of documents)
    for (const [template, methods] of Object.entries(document.paths)) {
      const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
      const described = methods[method.toLowerCase()]
      if (described && pattern.test(path)) return { document, template, described }
    }
  return null
}

/** Below the address of the sandbox's face, too. */
const pathOf = (url: string) => new URL(url).pathname.replace(/^\/sandbox\/paypal(?=\/)/, '')

/** Not in those documents: access tokens, and certificates. */
const elsewhere = ['/v1/oauth2/token', '/v1/notifications/certs/']
/** What HTTP has, and not PayPal's API. */
const ofHttp = ['authorization', 'accept', 'content-type']

/** @throws AssertionError */
export function fitsPublishedRequest({ method, url, headers = {}, body }: EgressRequest): void {
  const { searchParams } = new URL(url)
  const pathname = pathOf(url)
  if (elsewhere.some((path) => pathname.startsWith(path))) return
  const found = describedAt(method, pathname)
  assert.ok(found, `PayPal publishes no ${method} ${pathname}`)
  const { document, template, described } = found
  const where = `${method} ${template}`
  const parameters = (described.parameters ?? []).map((one) => resolve(document, one) as unknown as Parameter)
  const given = {
    header: Object.fromEntries(Object.entries(headers).filter(([name]) => !ofHttp.includes(name))),
    query: Object.fromEntries(searchParams),
  }
  for (const [place, values] of Object.entries(given))
    for (const [name, value] of Object.entries(values)) {
      const parameter = parameters.find((one) => one.in === place && one.name.toLowerCase() === name)
      assert.ok(parameter, `${where} has no ${place} ${name}`)
      const isNumber = resolve(document, parameter.schema)['type'] === 'integer'
      fits(`${where} ${name}`, isNumber ? Number(value) : value, { document, schema: parameter.schema, isClosed: true })
    }
  for (const { in: place, name, required } of parameters)
    if (required && place === 'query') assert.ok(searchParams.has(name), `${where} needs ${name}`)
  const schema = described.requestBody?.content?.['application/json']?.schema
  if (body === undefined) return
  assert.ok(schema, `${where} takes no body`)
  fits(`${where} body`, JSON.parse(body), { document, schema, isClosed: true })
}

/** @throws AssertionError */
export function fitsPublishedAnswer({ method, url }: EgressRequest, { status, body }: EgressAnswer): void {
  const pathname = pathOf(url)
  const found = describedAt(method, pathname)
  // Who asks for too much gets an error that is of no operation.
  if (!found || status === 429) return
  const { document, template, described } = found
  const response = described.responses[String(status)] ?? (status >= 400 ? described.responses['default'] : undefined)
  assert.ok(response, `${method} ${template} does not answer ${status}`)
  const schema = (resolve(document, response) as Content).content?.['application/json']?.schema
  const isGood = status < 300
  if (schema) fits(`${method} ${template} ${status}`, JSON.parse(body), { document, schema, isClosed: isGood })
  else if (isGood) assert.equal(body, '')
}

export function fitsPublishedEvent(body: string): void {
  const document = documents.at(-1)!
  fits('event', JSON.parse(body), { document, schema: { $ref: '#/components/schemas/event' }, isClosed: true })
}

/** The same way out, on which everything is held against the documents. */
export function watched(egress: Egress): Egress {
  return {
    async request(request) {
      fitsPublishedRequest(request)
      const answer = await egress.request(request)
      fitsPublishedAnswer(request, answer)
      return answer
    },
  }
}
