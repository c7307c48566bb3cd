import { anyone } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import { and } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type Operation, query } from '../../operation/define.ts'
import { listFilters } from '../../records/list-filters.ts'
import { parseFilter, type QueryScope } from '../../records/parse-filter.ts'
import { parseSearch } from '../../records/parse-search.ts'
import { readFilter } from '../../records/present.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import type { CollectionModel } from '../../schema/model.ts'
import { categories, idsOnPath, pathOf } from './categories.ts'
import { bandFrom, type Counted, countFacets, optionNameOf, splitFilter } from './facets.ts'

const moneyType = Type.Unsafe<Money>(moneySchema)
const rangeType = Type.Unsafe<{ min: Money; max: Money } | null>({
  type: ['object', 'null'],
  title: 'PriceRange',
  properties: { min: moneySchema, max: moneySchema },
  required: ['min', 'max'],
})

const facetType = Type.Object(
  {
    name: Type.String({ description: '`categories`, `price`, an option, or a field of the project.' }),
    kind: Type.String({ enum: ['category', 'price', 'option', 'field'] }),
    filter: Type.String({ description: 'The field that a list is filtered by to narrow this down.' }),
    values: Type.Array(
      Type.Object(
        {
          value: Type.String({ description: 'As a filter takes it.' }),
          title: Type.String(),
          count: Type.Integer(),
          parent: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Of a category: the one above it.' })),
          from: Type.Optional(moneyType),
          below: Type.Optional(moneyType),
        },
        { title: 'FacetValue' },
      ),
    ),
  },
  { title: 'Facet' },
)

/**
 * `GET /api/products/facets`: how many of what is searched and filtered there are of each category, option, price and field. One
 * query over products, in an index of what they are counted by.
 */
export function listFacets(collection: CollectionModel, fields: readonly string[]): Operation {
  const known = new Set(fields)
  return query({
    name: 'products.facets',
    route: 'GET /api/products/facets',
    summary: 'Count products by what they can be narrowed down by',
    tag: 'Products',
    scope: 'products:read',
    input: Type.Object(
      {
        filter: Type.Optional(Type.Unsafe<unknown>({ type: 'object', description: 'As in a list.' })),
        search: Type.Optional(Type.String({ maxLength: limits.textMatchCharactersMax, description: 'As in a list.' })),
      },
      { additionalProperties: false },
    ),
    filters: (actor) => listFilters(collection, actor),
    output: Type.Object(
      {
        count: Type.Integer(),
        isExact: Type.Boolean({
          description: `False: there are at least so many, where products differ in more than ${limits.facetGroupsMax} ways.`,
        }),
        price: rangeType,
        facets: Type.Array(facetType),
      },
      { title: 'Facets' },
    ),
    access: anyone,
    async run({ read, input, actor, model, project }) {
      const scope: QueryScope = { model, collection, actor }
      const { own, rest } = splitFilter(input.filter === undefined ? undefined : parseFilter(scope, input.filter), known)
      const where = and(parseSearch(scope, input.search).where, ...rest, readFilter(collection, actor))
      const measures = [
        { of: 'min', path: 'price.amount' },
        { of: 'max', path: 'price.amount' },
      ] as const
      const [groups, tree] = await Promise.all([
        // Beyond the limit: the answer says that there are more.
        read.group(collection, { where, by: ['facets'], measures, limit: limits.facetGroupsMax + 1 }),
        // Beyond the limit: categories without a title of their own, counted by themselves alone; the answer says that it is not exact.
        read.find(categories, { limit: limits.facetCategoriesMax, isUnordered: true }),
      ])
      const byId = new Map(tree.map((one) => [one.id, one]))
      const within = (id: string) => (byId.has(id) ? idsOnPath(pathOf(byId.get(id)!)) : [id])
      const counted = countFacets(groups.slice(0, limits.facetGroupsMax), { own, within })
      const currency = project.shop!.currency
      const money = (amount: number): Money => ({ amount, currency })
      return {
        output: {
          count: counted.count,
          isExact: counted.isWhole && groups.length <= limits.facetGroupsMax && tree.length < limits.facetCategoriesMax,
          price: counted.price && { min: money(counted.price.min), max: money(counted.price.max) },
          facets: facetsOf(counted, { byId, money }),
        },
      }
    },
  })
}

type Told = {
  readonly byId: ReadonlyMap<string, { readonly title: string; readonly parent: string | null }>
  readonly money: (amount: number) => Money
}

/** The most frequent values first, as many as a page shows; prices from the lowest. */
function facetsOf({ counts }: Counted, { byId, money }: Told) {
  return [...counts].map(([facet, of]) => {
    const kind = facet === 'categories' ? 'category' : facet === 'price' ? 'price' : facet.startsWith('option ') ? 'option' : 'field'
    const sorted = [...of].toSorted(([a, many], [b, few]) => (kind === 'price' ? Number(a) - Number(b) : few - many || (a < b ? -1 : 1)))
    const values = sorted.slice(0, limits.facetValuesMax).map(([value, count]) => {
      if (kind === 'category') return { value, title: byId.get(value)?.title ?? value, count, parent: byId.get(value)?.parent ?? null }
      if (kind === 'option') return { value, title: value.slice(optionNameOf(value).length + 2), count }
      if (kind === 'field') return { value, title: value, count }
      const [from, below] = [bandFrom(Number(value)), bandFrom(Number(value) + 1)]
      return { value, title: `${from}`, count, from: money(from), below: money(below) }
    })
    const name = kind === 'option' ? facet.slice('option '.length) : facet
    return { name, kind, filter: kind === 'option' ? 'optionValues' : kind === 'price' ? 'price' : facet, values }
  })
}
