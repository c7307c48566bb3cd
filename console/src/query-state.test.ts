/** The list state survives the trip through a URL, and asks the API what it says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  emptyListState,
  filterValue,
  formatListState,
  type ListState,
  listRequest,
  parseListState,
  sortDirection,
  toggleSort,
  withFilter,
} from './query-state.ts'

const full: ListState = {
  filters: [
    { field: 'title', op: 'contains', value: 'sea & sky' },
    { field: 'author.name', op: 'eq', value: 'Ünal [x]' },
    { field: 'price', op: 'gte', value: '1000' },
  ],
  sort: '-createdAt',
  search: 'a+b = c',
  count: true,
}

test('parse(format(state)) is the state', () => {
  assert.deepEqual(parseListState(formatListState(full)), full)
  assert.deepEqual(parseListState(formatListState(emptyListState())), emptyListState())
})

test('two filters with the same field and operator both survive', () => {
  const state = {
    ...emptyListState(),
    filters: [
      { field: 'title', op: 'contains' as const, value: 'a' },
      { field: 'title', op: 'contains' as const, value: 'b' },
    ],
  }
  assert.equal(formatListState(state), '?filter[title][contains]=a&filter[and][1][title][contains]=b')
  assert.deepEqual(parseListState(formatListState(state)), state)
})

test('an equal beside another term on its field goes into an and', () => {
  const state = {
    ...emptyListState(),
    filters: [
      { field: 'price', op: 'eq' as const, value: '5' },
      { field: 'price', op: 'lte' as const, value: '9' },
    ],
  }
  assert.equal(formatListState(state), '?filter[and][0][price]=5&filter[price][lte]=9')
  assert.deepEqual(parseListState(formatListState(state)), state)
})

test('what is not understood is left out', () => {
  const state = parseListState('?filter[a][like]=x&filter[b]=1&limit=9&colour=red&filter[=2')
  assert.deepEqual(state.filters, [{ field: 'b', op: 'eq', value: '1' }])
})

test('the empty state leaves the URL clean', () => {
  assert.equal(formatListState(emptyListState()), '')
})

test('the API request carries limit and cursor', () => {
  const query = new URLSearchParams(
    listRequest(withFilter(emptyListState(), 'status', 'paid'), {
      limit: 50,
      cursor: 'c/1+',
      fields: ['id', 'status'],
    }),
  )
  assert.deepEqual(Object.fromEntries(query), {
    'filter[status]': 'paid',
    limit: '50',
    cursor: 'c/1+',
    fields: 'id,status',
  })
})

test('a header click goes through three states', () => {
  assert.equal(toggleSort('', 'title'), 'title')
  assert.equal(toggleSort('title', 'title'), '-title')
  assert.equal(toggleSort('-title', 'title'), '')
  assert.equal(toggleSort('-createdAt', 'title'), 'title')
  assert.equal(sortDirection('-title', 'title'), 'descending')
})

test('chips set, read and clear one eq filter', () => {
  const dead = withFilter(full, 'state', 'dead')
  assert.equal(filterValue(dead, 'state'), 'dead')
  assert.equal(filterValue(withFilter(dead, 'state', ''), 'state'), '')
  assert.equal(filterValue(full, 'price'), '')
})
