// The wire form of fields: their JSON Schema, and the way of a value out of and into a record. The same
// schema checks a request and stands in the OpenAPI document.

import { countries } from '../base/countries.ts'
import { type Field, isList, type JsonSchema } from './kinds/kind.ts'
import type { CollectionModel, CompiledField } from './model.ts'

export const countrySchema: JsonSchema = { type: 'string', enum: countries, description: 'ISO 3166-1 alpha-2' }

/** The schema of one value. Ours say null by type list, the form that JSON Schema 2020-12 and OpenAPI 3.1 share. */
export function fieldSchema(field: Field): JsonSchema {
  const { kind } = field
  if (field.required) return kind.schema(field)
  if (kind.nullableSchema) return kind.nullableSchema(field)
  const schema = kind.schema(field)
  const { type, enum: listed } = schema
  return { ...schema, type: [type, 'null'].flat(), ...(Array.isArray(listed) ? { enum: [...listed, null] } : {}) }
}

/** The schema of a record as read, with these of its fields. A reference may stand expanded. */
export function recordSchema(collection: CollectionModel, fields: Iterable<CompiledField> = collection.fields.values()): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  for (const { name, field } of fields) {
    if (field.read?.rule === 'nobody') continue
    const schema = fieldSchema(field)
    properties[name] = field.kind.readSchema?.(schema, field.to!) ?? schema
  }
  for (const [name, { from }] of Object.entries(collection.source.lists ?? {}))
    properties[name] = { type: 'array', items: { type: 'object', title: from } }
  return { type: 'object', title: collection.name, properties, required: ['id'] }
}

/** Fields a caller may give: not the system's, not computed ones. */
export function writableFields(collection: CollectionModel): CompiledField[] {
  return [...collection.fields.values()].filter(isWritable)
}

export function isWritable({ name, isComputed, compute }: CompiledField): boolean {
  return !isComputed && compute === null && !systemFields.has(name)
}
const systemFields = new Set(['id', 'version', 'createdAt', 'updatedAt'])

/** The schema of a value that is given. */
function givenSchema(field: Field): JsonSchema {
  const schema = fieldSchema(field)
  return field.kind.givenSchema?.(schema) ?? schema
}

export function createInputSchema(fields: readonly CompiledField[]): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, field }) => [name, givenSchema(field)])),
    required: fields.filter(({ field }) => field.required && field.default === undefined).map(({ name }) => name),
    additionalProperties: false,
  }
}

/**
 * JSON Merge Patch (RFC 7396) of these fields; numbers also take `{ "$increment": n }`, lists `$push` and `$pull`. Not those that
 * the caller may not read: whether a sum keeps to the limits tells what it was added to. What is given for a JSON field is a patch of its
 * own: it is the result that must fit the field's schema.
 */
export function patchInputSchema(fields: readonly (CompiledField & { readonly isReadable: boolean })[]): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  for (const { name, field, isReadable } of fields) {
    if (field.kind.isJson) {
      properties[name] = { description: 'Merged into the value there is: null removes a name, a list is replaced whole.' }
      continue
    }
    const schema = givenSchema(field)
    const { increment } = field.kind
    const change = !isReadable ? null : increment ? incrementOf(increment.schema) : isList(field.kind) ? listChange(schema) : null
    properties[name] = change ? { anyOf: [schema, change] } : schema
  }
  return { type: 'object', properties, additionalProperties: false }
}

function incrementOf(amount: JsonSchema): JsonSchema {
  return {
    type: 'object',
    ...(amount['type'] === 'integer' ? { title: 'Increment' } : {}),
    description: 'Adds to the number there is, whatever it is by then.',
    properties: { $increment: amount },
    required: ['$increment'],
    additionalProperties: false,
  }
}

/** What comes into a list, behind what is there, and what goes out of it. */
export type ListChange = { readonly $push?: string | readonly string[]; readonly $pull?: string | readonly string[] }

export const listChangeTitle = 'ListChange'

function listChange({ items, maxItems }: JsonSchema): JsonSchema {
  const some = { anyOf: [items, { type: 'array', items, maxItems }] }
  return {
    type: 'object',
    title: listChangeTitle,
    description: 'Takes entries out of the list there is, and adds others behind it that it does not have.',
    properties: { $push: some, $pull: some },
    minProperties: 1,
    additionalProperties: false,
  }
}

/** A validated value as it is stored. @throws validation_failed for what is out of range, such as a time before 1970 */
export function fromWire(field: Field, value: unknown, path: string): unknown {
  if (value === null || value === undefined) return null
  return field.kind.fromWire ? field.kind.fromWire(value, path, field) : value
}
