import { staff } from '../access/rule.ts'
import { EngineError, invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { isTimeZone } from '../base/time-zone.ts'
import { and, type Scalar } from '../contract/filter.ts'
import { Type } from '../contract/type.ts'
import { type Operation, query } from '../operation/define.ts'
import type { CollectionModel } from '../schema/model.ts'
import type { Group } from '../storage/storage.ts'
import { groupsSchema } from './aggregate-schema.ts'
import { listFilters } from './list-filters.ts'
import { type Aggregate, parseAggregate, type Value } from './parse-aggregate.ts'
import { parseFilter, type QueryScope } from './parse-filter.ts'
import { readFilter, visibleFields } from './present.ts'
import { searchOf } from './search-texts.ts'
import { spans } from './spans.ts'

const list = (description: string) => Type.Optional(Type.String({ description }))

const aggregateInput = Type.Object(
  {
    filter: Type.Optional(Type.Unsafe<unknown>({ type: 'object', description: 'As in a list.' })),
    search: Type.Optional(Type.String({ maxLength: limits.textMatchCharactersMax, description: 'As in a list.' })),
    group: list(
      `At most ${limits.groupKeysMax} fields, with commas between them: \`status,createdAt:month\`. Times and days also by ` +
        spans.map((span) => `\`:${span}\``).join(', '),
    ),
    sum: list('Fields of whole numbers and of money. Money of several currencies has a group for each.'),
    avg: list('As `sum`; of money to the nearest minor unit.'),
    min: list('Fields with an order: numbers, money, times, days.'),
    max: list('As `min`.'),
    sort: list('`count`, `group.<field>` or `<measure>.<field>`, `-` for descending: `-sum.total`. By the groups when left out.'),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: limits.groupsMax, default: limits.groupsMax, description: 'Groups at most.' }),
    ),
    timeZone: Type.Optional(Type.String({ description: 'Whose days and hours they are: `Europe/Berlin`. `UTC` when left out.' })),
  },
  { additionalProperties: false },
)

/** `GET /api/{collection}/aggregate`: counts, sums and more of all records that fit and that the caller may see, by groups. */
export function aggregateRecords(collection: CollectionModel): Operation {
  return query({
    name: `${collection.name}.aggregate`,
    route: `GET /api/${collection.name}/aggregate`,
    summary: `Count and sum ${collection.title.toLowerCase()} by groups`,
    tag: collection.title,
    isPresented: true,
    input: aggregateInput,
    filters: (actor) => listFilters(collection, actor),
    output: groupsSchema(collection, collection.fields.values()),
    outputFor: (actor) => groupsSchema(collection, visibleFields(collection, actor)),
    errors: ['too_many_groups', 'amount_too_large'],
    // It looks at every record that fits, however many: whoever may ask is chosen.
    access: collection.access.aggregate ?? staff,
    async run({ read, input, actor, model }) {
      const scope: QueryScope = { model, collection, actor }
      const { timeZone = 'UTC' } = input
      if (!isTimeZone(timeZone)) throw invalid('query:timeZone', 'time_zone', 'is no time zone; there is Europe/Berlin, for example')
      const aggregate = parseAggregate(scope, { ...input, timeZone })
      const where = and(
        input.filter === undefined ? undefined : parseFilter(scope, input.filter),
        (await searchOf(read, scope, input.search)).where,
        readFilter(collection, actor),
      )
      const { by, measures } = aggregate
      // Beyond the limit: refused, for what is told of a part of the groups would be wrong.
      const rows = await read.group(collection, { where, by, measures, limit: limits.groupRowsMax + 1 })
      if (rows.length > limits.groupRowsMax) throw new EngineError('too_many_groups')
      const groups = joined(aggregate, rows)
      if (groups.length > limits.groupsMax && input.limit === undefined) throw new EngineError('too_many_groups')
      const items = groups.toSorted(aggregate.compare).slice(0, input.limit)
      return { output: { items: items.map(aggregate.present), groups: groups.length } }
    },
  })
}

/** What lies in one span of time is one group. */
function joined({ spanOf, measures }: Aggregate, rows: readonly Group[]): Group[] {
  const groups = new Map<string, Group>()
  for (const row of rows) {
    const key = row.key.map((value, index) => spanOf(index, value))
    const name = JSON.stringify(key)
    const before = groups.get(name)
    const values = before ? measures.map(({ of }, index) => merged[of](before.values[index]!, row.values[index]!)) : row.values
    groups.set(name, { key, count: (before?.count ?? 0) + row.count, values })
  }
  return [...groups.values()]
}

const added = (a: Value, b: Value): Value => {
  const sum = (a as number) + (b as number)
  if (!Number.isSafeInteger(sum)) throw new EngineError('amount_too_large')
  return sum
}
const chosen =
  (isBetter: (a: Scalar, b: Scalar) => boolean) =>
  (a: Value, b: Value): Value =>
    a === null || (b !== null && isBetter(b, a)) ? b : a
// No `bigSum` is asked for here.
const merged = { sum: added, bigSum: added, count: added, min: chosen((a, b) => a < b), max: chosen((a, b) => a > b) }
