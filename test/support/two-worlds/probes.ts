// Questions aimed at what is hidden, which those of chance meet too seldom: at each field that one may not read, by every word
// that names it; at each record that one may not see, by every way to it; and at what hidden changes must not move.
import type { CollectionModel, CompiledField, Model } from '../../../src/schema/model.ts'
import { type Asking, conditionOf, curious } from './questions.ts'
import type { Named } from './twins.ts'

/** Records that both askers see, and whose hidden fields are written. */
const seen = ['‹publicNote›', '‹otherNote›', '‹foreignTask›', '‹ownTask›', '‹foreignProject›', '‹product›', '‹openAudit›', '‹sharedRoom›']
const hidden = ['‹note›', '‹draft›', '‹draftVariant›', '‹closedAudit›', '‹ownRoom›', '‹hiddenMembership›', '‹ownersOrder›', '‹owner›']

export function probe(asking: Asking): Named {
  return asking.chance.pick([atField, atField, atWrite, atWrite, atRecord, atRecord, atStanding])(asking)
}

function named({ chance }: Asking, method: string, url: string, body?: unknown): Named {
  return { as: chance.pick(curious), request: { method, url, headers: {}, ...(body === undefined ? {} : { body }) } }
}

/** Those that are declared, and seldom those of the system: every collection has them. */
function restrictedOf(model: Model, isDeclared: boolean): { collection: CollectionModel; field: CompiledField }[] {
  return [...model.collections.values()]
    .filter(({ source, access }) => !source.internal && access.read !== undefined)
    .flatMap((collection) =>
      [...collection.fields.values()]
        .filter(({ name, field }) => field.read !== undefined && Object.hasOwn(collection.source.fields, name) === isDeclared)
        .map((field) => ({ collection, field })),
    )
}

function atField(asking: Asking): Named {
  const { chance, model, twins } = asking
  const { collection, field } = chance.pick(restrictedOf(model, chance.is(0.85)))
  const { name } = field
  const list = `/api/${collection.name}`
  const id = chance.pick([...(asking.known.get(collection.prefix) ?? []), ...twins.shown(collection.prefix).slice(-3), 'none'])
  const { operator, value } = conditionOf(asking, field.field.kind.name)
  return chance.pick([
    () => named(asking, 'GET', `${list}?filter[${name}]${operator}=${value}&count=true`),
    () => named(asking, 'GET', `${list}?filter[not][${name}]${operator}=${value}&count=true`),
    () => named(asking, 'GET', `${list}?sort=${name}`),
    () => named(asking, 'GET', `${list}?sort=-${name}&limit=1`),
    () => named(asking, 'GET', `${list}?fields=${name}`),
    () => named(asking, 'GET', `${list}?search=${chance.pick(['alpha', 'omega'])}&count=true`),
    () => named(asking, 'GET', `${list}/${id}?fields=${name}`),
    () => throughReference(asking, collection, `${name}]${operator}=${value}`),
    () => named(asking, 'GET', `${list}/aggregate?${chance.pick(['sum', 'max', 'group', 'sort'])}=${name}`),
    () => named(asking, 'GET', `${list}/aggregate?group=${chance.pick([...collection.fields.keys()])}`),
  ])()
}

/** A hidden field of a record that one may see, and perhaps change. */
function atWrite(asking: Asking): Named {
  const { chance, model, known } = asking
  const id = chance.pick(seen.filter((name) => name !== '‹product›'))
  const collection = collectionOf(model, [...known].find(([, names]) => names.includes(id))![0])!
  const fields = restrictedOf(model, true).filter((one) => one.collection === collection)
  if (fields.length === 0) return named(asking, 'PATCH', `/api/${collection.name}/${id}`, {})
  const { name, field } = chance.pick(fields).field
  const increments = [1, -1, 3, 999_999_950, 999_999_990].map(($increment) => ({ $increment }))
  const value = field.unique
    ? `taken-${chance.below(3)}`
    : chance.pick([...increments, ...increments, 0, 'alpha', { a: null }, { b: 1 }, null])
  const code = chance.pick(['code-alpha', 'code-omega'])
  const body = id === '‹ownTask›' && chance.is(0.5) ? { code } : { [name]: value }
  return { as: 'other', request: { method: 'PATCH', url: `/api/${collection.name}/${id}`, headers: {}, body } }
}

/** The same condition, from a collection that refers to it. */
function throughReference(asking: Asking, target: CollectionModel, condition: string): Named {
  const all = [...asking.model.collections.values()].filter(({ access, source }) => access.read && !source.internal)
  const references = all.flatMap((from) =>
    [...from.fields.values()].filter(({ field }) => field.to === target.name).map(({ name }) => ({ from, name })),
  )
  if (references.length === 0) return named(asking, 'GET', `/api/${target.name}?filter[${condition}`)
  const { from, name } = asking.chance.pick(references)
  // `title][gte]=b` becomes `[title][gte]=b` behind the reference: of the same record, in brackets.
  const way = asking.chance.pick([`${name}.${condition}`, `${name}][${condition}`])
  return named(asking, 'GET', `/api/${from.name}?filter[${way}&count=true`)
}

function collectionOf(model: Model, prefix: string): CollectionModel | undefined {
  return [...model.collections.values()].find((one) => one.prefix === prefix)
}

function atRecord(asking: Asking): Named {
  const { chance, model, known } = asking
  const guesses = [...known.values()].flat().filter((name) => name.startsWith('‹guess'))
  const id = chance.pick([...hidden, ...guesses, ...guesses])
  const prefix = [...known].find(([, names]) => names.includes(id))![0]
  const collection = collectionOf(model, prefix)!
  const url = `/api/${collection.name}/${id}`
  const references: Record<string, () => Named> = {
    notes: () => named(asking, 'POST', '/api/notes', { title: 'Child', parent: id }),
    products: () => named(asking, 'POST', '/api/reviews', { book: id, stars: 1 }),
    variants: () => named(asking, 'POST', '/api/carts/‹ownersCart›/lines', { variant: id }),
    users: () => named(asking, 'PATCH', '/api/projects/‹foreignProject›', { lead: id }),
  }
  return chance.pick([
    () => named(asking, 'GET', url),
    () => named(asking, 'PATCH', url, chance.pick([{}, { title: 'Mine' }, { nothing: 1 }])),
    () => named(asking, 'DELETE', url),
    () => named(asking, 'GET', `/api/${collection.name}?filter[id]=${id}&count=true`),
    references[collection.name] ?? (() => named(asking, 'GET', url)),
  ])()
}

function atStanding(asking: Asking): Named {
  const { chance, model, known, twins } = asking
  const payments = twins.shown('pay').slice(-3)
  const id = chance.pick([...seen, ...payments])
  const prefix = [...known].find(([, names]) => names.includes(id))?.[0] ?? 'pay'
  const { name, source } = collectionOf(model, prefix)!
  const lists = Object.keys(source.lists ?? {})
  const query = chance.pick(['', '', `?expand=${chance.pick([...lists, 'parent', 'lead', 'order'])}`])
  return chance.is(0.6) ? named(asking, 'GET', `/api/${name}/${id}${query}`) : named(asking, 'GET', `/api/${name}${query}`)
}
