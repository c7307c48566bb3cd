// The wire form of fields: their JSON Schema, and the way of a value out of and into a record. The same
// schema checks a request and stands in the OpenAPI document.

import { countries } from '../base/countries.ts'
import { invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { Field } from './field.ts'
import type { CollectionModel, CompiledField } from './model.ts'

export type JsonSchema = Record<string, unknown>

export const moneySchema: JsonSchema = {
  type: 'object',
  title: 'Money',
  description: 'Whole minor units and an ISO 4217 currency: 1999 EUR is 19.99 EUR.',
  properties: {
    amount: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
    currency: { type: 'string', format: 'currency' },
  },
  required: ['amount', 'currency'],
  additionalProperties: false,
}

export const countrySchema: JsonSchema = { type: 'string', enum: countries, description: 'ISO 3166-1 alpha-2' }

/** The schema of one value. Ours say null by type list, the form that JSON Schema 2020-12 and OpenAPI 3.1 share. */
export function fieldSchema(field: Field): JsonSchema {
  const schema = baseSchema(field)
  if (field.required) return schema
  if (field.kind === 'json') return takesNull(schema) ? schema : { anyOf: [schema, { type: 'null' }] }
  if (field.kind === 'enum') return { ...schema, type: ['string', 'null'], enum: [...field.options!, null] }
  return { ...schema, type: [schema['type'], 'null'] }
}

/** A schema that says no type takes any value; one that lists null need not be told. */
function takesNull(schema: JsonSchema): boolean {
  return Object.keys(schema).length === 0 || [schema['type']].flat().includes('null')
}

function baseSchema(field: Field): JsonSchema {
  const range = (min: string, max: string) => ({
    ...(field.min === undefined ? {} : { [min]: field.min }),
    ...(field.max === undefined ? {} : { [max]: field.max }),
  })
  switch (field.kind) {
    case 'text':
    case 'longText':
      return { type: 'string', ...range('minLength', 'maxLength') }
    case 'email':
      return { type: 'string', format: 'email', maxLength: limits.emailCharactersMax }
    case 'url':
      return { type: 'string', format: 'uri', maxLength: field.max ?? limits.urlCharactersMax }
    case 'enum':
      return { type: 'string', enum: [...field.options!] }
    case 'integer':
      return { type: 'integer', minimum: field.min ?? Number.MIN_SAFE_INTEGER, maximum: field.max ?? Number.MAX_SAFE_INTEGER }
    case 'money':
      return field.min === undefined && field.max === undefined && field.currency === undefined ? moneySchema : boundMoney(field)
    case 'boolean':
      return { type: 'boolean' }
    case 'date':
      return { type: 'string', format: 'date' }
    case 'dateTime':
      return { type: 'string', format: 'date-time' }
    case 'json':
      return (
        (field.schema as JsonSchema | undefined) ?? (field.required ? { type: ['object', 'array', 'string', 'number', 'boolean'] } : {})
      )
    case 'ref':
      return { type: 'string', maxLength: limits.idCharactersMax }
    case 'refs':
      return {
        type: 'array',
        items: { type: 'string', maxLength: limits.idCharactersMax },
        maxItems: limits.referencesMax,
        uniqueItems: true,
      }
  }
}

function boundMoney({ min, max, currency }: Field): JsonSchema {
  const of = moneySchema['properties'] as Record<string, object>
  return {
    ...moneySchema,
    // A range of its own makes it another schema than the one named Money.
    title: undefined,
    properties: {
      amount: { type: 'integer', minimum: min ?? Number.MIN_SAFE_INTEGER, maximum: max ?? Number.MAX_SAFE_INTEGER },
      currency: currency === undefined ? of['currency'] : { type: 'string', enum: [currency] },
    },
  }
}

/** The schema of a record as read, with these of its fields. A reference may stand expanded. */
export function recordSchema(collection: CollectionModel, fields: Iterable<CompiledField> = collection.fields.values()): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  for (const { name, field } of fields) {
    if (field.read?.rule === 'nobody') continue
    const schema = fieldSchema(field)
    properties[name] = field.kind === 'ref' ? { ...schema, type: [schema['type'], 'object'].flat() } : schema
    if (field.kind === 'refs') properties[name] = { ...schema, items: { type: ['string', 'object'] } }
  }
  for (const name of Object.keys(collection.source.lists ?? {})) properties[name] = { type: 'array', items: { type: 'object' } }
  return { type: 'object', title: collection.name, properties, required: ['id'] }
}

/** Fields a caller may give: not the system's, not computed ones. */
export function writableFields(collection: CollectionModel): CompiledField[] {
  return [...collection.fields.values()].filter(({ name, isComputed }) => !isComputed && !systemFields.has(name))
}
const systemFields = new Set(['id', 'version', 'createdAt', 'updatedAt'])

/** Line breaks of Unicode and all control characters. */
export const oneLine = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$'

/** The schema of a value that is given. What was stored before a rule was is still read, so the rule stands here alone. */
function givenSchema(field: Field): JsonSchema {
  return field.kind === 'text' ? { ...fieldSchema(field), pattern: oneLine } : fieldSchema(field)
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
 * JSON Merge Patch (RFC 7396) of these fields; integers also take `{ "$increment": n }`. Not those that the caller may
 * not read: whether a sum keeps to the limits tells what it was added to. What is given for a JSON field is a patch of its
 * own: it is the result that must fit the field's schema.
 */
export function patchInputSchema(fields: readonly (CompiledField & { readonly isReadable: boolean })[]): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  for (const { name, field, isReadable } of fields) {
    if (field.kind === 'json') {
      properties[name] = { description: 'Merged into the value there is: null removes a name, a list is replaced whole.' }
      continue
    }
    const schema = givenSchema(field)
    const increment = {
      type: 'object',
      properties: { $increment: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER } },
      required: ['$increment'],
      additionalProperties: false,
    }
    properties[name] = field.kind === 'integer' && isReadable ? { anyOf: [schema, increment] } : schema
  }
  return { type: 'object', properties, additionalProperties: false }
}

/** A validated value as it is stored. @throws validation_failed for a time before 1970 or after 9999 */
export function fromWire(field: Field, value: unknown, path: string): unknown {
  if (value === null || value === undefined) return null
  if (field.kind === 'email') return (value as string).trim().toLowerCase()
  if (field.kind !== 'dateTime') return value
  const time = Date.parse(value as string)
  if (time < 0 || time > 253_402_300_799_999) throw invalid(path, 'range', 'must be a time between 1970 and 9999')
  return time
}
