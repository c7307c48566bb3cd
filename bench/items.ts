/**
 * Owns what the benchmarks ask of `/api/items`: the records put in beforehand, the requests of get, list and create,
 * and the check that the answers are what is being claimed. The same for every server.
 */
import assert from 'node:assert/strict'
import { type Request, renderRequest } from './http-connection.ts'
import { type Caller, withConnections } from './json-client.ts'
import { CONNECTIONS } from './load.ts'

export const ITEM_WORKS = ['get', 'list', 'create'] as const
export type ItemWork = (typeof ITEM_WORKS)[number]

const CATEGORY_COUNT = 50
const PAGE_LIMIT = 30
const BODY_CHARS = 200
/** Different requests per file: enough that no answer is always the same page in cache, few enough to be made at once. */
const REQUEST_COUNT = 5_000

/** What is known about a filled server: ids to get and cursors to go on from. */
export type Filled = { readonly ids: readonly string[]; readonly listPaths: readonly string[] }

export function newItem(number: number) {
  return {
    category: `c${String(number % CATEGORY_COUNT).padStart(2, '0')}`,
    title: `A thing to sell, number ${number}`,
    body: 'Words about the thing. '.repeat(BODY_CHARS).slice(0, BODY_CHARS),
    price: 100 + (number % 9_900),
    stock: number % 50,
    active: true,
  }
}

/** Creates `rows` items over the API, as a client would, and looks up the cursor of every category's second page. */
export async function fill(caller: Caller, rows: number): Promise<Filled> {
  const ids: string[] = []
  let number = 0
  await withConnections(caller, CONNECTIONS, async (send) => {
    while (number < rows) {
      const { id } = await send({ method: 'POST', path: '/api/items', body: newItem(number++) })
      ids.push(id)
    }
  })
  const listPaths: string[] = []
  await withConnections(caller, 1, async (send) => {
    for (let category = 0; category < CATEGORY_COUNT; category++) {
      const first = listPath(newItem(category).category)
      const { items, next } = await send({ method: 'GET', path: first })
      assert.equal(items.length, PAGE_LIMIT, `${first} answers a full page`)
      assert.equal(typeof next, 'string', `${first} has a next page`)
      listPaths.push(first, `${first}&cursor=${encodeURIComponent(next)}`)
    }
  })
  return { ids, listPaths }
}

/** The requests of one kind of work, in the form that the generators read: whole requests between zero bytes. */
export function renderRequests(work: ItemWork, { headers }: Caller, filled: Filled): string {
  const requests = Array.from({ length: REQUEST_COUNT }, (_, index): Request => {
    if (work === 'create') return { method: 'POST', path: '/api/items', body: newItem(index) }
    if (work === 'list') return { method: 'GET', path: filled.listPaths[index % filled.listPaths.length]! }
    // A prime step walks over all ids without any order, so that neighbours in time are not neighbours in the tree.
    return { method: 'GET', path: `/api/items/${filled.ids[(index * 7_919) % filled.ids.length]}` }
  })
  return requests.map((request) => renderRequest({ ...request, headers })).join('\0')
}

/** Asks once for each kind of work. @throws when an answer is not the one that is being measured */
export async function checkAnswers(caller: Caller, filled: Filled): Promise<void> {
  await withConnections(caller, 1, async (send) => {
    const id = filled.ids[0]
    const item = await send({ method: 'GET', path: `/api/items/${id}` })
    assert.equal(item.id, id)
    const fields = [...Object.keys(newItem(0)), 'id', 'owner', 'createdAt', 'updatedAt']
    for (const field of fields) assert.ok(field in item, `an item has ${field}`)
    for (const path of filled.listPaths) {
      const page = await send({ method: 'GET', path })
      assert.equal(page.items.length, PAGE_LIMIT, `${path} answers a full page`)
      const times = page.items.map((one: { createdAt: string }) => one.createdAt)
      assert.deepEqual(times, [...times].sort().reverse(), `${path} is newest first`)
    }
    const created = await send({ method: 'POST', path: '/api/items', body: newItem(1) })
    const read = await send({ method: 'GET', path: `/api/items/${created.id}` })
    assert.equal(read.title, newItem(1).title)
  })
}

function listPath(category: string): string {
  const filter = `${encodeURIComponent('filter[category]')}=${category}`
  return `/api/items?${filter}&sort=-createdAt&limit=${PAGE_LIMIT}`
}
