// The parts of a document that are referred to: each stands once, under the name it came with first.
import { listChangeTitle } from '../schema/wire.ts'

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
 * A schema of ours as documents have it: a copy of plain JSON in which every object with parts stands once in components, by
 * its title or else by its place (`OrdersCheckOutAnswer`, its line `OrdersCheckOutAnswerLine`); one that only names a title
 * refers to it, and a type list with objects or arrays is a choice.
 */
export function documentedSchema(schema: unknown, components: Components, place: string): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  const { type, title, anyOf } = schema as { type?: unknown; title?: unknown; anyOf?: unknown }
  if (Array.isArray(anyOf) && anyOf.some((one: Json) => one['title'] === listChangeTitle))
    return documentedSchema({ ...(anyOf[0] as Json), description: listText }, components, place)
  // All kinds of value: nothing is said of them.
  if (Array.isArray(type) && type.length > 3) return {}
  if (Array.isArray(type) && type.some((one) => one === 'object' || one === 'array'))
    return choice(schema as Json, type as string[], components, place)
  const name = typeof title === 'string' ? title : place
  const copy = documentedParts(schema as Json, components, name)
  if (typeof copy['format'] === 'string' && ownFormats[copy['format']]) {
    copy['pattern'] ??= ownFormats[copy['format']]
    delete copy['format']
  }
  // Without it generators take a number of 32 bits, which an amount may pass.
  if ([copy['type']].flat().includes('integer') && !(Number(copy['maximum']) < 2 ** 31)) copy['format'] = 'int64'
  if (copy['type'] !== 'object') return copy
  if (typeof title === 'string') {
    if (copy['properties'] !== undefined) components.schemas[title] ??= copy
    return { $ref: `#/components/schemas/${title}` }
  }
  return copy['properties'] === undefined ? copy : refer(components, 'schemas', place, copy)
}

function documentedParts(schema: Json, components: Components, name: string): Json {
  const named = (properties: object) =>
    Object.fromEntries(Object.entries(properties).map(([key, part]) => [key, documentedSchema(part, components, `${name}${capital(key)}`)]))
  const part = (key: string, value: unknown): unknown => {
    if (key === 'properties') return named(value as object)
    if (key === 'items') return documentedSchema(value, components, oneOf(name))
    if (Array.isArray(value)) return value.map((one) => documentedSchema(one, components, name))
    return documentedSchema(value, components, name)
  }
  return Object.fromEntries(Object.entries(schema).flatMap(([key, value]) => (value === undefined ? [] : [[key, part(key, value)]])))
}

/** Generators of Java make no class of a choice between a list and something else, so the second is told in words. */
const listText =
  'The whole list. `{ "$push": entry or entries, "$pull": entry or entries }` in its place adds to what is there, and takes out of it.'

/** `orders.checkOut` is `OrdersCheckOut` where a class is meant. */
export function capital(name: string): string {
  return name.replaceAll(/(?:^|\W+)(\w)/g, (_, first: string) => first.toUpperCase())
}

/** One of `CartLines` is a `CartLine`. */
function oneOf(name: string): string {
  return name.endsWith('s') ? name.replace(/ies$/, 'ys').slice(0, -1) : `${name}Item`
}

/** Formats of ours, in words that others know. */
const ownFormats: Readonly<Record<string, string>> = {
  currency: '^[A-Z]{3}$',
  uri: '^https?://',
  'uri-template': '^https?://',
}

/** Generators read `anyOf` where they stumble over a list of types. */
function choice({ description, type: _, ...rest }: Json, types: readonly string[], components: Components, place: string): Json {
  const options = types.map((type) => {
    const own = Object.entries(rest).filter(([key]) => (keywordsOf[type] ?? []).includes(key))
    return documentedSchema({ type, ...Object.fromEntries(own) }, components, place)
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
