import { type TUnsafe, Type } from '../contract/type.ts'
import type { JsonSchema } from '../schema/kinds/kind.ts'
import type { CollectionModel, CompiledField } from '../schema/model.ts'
import { fieldSchema } from '../schema/wire.ts'
import { isOrdered, isSummable } from './parse-aggregate.ts'

/** The answer of an aggregate, with these fields to measure. */
export function groupsSchema(collection: CollectionModel, fields: Iterable<CompiledField>): TUnsafe<unknown> {
  const open = [...fields].filter(({ field, isComputed }) => !isComputed && field.read?.rule !== 'nobody')
  const of = (fits: (field: CompiledField) => boolean, schemaOf: (field: CompiledField) => JsonSchema) => {
    const fitting = open.filter(fits)
    return { type: 'object', properties: Object.fromEntries(fitting.map((field) => [field.name, schemaOf(field)])) }
  }
  // Ranges are those of one value.
  const value = ({ field: { min: _, max: __, ...field } }: CompiledField) => fieldSchema({ ...field, required: false })
  const average = (compiled: CompiledField) =>
    compiled.columns.length > 1 || compiled.field.kind.toWire ? value(compiled) : { type: ['number', 'null'] }
  const group = {
    type: 'object',
    title: `${collection.name}Group`,
    properties: {
      group: { type: 'object', description: 'By what was grouped, under the names it was asked for.', additionalProperties: true },
      count: { type: 'integer', description: 'How many records.' },
      sum: of(isSummable, value),
      avg: of(isSummable, average),
      min: of(isOrdered, value),
      max: of(isOrdered, value),
    },
    required: ['group', 'count'],
  }
  return Type.Unsafe({
    type: 'object',
    title: `${collection.name}Groups`,
    properties: {
      items: { type: 'array', items: group },
      groups: { type: 'integer', description: 'How many groups there are, those beyond `limit` included.' },
    },
    required: ['items', 'groups'],
  })
}
