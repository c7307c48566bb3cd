/** Owns the spelling of a list query as a URL: typed filter in, `filter[field][op]=value` out. */
import type { Money } from './shapes.ts'

/** What a field is compared with: Money by its minor units, a list by one of its elements. */
type Operand<V> = V extends Money ? number : V extends readonly (infer E)[] ? Operand<E> : V

type Condition<V> = {
  eq?: V
  ne?: V
  lt?: V
  lte?: V
  gt?: V
  gte?: V
  in?: readonly V[]
  nin?: readonly V[]
  contains?: string
  startsWith?: string
  /** true: has no value. */
  null?: boolean
}
type Scalar = string | number | boolean
type Leaf<V> = V | Condition<V>

export type Filter<T> = { [K in keyof T]?: Leaf<Operand<NonNullable<T[K]>>> } & {
  /** Paths through references: `'author.name'`. */
  [path: `${string}.${string}`]: Leaf<Scalar>
} & { or?: readonly Filter<T>[]; and?: readonly Filter<T>[]; not?: Filter<T> }

type SortKey<T> = (keyof T & string) | `-${keyof T & string}`

export type ListQuery<T> = {
  filter?: Filter<T>
  sort?: SortKey<T> | readonly SortKey<T>[]
  /** 1 to 200; the server's default is 30. */
  limit?: number
  cursor?: string
  expand?: readonly string[]
  fields?: readonly (keyof T & string)[]
  search?: string
  /** Asks for the number of all matches; the answer then carries `count`. */
  count?: boolean
}

export type Span = 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year'
type Names = string | readonly string[]
export type AggregateQuery<T> = {
  filter?: Filter<T>
  search?: string
  /** `['status', 'createdAt:month']` */
  group?: Names
  sum?: Names
  avg?: Names
  min?: Names
  max?: Names
  /** `count`, `group.status`, `sum.total`, with `-` for descending. */
  sort?: Names
  limit?: number
  timeZone?: string
}

/** `''` for an empty query, else with its leading `?`. */
export function renderQuery(query: object): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query) as [string, unknown][]) {
    if (key === 'filter') {
      addFilter(params, key, value)
      continue
    }
    const text = Array.isArray(value) ? value.join(',') : String(value ?? '')
    // `count=false` and an empty search box mean the same as not asking.
    if (text !== '' && text !== 'false') params.set(key, text)
  }
  return params.size === 0 ? '' : `?${params}`
}

function addFilter(params: URLSearchParams, prefix: string, value: unknown): void {
  if (value === undefined) return
  if (typeof value !== 'object' || value === null) {
    params.append(prefix, String(value))
    return
  }
  for (const [key, part] of Object.entries(value)) {
    const isGroup = key === 'or' || key === 'and'
    if (isGroup && Array.isArray(part)) {
      for (const [i, member] of part.entries()) addFilter(params, `${prefix}[${key}][${i}]`, member)
    } else if (Array.isArray(part)) {
      params.append(`${prefix}[${key}]`, part.join(','))
    } else {
      addFilter(params, `${prefix}[${key}]`, part)
    }
  }
}
