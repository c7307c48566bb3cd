// Any JSON value; a schema may narrow it.
import { plainObject } from '../shape.ts'
import { notCompared } from './comparing.ts'
import { type Declared, defineKind, type Field, type JsonSchema, makeField, type With } from './kind.ts'

function schemaOf({ schema, required }: Field): JsonSchema {
  return (schema as JsonSchema | undefined) ?? (required ? { type: ['object', 'array', 'string', 'number', 'boolean'] } : {})
}

/** A schema that says no type takes any value; one that lists null need not be told. */
function takesNull(schema: JsonSchema): boolean {
  return Object.keys(schema).length === 0 || [schema['type']].flat().includes('null')
}

export const jsonKind = defineKind({
  name: 'json',
  otherNames: ['object', 'array'],
  columns: [{ type: 'json', comparing: notCompared }],
  isJson: true,
  isLarge: true,
  options: { schema: plainObject },
  schema: schemaOf,
  nullableSchema(field) {
    const schema = schemaOf(field)
    return takesNull(schema) ? schema : { anyOf: [schema, { type: 'null' }] }
  },
  misfit: () => null,
  input: 'json',
  display: 'json',
})

/** Rules of its own are not in the type: whoever gives the type of the value cannot have the rest inferred. */
type JsonField<TValue, TOptions> = Field<Declared<{ value: TValue; compared: object; isLarge: true }, TOptions>>

/** Any JSON value; `schema` narrows it. Its type is given by hand, so two overloads say when it may be null. */
export function json<TValue = unknown>(
  options: With<{ readonly schema?: object }> & { readonly required: true },
): JsonField<TValue, { required: true }>
export function json<TValue = unknown>(options?: With<{ readonly schema?: object }>): JsonField<TValue, object>
export function json(options?: With<{ readonly schema?: object }>): Field {
  return makeField(jsonKind, options)
}
