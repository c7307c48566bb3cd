// Filters of a list as parameters with names of their own, for documents: `filter[price][gte]`. They are what
// people ask for most; parse-filter.ts takes more (references, and, or, not).
import type { Actor } from '../access/actor.ts'
import { limits } from '../base/limits.ts'
import type { Field } from '../schema/field.ts'
import type { CollectionModel } from '../schema/model.ts'
import type { JsonSchema } from '../schema/wire.ts'
import { visibleFields } from './present.ts'

/** Each parameter's schema by its name. */
export function listFilters(collection: CollectionModel, actor: Actor): Record<string, JsonSchema> {
  const filters: Record<string, JsonSchema> = {}
  for (const { name, field, isComputed } of visibleFields(collection, actor)) {
    if (isComputed || field.kind === 'json' || field.read?.rule === 'nobody') continue
    // An id is a text to the storage, and nobody looks for a part of one.
    const kind = name === 'id' ? 'ref' : field.kind
    const value = valueSchema({ ...field, kind })
    for (const operator of operatorsOf[kind])
      filters[`filter[${name}]${operator === 'eq' ? '' : `[${operator}]`}`] =
        operator === 'in' ? listOf(field) : (special[operator] ?? value)
    if (!field.required && field.kind !== 'refs') filters[`filter[${name}][null]`] = { type: 'boolean' }
  }
  return filters
}

const part: JsonSchema = { type: 'string', maxLength: limits.textMatchCharactersMax }
const special: Readonly<Record<string, JsonSchema>> = {
  contains: part,
  startsWith: part,
}

function listOf({ options }: Field): JsonSchema {
  const schema = { type: 'string', description: 'Values with commas between them.' }
  return options ? { ...schema, pattern: `^(${options.join('|')})(,(${options.join('|')}))*$` } : schema
}

const ordered = ['eq', 'gt', 'gte', 'lt', 'lte'] as const
const operatorsOf = {
  text: ['eq', 'in', 'contains', 'startsWith'],
  longText: ['contains'],
  email: ['eq', 'contains', 'startsWith'],
  url: ['eq', 'startsWith'],
  enum: ['eq', 'in'],
  ref: ['eq', 'in'],
  refs: ['eq'],
  boolean: ['eq'],
  integer: ordered,
  money: ordered,
  date: ordered,
  dateTime: ordered,
  json: [],
} as const satisfies Record<Field['kind'], readonly string[]>

function valueSchema({ kind, options }: Field): JsonSchema {
  switch (kind) {
    case 'integer':
      return { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }
    case 'money':
      return {
        type: 'integer',
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'The amount, in minor units.',
      }
    case 'boolean':
      return { type: 'boolean' }
    case 'date':
      return { type: 'string', format: 'date' }
    case 'dateTime':
      return { type: 'string', format: 'date-time' }
    case 'enum':
      return { type: 'string', enum: [...options!] }
    default:
      return { type: 'string' }
  }
}
