// Examples of the document: a body for each thing that is sent or answered, made of its schema, so that they never fall behind
// it. A test holds each of them to its schema.

import { limits } from '../base/limits.ts'

type Json = Record<string, unknown>
type Schemas = Readonly<Record<string, unknown>>

/** Adds an example to each JSON body, in place. Schemas must be whole by then. */
export function addExamples(paths: Readonly<Record<string, Json>>, schemas: Schemas): void {
  for (const operations of Object.values(paths))
    for (const { requestBody, responses } of Object.values(operations) as { requestBody?: Json; responses: Json }[])
      for (const body of [requestBody, ...Object.values(responses)])
        for (const [type, media] of Object.entries(((body as Json | undefined)?.['content'] ?? {}) as Record<string, Json>)) {
          const isOfParts = type.includes('json') && Object.keys(media['schema'] as Json).length > 0
          if (isOfParts) media['example'] ??= exampleOf(media['schema'], { schemas, within: [] }, '')
        }
}

/** `within`: the schemas it stands in, by name. */
type Place = { readonly schemas: Schemas; readonly within: readonly string[] }

function exampleOf(schema: unknown, place: Place, name: string): unknown {
  const { $ref, anyOf, type, enum: listed, items, examples, ...rest } = (schema ?? {}) as Json
  if (typeof $ref === 'string') {
    const key = $ref.split('/').at(-1)!
    return exampleOf(place.schemas[key], { ...place, within: [...place.within, key] }, name)
  }
  // The plainest: an id and not the record, a number and not what is added to it.
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0], place, name)
  // One that is given where it stands fits best.
  if (Array.isArray(examples) && type === 'string') return examples[0]
  if (Array.isArray(listed)) return listed.includes(words[name]) ? words[name] : listed[0]
  switch ([type].flat()[0]) {
    case 'object':
      return examplesOf(schema as ObjectSchema, place)
    case 'array':
      return isRound(items, place) ? [] : [exampleOf(items, place, name)]
    case 'string':
      return textFor(name, rest)
    case 'integer':
    case 'number':
      return numberFor(name, rest)
    case 'boolean':
      return true
    default:
      return {}
  }
}

/** Whether a record would stand in itself. */
function isRound(items: unknown, { within }: Place): boolean {
  return within.some((key) => String((items as Json | undefined)?.['$ref']).endsWith(`/${key}`))
}

function examplesOf({ properties = {}, required = [] }: ObjectSchema, place: Place): Json {
  const told = Object.entries(properties).filter(([key, part]) => required.includes(key) || !isMute(key, part as Json))
  return Object.fromEntries(told.map(([key, part]) => [key, exampleOf(part, place, key)]))
}
type ObjectSchema = { readonly properties?: Json; readonly required?: readonly string[] }

/** A text that may be missing and whose name says nothing of it. */
function isMute(name: string, { type, format, maxLength }: Json): boolean {
  return (
    Array.isArray(type) && type[0] === 'string' && words[name] === undefined && format === undefined && maxLength !== limits.idCharactersMax
  )
}

/** What stands under such a name as a rule. */
const words: Readonly<Record<string, string>> = {
  id: 'rec_01m8k6rc7pe0092ftt59shmpgs',
  account: 'sales',
  city: 'Berlin',
  code: 'validation_failed',
  country: 'DE',
  createdAt: '2026-11-29T12:00:00.000Z',
  currency: 'EUR',
  current: 'correct horse battery',
  email: 'ada@example.com',
  line1: 'Kastanienallee 1',
  method: 'card_success',
  name: 'Ada Byron',
  number: '1001',
  password: 'another horse battery',
  path: '/email',
  postalCode: '10435',
  provider: 'sandbox',
  sku: 'EMMA-P',
  slug: 'emma',
  subject: 'Your order',
  order: 'ord_01m8k6rc7pe0092ftt59shmpgs',
  product: 'prod_01m8k6rc7pe0092ftt59shmpgs',
  title: 'Emma',
  updatedAt: '2026-11-29T12:00:00.000Z',
  variant: 'var_01m8k6rc7pe0092ftt59shmpgs',
}

const byFormat: Readonly<Record<string, string>> = {
  'date-time': '2026-11-29T12:00:00.000Z',
  date: '2026-11-29',
  email: 'ada@example.com',
}

type TextRules = { readonly format?: string; readonly pattern?: string; readonly minLength?: number; readonly maxLength?: number }

function textFor(name: string, { format, pattern, minLength = 0, maxLength = 100 }: TextRules): string {
  const id = maxLength === limits.idCharactersMax ? words['id'] : undefined
  const candidates = [byFormat[format ?? ''], words[name], id, 'Some words', 'words', 'https://example.com/', 'EUR', '1.5'].filter(
    (one) => one !== undefined,
  )
  const fits = (text: string) => text.length >= minLength && (pattern === undefined || new RegExp(pattern).test(text))
  const whole = candidates.find((text) => text.length <= maxLength && fits(text))
  return whole ?? candidates.map((text) => text.padEnd(minLength, '.').slice(0, maxLength)).find(fits) ?? candidates[0]!
}

type NumberRules = { readonly minimum?: number; readonly maximum?: number }

function numberFor(name: string, { minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: NumberRules): number {
  const wanted = name === 'amount' ? 1_999 : name === 'status' ? 400 : 1
  return Math.min(Math.max(wanted, minimum), maximum)
}
