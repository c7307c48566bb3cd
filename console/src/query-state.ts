/**
 * The state of a list (filters, sort, search, count) and its two spellings: the console's own URL
 * and the API's query string. Both use the API's syntax, so a console link can be read, and its
 * query pasted behind /api/{collection}. Invariant: parse(format(state)) equals state.
 */

export const operators = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'nin', 'contains', 'startsWith', 'near', 'within', 'null'] as const
export type Operator = (typeof operators)[number]

export interface FilterTerm {
  field: string
  op: Operator
  value: string
}

export interface ListState {
  filters: FilterTerm[]
  /** As in the API: `-createdAt`; empty means the server's order. */
  sort: string
  search: string
  count: boolean
}

export const operatorWords: Record<Operator, string> = {
  eq: 'is',
  ne: 'is not',
  lt: 'less than',
  lte: 'at most',
  gt: 'more than',
  gte: 'at least',
  in: 'is one of',
  nin: 'is none of',
  contains: 'contains',
  startsWith: 'starts with',
  near: 'is near',
  within: 'is within',
  null: 'is empty',
}

export function emptyListState(): ListState {
  return { filters: [], sort: '', search: '', count: false }
}

const plainTerm = /^filter\[([^\]]+)\](?:\[(\w+)\])?$/
const andTerm = /^filter\[and\]\[\d+\]\[([^\]]+)\](?:\[(\w+)\])?$/

/** Reads what it understands and leaves out the rest: a hand-typed URL never breaks the page. */
export function parseListState(query: string): ListState {
  const state = emptyListState()
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'sort') state.sort = value
    else if (name === 'search') state.search = value
    else if (name === 'count') state.count = value === 'true'
    else {
      const match = andTerm.exec(name) ?? plainTerm.exec(name)
      const field = match?.[1]
      const op = match?.[2] ?? 'eq'
      if (field !== undefined && isOperator(op)) state.filters.push({ field, op, value })
    }
  }
  return state
}

function isOperator(word: string): word is Operator {
  return (operators as readonly string[]).includes(word)
}

/** The query for the console's URL, with its `?`; empty for the empty state. */
export function formatListState(state: ListState): string {
  // Brackets stay readable: browsers accept them in a query, and the link is meant for people.
  const query = toParams(state).toString().replaceAll('%5B', '[').replaceAll('%5D', ']')
  return query === '' ? '' : `?${query}`
}

/** The query for the API, with its `?`. */
export function listRequest(
  state: ListState,
  page: { limit: number; cursor?: string | undefined; fields?: readonly string[] | undefined },
): string {
  const params = toParams(state)
  params.set('limit', String(page.limit))
  if (page.cursor !== undefined) params.set('cursor', page.cursor)
  if (page.fields !== undefined) params.set('fields', page.fields.join(','))
  return `?${params}`
}

function toParams(state: ListState): URLSearchParams {
  const params = new URLSearchParams()
  const taken = new Set<string>()
  state.filters.forEach((term, index) => {
    // `eq` goes without its name: a list of references takes no other form.
    const tail = term.op === 'eq' ? `[${term.field}]` : `[${term.field}][${term.op}]`
    // A key may stand once, and a field either plain or with brackets; `and` keeps what would clash.
    const alone = state.filters.filter(({ field }) => field === term.field).length === 1
    const clashes = term.op === 'eq' ? !alone : taken.has(tail)
    taken.add(tail)
    params.append(clashes ? `filter[and][${index}]${tail}` : `filter${tail}`, term.value)
  })
  if (state.sort !== '') params.set('sort', state.sort)
  if (state.search !== '') params.set('search', state.search)
  if (state.count) params.set('count', 'true')
  return params
}

/** The next sort after a click on a header: ascending, descending, none. */
export function toggleSort(sort: string, field: string): string {
  if (sort === field) return `-${field}`
  return sort === `-${field}` ? '' : field
}

export function sortDirection(sort: string, field: string): 'ascending' | 'descending' | 'none' {
  if (sort === field) return 'ascending'
  return sort === `-${field}` ? 'descending' : 'none'
}

/** The value of an `eq` filter on `field`, when there is just that one filter on it. */
export function filterValue(state: ListState, field: string): string {
  const terms = state.filters.filter((term) => term.field === field)
  const [only] = terms
  return terms.length === 1 && only?.op === 'eq' ? only.value : ''
}

/** The state with one `eq` filter on `field`, or with none when `value` is empty. */
export function withFilter(state: ListState, field: string, value: string): ListState {
  const rest = state.filters.filter((term) => term.field !== field)
  return {
    ...state,
    filters: value === '' ? rest : [...rest, { field, op: 'eq', value }],
  }
}
