// What a caller may give when creating or changing a record, as a schema of their own view: a field that they may
// neither see nor set is answered like one that does not exist, its value checked by nothing. One that they see and may not
// set is `readOnly`, and documents leave it out: nobody needs to find out by a refusal.

import type { Actor } from '../access/actor.ts'
import { limits } from '../base/limits.ts'
import { type TUnsafe, Type } from '../contract/type.ts'
import type { JsonSchema } from '../schema/kinds/kind.ts'
import type { CollectionModel, CompiledField } from '../schema/model.ts'
import { createInputSchema, patchInputSchema, writableFields } from '../schema/wire.ts'
import { isReadable, isSettable } from './present.ts'

type Input<TInput> = {
  /** With all fields, for the document. */
  readonly whole: TUnsafe<TInput>
  readonly of: (actor: Actor) => TUnsafe<TInput>
}
type Known = CompiledField & { readonly isReadable: boolean; readonly isSettable: boolean }

/** Of these fields, where not of all. */
export function createInput(
  collection: CollectionModel,
  fields: readonly CompiledField[] = writableFields(collection),
): Input<Record<string, unknown>> {
  return byView(fields, createInputSchema)
}

/** A change of these fields: each as it becomes, and of a JSON field a patch. */
export function changeInput(fields: readonly CompiledField[]): Input<Record<string, unknown>> {
  return byView(fields, (known) => patchInputSchema(known.map((field) => ({ ...field, isReadable: false }))))
}

/** With the id, which stands in the address. */
export function patchInput(collection: CollectionModel): Input<Record<string, unknown> & { readonly id: string }> {
  return byView(writableFields(collection), (fields) => {
    const patch = patchInputSchema(fields)
    return {
      ...patch,
      properties: { ...(patch['properties'] as object), id: { type: 'string', maxLength: limits.idCharactersMax } },
      required: ['id'],
    }
  })
}

function byView<TInput>(all: readonly CompiledField[], schemaOf: (fields: readonly Known[]) => JsonSchema): Input<TInput> {
  const restricted = all.filter(({ field }) => field.read !== undefined || field.write !== undefined)
  const views = new Map<string, TUnsafe<TInput>>()
  const make = (fields: readonly Known[]) => Type.Unsafe<TInput>(withReadOnly(schemaOf(fields), fields))
  const whole = make(all.map((field) => ({ ...field, isReadable: true, isSettable: field.field.write?.rule !== 'nobody' })))
  if (restricted.length === 0) return { whole, of: () => whole }
  return {
    whole,
    of(actor) {
      const key = restricted.map(({ field }) => `${isReadable(field, actor)}${isSettable(field, actor)}`).join()
      const found = views.get(key)
      if (found) return found
      const known = all.filter(({ field }) => isReadable(field, actor) || isSettable(field, actor))
      const view = make(
        known.map((one) => ({ ...one, isReadable: isReadable(one.field, actor), isSettable: isSettable(one.field, actor) })),
      )
      views.set(key, view)
      return view
    },
  }
}

function withReadOnly(schema: JsonSchema, fields: readonly Known[]): JsonSchema {
  const properties = { ...(schema['properties'] as Record<string, JsonSchema>) }
  for (const { name } of fields.filter((field) => !field.isSettable)) properties[name] = { ...properties[name], readOnly: true }
  return { ...schema, properties }
}
