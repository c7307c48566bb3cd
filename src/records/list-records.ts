import { anyone, nobody } from '../access/rule.ts'
import { invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { and, type Filter, type WordsFilter } from '../contract/filter.ts'
import { type Static, Type } from '../contract/type.ts'
import { type Operation, query } from '../operation/define.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel, CompiledField } from '../schema/model.ts'
import { recordSchema } from '../schema/wire.ts'
import type { Reader, Sort } from '../storage/storage.ts'
import { fittingPage } from './answer-size.ts'
import { decodeCursor, decodeTierCursor, encodeCursor, encodeTierCursor } from './cursor.ts'
import { expand, parseExpand } from './expand.ts'
import { foundFirst, leadsFromList } from './found-first.ts'
import { listFilters } from './list-filters.ts'
import { type Found, nearestFirst, nearOf, type Order } from './nearest-first.ts'
import { parseFilter, parseSort, type QueryScope } from './parse-filter.ts'
import { searchPathsOf, tierOf } from './parse-search.ts'
import { isReadable, presentAll, readFilter, visibleFields } from './present.ts'
import { searchOf } from './search-texts.ts'

export const listInput = Type.Object(
  {
    filter: Type.Optional(Type.Unsafe<unknown>({ type: 'object', description: '`filter[field][operator]=value`; `eq` may be left out.' })),
    sort: Type.Optional(Type.String({ description: `At most ${limits.sortKeysMax} fields, \`-\` for descending: \`-createdAt,name\`.` })),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: limits.pageSizeMax,
        default: limits.pageSizeDefault,
        description: 'Records of a page at most: one of very large records ends earlier.',
      }),
    ),
    cursor: Type.Optional(Type.String({ description: '`next` of the page before.' })),
    expand: Type.Optional(Type.String({ description: 'References and lists to fill in, whole: `author,lines.variant`.' })),
    fields: Type.Optional(Type.String({ description: 'Only these fields: `id,title`.' })),
    search: Type.Optional(
      Type.String({
        maxLength: limits.textMatchCharactersMax,
        description:
          'Words that all stand in searched fields, in either case and without accents; the last may go on. Without `sort`, what fits best comes first.',
      }),
    ),
    count: Type.Optional(Type.Boolean({ description: `Adds how many there are in all, at most ${limits.countMax}.` })),
  },
  { additionalProperties: false },
)

const { search: _, ...unsearchable } = listInput.properties
const unsearchableInput = Type.Unsafe<Static<typeof listInput>>(Type.Object(unsearchable, { additionalProperties: false }))

/** `GET /api/{collection}`: a page in a total order, with the collection's read rule inside the query. */
export function listRecords(collection: CollectionModel): Operation {
  return query({
    name: `${collection.name}.list`,
    route: `GET /api/${collection.name}`,
    summary: `List ${collection.title.toLowerCase()}`,
    tag: collection.title,
    isPresented: true,
    input: collection.searchPaths.length > 0 ? listInput : unsearchableInput,
    inputFor: (actor) => (searchPathsOf(collection, actor).length > 0 ? listInput : unsearchableInput),
    filters: (actor) => listFilters(collection, actor),
    output: pageSchema(collection, collection.fields.values()),
    outputFor: (actor) => pageSchema(collection, visibleFields(collection, actor)),
    audience: collection.access.read ?? nobody,
    errors: ['expand_too_large'],
    // Which records is a question to the query; a rule that is false for everyone answers an empty page.
    access: collection.access.read === undefined ? nobody : anyone,
    async run({ read, input, actor, model, now }) {
      const scope: QueryScope = { model, collection, actor }
      const limit = input.limit ?? limits.pageSizeDefault
      const tree = parseExpand(input.expand)
      const chosen = parseFields(scope, input.fields, tree.keys())
      const asked = input.filter === undefined ? undefined : parseFilter(scope, input.filter)
      const filter = leadsFromList(asked) ? await foundFirst(read, asked) : asked
      const near = nearOf(input.sort, filter)
      const sort = near ? [] : parseSort(scope, input.sort)
      const sought = searchOf(read, scope, input.search)
      const search = sought instanceof Promise ? await sought : sought
      const rest = and(filter, readFilter(collection, actor))
      const where = and(search.where, rest)
      const isRanked = sort.length === 0 && search.tiers.length > 0
      const place = { read, collection, where: isRanked && !near ? rest : where }
      const order = near ? nearestFirst(place, near) : isRanked ? rankedOrder(place, search.tiers) : sortedOrder(place, sort)
      // One more than asked for tells whether there is a next page, without a count.
      const found = await order.page(limit + 1, input.cursor)
      const page = found.slice(0, fittingPage(visibleFields(collection, actor), found, limit))
      const items = await presentAll(read, collection, actor, page, { chosen, now })
      if (tree.size > 0) await expand(read, { ...scope, now }, items, tree)
      const output: Record<string, unknown> = { items, next: found.length > page.length ? order.encode(page.at(-1)!) : null }
      return { output: input.count ? { ...output, ...(await counted(read, collection, where)) } : output }
    },
  })
}

/** What is there in all, as far as it is worth looking: each record counted has to be looked at. */
async function counted(read: Reader, collection: CollectionModel, where: Filter): Promise<object> {
  const count = await read.count(collection, where, limits.countMax + 1)
  return count > limits.countMax ? { count: limits.countMax, countIsAtLeast: true } : { count }
}

function sortedOrder({ read, collection, where }: Found, sort: readonly Sort[]): Order {
  return {
    page: async (limit, cursor) => {
      const after = cursor === undefined ? {} : { after: decodeCursor(collection, sort, cursor) }
      // Beyond the limit: the next page, for which the last record is the cursor.
      return await read.find<AnyRecord>(collection, { where, sort, limit, ...after })
    },
    encode: (last) => encodeCursor(sort, last),
  }
}

function rankedOrder({ read, collection, where }: Found, tiers: readonly WordsFilter[]): Order {
  return {
    page: async (limit, cursor) => {
      const after = cursor === undefined ? {} : { after: decodeTierCursor(tiers.length, cursor) }
      // Beyond the limit: the next page, for which the last record is the cursor.
      return await read.find<AnyRecord>(collection, { where, ranked: tiers, limit, ...after })
    },
    encode: (last) => encodeTierCursor(tierOf(tiers, last), last.id),
  }
}

function pageSchema(collection: CollectionModel, fields: Iterable<CompiledField>) {
  return Type.Unsafe({
    type: 'object',
    title: `${collection.name}Page`,
    properties: {
      items: { type: 'array', items: recordSchema(collection, fields) },
      next: { type: ['string', 'null'], description: 'Cursor of the next page; null on the last one.' },
      count: { type: 'integer', maximum: limits.countMax },
      countIsAtLeast: { type: 'boolean', description: `True where there are more than ${limits.countMax}, and left out otherwise.` },
    },
    required: ['items', 'next'],
  })
}

/** `fields=id,title`. The id is always among them. */
export function parseFields(scope: QueryScope, text: string | undefined, expanded: Iterable<string>): ReadonlySet<string> | undefined {
  if (text === undefined || text === '') return undefined
  const names = new Set(text.split(','))
  for (const name of names) {
    const field = scope.collection.fields.get(name)
    if (!field || !isReadable(field.field, scope.actor))
      throw invalid('query:fields', 'unknown_field', `${scope.collection.name} has no field ${name}`)
  }
  return new Set(['id', ...names, ...expanded])
}
