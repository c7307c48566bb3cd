/** JSON Schema in words, and an example of it. Pure. Knows what the engine's own document uses, not all of JSON Schema. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  title?: string
  description?: string
  properties?: { [name: string]: Schema }
  required?: string[]
  items?: Schema
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  format?: string
  pattern?: string
  default?: unknown
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  additionalProperties?: boolean | Schema
}

export interface Schemas {
  [name: string]: Schema
}

export function refName(schema: Schema): string | undefined {
  return schema.$ref?.split('/').at(-1)
}

/** The schema itself, whatever it is called; what stands beside a $ref stays. */
export function resolve(schema: Schema, schemas: Schemas): Schema {
  const name = refName(schema)
  if (name === undefined) return schema
  const { $ref, ...beside } = schema
  return { ...schemas[name], ...beside }
}

function typesOf(schema: Schema): string[] {
  if (typeof schema.type === 'string') return [schema.type]
  if (schema.type) return schema.type
  return schema.properties ? ['object'] : []
}

/** `string, date-time`, `Money or null`, `list of orders`: one line. */
export function typeText(schema: Schema, schemas: Schemas): string {
  const name = refName(schema) ?? (schema.properties && schema.title)
  if (name) return typesOf(resolve(schema, schemas)).includes('null') ? `${name} or null` : name
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return [...new Set(choices.map((choice) => typeText(choice, schemas)))].join(' or ')
  const types = typesOf(schema).map((type) => {
    if (type === 'array') return schema.items ? `list of ${typeText(schema.items, schemas)}` : 'list'
    return type === 'string' && schema.format ? schema.format : type
  })
  return types.length === 0 ? 'any JSON' : types.join(' or ')
}

/** `1 to 200`, `at most 255 characters`, …: only what narrows the type. */
export function limitTexts(schema: Schema): string[] {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, pattern } = schema
  // The whole range of exact numbers is no limit worth reading.
  const isSafe = (value: number | undefined) => value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER
  return [
    ...rangeText(isSafe(minimum) ? undefined : minimum, isSafe(maximum) ? undefined : maximum, ''),
    // One character at least is what "not empty" means.
    ...(minLength === 1 && maxLength === undefined ? ['not empty'] : rangeText(minLength, maxLength, ' characters')),
    ...rangeText(minItems, maxItems, ' items'),
    ...(pattern === undefined ? [] : [`matches ${pattern}`]),
    ...(schema.default === undefined ? [] : [`default ${JSON.stringify(schema.default)}`]),
  ]
}

function rangeText(low: number | undefined, high: number | undefined, unit: string): string[] {
  if (low !== undefined && high !== undefined) return [`${low} to ${high.toLocaleString('en')}${unit}`]
  if (low !== undefined) return [`at least ${low}${unit}`]
  return high === undefined ? [] : [`at most ${high.toLocaleString('en')}${unit}`]
}

/** What can be opened below a row: the properties of an object, or of a list's items. */
export function innerOf(schema: Schema, schemas: Schemas): Schema | undefined {
  const whole = resolve(schema, schemas)
  if (whole.properties) return whole
  if (whole.items) return innerOf(whole.items, schemas)
  for (const choice of whole.anyOf ?? whole.oneOf ?? []) {
    const inner = innerOf(choice, schemas)
    if (inner) return inner
  }
  return undefined
}

const depthMax = 4
const stringExamples: { [format: string]: string } = {
  'date-time': '2026-11-24T12:00:00.000Z',
  date: '2026-11-24',
  email: 'ada@mail.example',
  uri: 'https://shop.example/',
  currency: 'EUR',
}
/** Values a reader knows at sight; by name, because a schema only says "a string". */
const namedExamples: { [name: string]: unknown } = {
  country: 'GB',
  city: 'London',
  line1: '12 St James Square',
  postalCode: 'SW1Y 4JH',
  name: 'Ada Lovelace',
  password: 'a long enough one',
  provider: 'sandbox',
  method: 'card_success',
  language: 'en',
  year: 1815,
  slug: 'emma',
  title: 'Emma',
  author: 'Jane Austen',
  amount: 1_999,
  quantity: 1,
}

export interface ExampleOptions {
  /** Only what must be sent, when anything must be. */
  requiredOnly?: boolean
  name?: string
  depth?: number
}

export function exampleOf(schema: Schema, schemas: Schemas, options: ExampleOptions = {}): unknown {
  const { requiredOnly = false, name = '', depth = 0 } = options
  const whole = resolve(schema, schemas)
  if (whole.default !== undefined) return whole.default
  if (whole.enum) return whole.enum[0]
  const choice = (whole.anyOf ?? whole.oneOf)?.[0]
  if (choice) return exampleOf(choice, schemas, options)
  const type = typesOf(whole)[0]
  switch (type) {
    case 'object':
      return depth >= depthMax ? {} : objectExample(whole, schemas, { requiredOnly, depth })
    case 'array':
      return whole.items && depth < depthMax ? [exampleOf(whole.items, schemas, { requiredOnly, name, depth: depth + 1 })] : []
    case 'integer':
    case 'number':
      return namedExamples[name] ?? Math.max(1, whole.minimum ?? 1)
    case 'boolean':
      return true
    case 'string':
      return stringExample(whole, name)
    default:
      return null
  }
}

function objectExample(schema: Schema, schemas: Schemas, options: { requiredOnly: boolean; depth: number }): unknown {
  const { requiredOnly, depth } = options
  const required = schema.required ?? []
  const isShort = requiredOnly && required.length > 0
  const entries = Object.entries(schema.properties ?? {}).filter(([name]) => !isShort || required.includes(name))
  return Object.fromEntries(entries.map(([name, value]) => [name, exampleOf(value, schemas, { requiredOnly, name, depth: depth + 1 })]))
}

function stringExample(schema: Schema, name: string): string {
  const known = (schema.format && stringExamples[schema.format]) || namedExamples[name]
  if (typeof known === 'string') return known
  return name === 'id' ? '01k…' : name === '' ? 'text' : `${name}…`
}
