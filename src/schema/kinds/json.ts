// Any JSON value; a schema may narrow it.
import { type InputIssue, isEngineError } from '../../base/engine-error.ts'
import { parseJsonBody } from '../../base/json-text.ts'
import { limits } from '../../base/limits.ts'
import { plainObject } from '../shape.ts'
import { notCompared } from './comparing.ts'
import { type Declared, defineKind, type Excess, type Field, type JsonSchema, makeField, type With } from './kind.ts'

function schemaOf({ schema, required }: Field): JsonSchema {
  return (schema as JsonSchema | undefined) ?? (required ? { type: ['object', 'array', 'string', 'number', 'boolean'] } : {})
}

/** A schema that says no type takes any value; one that lists null need not be told. */
function takesNull(schema: JsonSchema): boolean {
  return Object.keys(schema).length === 0 || [schema['type']].flat().includes('null')
}

/** Null of what JSON does not have: a function, a circle. */
function textOf(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null
  } catch {
    return null
  }
}

/** What a function makes is no larger, no deeper and of no other characters than what a request could give. */
function excessOf(text: string): Excess | null {
  const be = (code: string, message: string) => ({ code, what: `be JSON that ${message}` })
  if (Buffer.byteLength(text) > limits.bodyBytesMax) return be('too_large', `has more than ${limits.bodyBytesMax} bytes`)
  try {
    parseJsonBody(Buffer.from(text))
    return null
  } catch (error) {
    if (!isEngineError(error, 'validation_failed')) throw error
    const [{ code, message }] = error.errors as readonly [InputIssue]
    return be(code, message)
  }
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
  misfit: (_field, value) => {
    const text = textOf(value)
    return text === null ? 'cannot be told in JSON' : excessOf(text) === null ? null : 'is no JSON that a request could give'
  },
  excess(_field, value) {
    const text = textOf(value)
    return text === null ? null : excessOf(text)
  },
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
