// Filters of a list as parameters with names of their own, for documents: `filter[price][gte]`. They are what
// people ask for most; parse-filter.ts takes more (references, and, or, not).
import type { Actor } from '../access/actor.ts'
import { limits } from '../base/limits.ts'
import type { Field, JsonSchema } from '../schema/kinds/kind.ts'
import type { CollectionModel } from '../schema/model.ts'
import { visibleFields } from './present.ts'

/** Each parameter's schema by its name. */
export function listFilters(collection: CollectionModel, actor: Actor): Record<string, JsonSchema> {
  const filters: Record<string, JsonSchema> = {}
  for (const { name, field, columns } of visibleFields(collection, actor)) {
    const [column] = columns
    if (column === undefined || field.read?.rule === 'nobody') continue
    const { operators } = column.comparing
    if (operators.length === 0) continue
    const value = column.comparing.querySchema(field)
    for (const operator of operators)
      filters[`filter[${name}]${operator === 'eq' ? '' : `[${operator}]`}`] =
        operator === 'in'
          ? listOf(field)
          : operator === 'near' || operator === 'within'
            ? column.comparing.areaSchema!(operator)
            : (special[operator] ?? value)
    if (column.isNullable && !column.isList) filters[`filter[${name}][null]`] = { type: 'boolean' }
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
