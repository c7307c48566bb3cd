// Computed fields of one collection: what they are made of, and what cannot be said of them.
import type { Field } from '../../schema/kinds/kind.ts'
import { isKind } from '../../schema/kinds/kind.ts'
import { type Add, isObject } from '../../schema/shape.ts'

/** Of fields that may be wrong elsewhere: what has the wrong form is said there. */
export function checkComputed(fields: Readonly<Record<string, unknown>>, path: string, add: Add): void {
  for (const [name, field] of Object.entries(fields)) {
    if (!isObject(field) || !isKind(field['kind']) || !isObject(field['computed']) || !isObject(field['computed']['from'])) continue
    const at = `${path}.${name}`
    checkOptions(field as Field, at, add)
    const { from } = field['computed']
    if (Object.keys(from).length === 0) add(`${at}.from`, 'names no field: what is always the same needs none')
    for (const [own, given] of Object.entries(from)) {
      if (!Object.hasOwn(fields, own)) add(`${at}.from.${own}`, 'is no field of this collection')
      else if (fields[own] !== given)
        add(`${at}.from.${own}`, `is not the field that this collection declares as ${own}: give both the same value`)
      else if (isObject(given) && given['computed'] !== undefined) add(`${at}.from.${own}`, 'is computed itself: name what that is made of')
    }
  }
}

function checkOptions(field: Field, at: string, add: Add): void {
  const { kind, computed } = field
  if (kind.refers !== undefined || kind.holdsFiles !== undefined)
    add(at, `is of kind ${kind.name}, which leads to something else: it is given, not computed`)
  for (const option of ['default', 'write', 'backfill'] as const)
    if (field[option] !== undefined) add(`${at}.${option}`, 'is for what is given: leave it out of a computed field')
  if (field.search !== undefined && field.search !== false)
    add(`${at}.search`, 'is for what is given: search the fields that it is made of')
  if (computed!.stored && kind.columns.length > 1)
    add(at, `is of kind ${kind.name}, which lies in several columns: leave stored out, or store one part of it`)
  if (computed!.stored) return
  for (const option of ['unique', 'renamedFrom'] as const)
    if (field[option] !== undefined && field[option] !== false) add(`${at}.${option}`, 'is for what is stored: say stored: true')
}
