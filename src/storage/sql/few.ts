// Which records of another collection a filter looks for are few: those of one account, one order, one team. SQLite knows no
// statistics and follows the text: a list under a rule through many records looked at each record of its own collection in turn
// (170 ms among a million), where the few can be looked up and lead to theirs (0.1 ms).
import type { Filter } from '../../contract/filter.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'

type Via = Extract<Filter, { op: 'via' }>

/** The looks that lead to few records. Not under `not`, where a missing value would count for another answer. */
export function fewIn(model: Model, filter: Filter | undefined, found: Set<Filter> = new Set()): ReadonlySet<Filter> {
  if (filter === undefined) return found
  if (filter.op === 'and' || filter.op === 'or') for (const part of filter.of) fewIn(model, part, found)
  if (filter.op !== 'via' || filter.isList) return found
  if (isFew(model, filter)) found.add(filter)
  return fewIn(model, filter.of, found)
}

function isFew(model: Model, { collection, of }: Via): boolean {
  return fits(model, model.get({ name: collection }), of)
}

/** An equal reference or unique value; whoever has the same state or kind may be anybody. */
function fits(model: Model, collection: CollectionModel, filter: Filter): boolean {
  switch (filter.op) {
    case 'false':
      return true
    case 'eq':
      return isRare(collection, filter.path)
    case 'in':
      return isRare(collection, filter.path)
    case 'and':
      return filter.of.some((part) => fits(model, collection, part))
    case 'or':
      return filter.of.every((part) => fits(model, collection, part))
    case 'via':
      return !filter.isList && isRare(collection, filter.local) && isFew(model, filter)
    default:
      return false
  }
}

function isRare({ fields, indexes }: CollectionModel, path: string): boolean {
  if (path === 'id') return true
  const field = fields.get(path)
  if (field?.field.kind.refers === 'one') return true
  return indexes.some(({ isUnique, columns: [first, ...rest] }) => isUnique && rest.length === 0 && first!.name === field?.columns[0]?.name)
}
