// The parts of a document that are referred to: each stands once, under the name it came with first.

type Json = Record<string, unknown>

export type Components = {
  readonly schemas: Json
  readonly parameters: Json
  readonly headers: Json
  readonly responses: Json
}

export function createComponents(): Components {
  return { schemas: {}, parameters: {}, headers: {}, responses: {} }
}

/** A reference to `part`, which is kept as `name` or, where another has that name, as `name2` and so on. */
export function refer(components: Components, kind: keyof Components, name: string, part: Json): Json {
  const parts = components[kind]
  const text = JSON.stringify(part)
  for (let count = 1; ; count++) {
    const key = count === 1 ? name : `${name}${count}`
    parts[key] ??= part
    if (JSON.stringify(parts[key]) === text) return { $ref: `#/components/${kind}/${key}` }
  }
}

/**
 * A schema of ours as documents have it: a copy of plain JSON in which every titled object stands once in
 * components, one that only names a title refers to it, and a type list with objects or arrays is a choice.
 */
export function documentedSchema(schema: unknown, components: Components): unknown {
  if (Array.isArray(schema)) return schema.map((item) => documentedSchema(item, components))
  if (typeof schema !== 'object' || schema === null) return schema
  const { type } = schema as { type?: unknown }
  // All kinds of value: nothing is said of them.
  if (Array.isArray(type) && type.length > 3) return {}
  if (Array.isArray(type) && type.some((one) => one === 'object' || one === 'array'))
    return choice(schema as Json, type as string[], components)
  const copy = Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) => (value === undefined ? [] : [[key, documentedSchema(value, components)]])),
  )
  if (typeof copy['format'] === 'string' && ownFormats[copy['format']]) {
    copy['pattern'] ??= ownFormats[copy['format']]
    delete copy['format']
  }
  // Without it generators take a number of 32 bits, which an amount may pass.
  if ([copy['type']].flat().includes('integer') && !(Number(copy['maximum']) < 2 ** 31)) copy['format'] = 'int64'
  const { title } = schema as { title?: unknown }
  if (typeof title !== 'string' || copy['type'] !== 'object') return copy
  if (copy['properties'] !== undefined) components.schemas[title] ??= copy
  return { $ref: `#/components/schemas/${title}` }
}

/** Formats of ours, in words that others know. */
const ownFormats: Readonly<Record<string, string>> = {
  currency: '^[A-Z]{3}$',
  uri: '^https?://',
  'uri-template': '^https?://',
}

/** Generators read `anyOf` where they stumble over a list of types. */
function choice({ description, type: _, ...rest }: Json, types: readonly string[], components: Components): Json {
  const options = types.map((type) => {
    const own = Object.entries(rest).filter(([key]) => (keywordsOf[type] ?? []).includes(key))
    return documentedSchema({ type, ...Object.fromEntries(own) }, components)
  })
  return { ...(description === undefined ? {} : { description }), anyOf: options }
}

const keywordsOf: Readonly<Record<string, readonly string[]>> = {
  object: ['title', 'properties', 'required', 'additionalProperties', 'if', 'then', 'else'],
  array: ['items', 'minItems', 'maxItems', 'uniqueItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format', 'enum'],
  integer: ['minimum', 'maximum'],
  number: ['minimum', 'maximum'],
}
