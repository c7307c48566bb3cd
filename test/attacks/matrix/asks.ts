// What an attack asks, and what must come of it: built once for each surface that takes it. A surface that does not take it says why.
import type { ApiAnswer, ApiRequest, As } from '../../support/api-harness.ts'
import type { Twins } from '../../support/two-worlds/twins.ts'

export const surfaces = ['create', 'update', 'get', 'list', 'batch', 'aggregate', 'live', 'export', 'import', 'files'] as const
export type Surface = (typeof surfaces)[number]

export type Expected = {
  readonly status?: number | readonly number[]
  /** Of the problem, or of one of its errors; of a row that an import left out, or of a step. */
  readonly code?: string | RegExp
  readonly path?: string
  /** It is answered as the same asked with this in place of that: `{ secretFee: 'hollowFee' }`. */
  readonly like?: Readonly<Record<string, string>>
  readonly check?: (answer: ApiAnswer) => void
  /** It changes something, and may. */
  readonly stores?: boolean
}
export type Ask = { readonly as: As; readonly request: ApiRequest; readonly expect: Expected }
/** Requests that stand each for itself, or a course of several. */
export type Trial = readonly Ask[] | ((twins: Twins) => Promise<void>)

export type Attack = {
  readonly id: string
  readonly what: string
  /** What holds, whatever is tried. */
  readonly holds: string
  /** A text is the reason why there is nothing to ask there. */
  readonly on: Readonly<Record<Surface, Trial | string>>
}

/** The rest of the surfaces for one and the same reason. */
export function attack(id: string, what: string, holds: string, on: Partial<Attack['on']> & { readonly rest?: string }): Attack {
  const { rest, ...own } = on
  const filled = surfaces.map((surface) => {
    const trial = own[surface] ?? rest
    if (trial === undefined) throw new Error(`${id} says nothing of ${surface}`)
    return [surface, trial]
  })
  return { id, what, holds, on: Object.fromEntries(filled) }
}

export const json = { 'content-type': 'application/json' }
const lines = { 'content-type': 'application/jsonl' }
const csv = { 'content-type': 'text/csv' }

export function ask(as: As, method: string, url: string, expect: Expected, more: Pick<ApiRequest, 'body' | 'headers'> = {}): Ask {
  return { as, request: { method, url, ...more }, expect }
}

type Queried = 'get' | 'list' | 'aggregate' | 'live' | 'export'
const queried: Readonly<Record<Queried, readonly [as: readonly As[], url: string]>> = {
  get: [['other', 'guest'], '/api/papers/‹paper›?'],
  list: [['other', 'guest', 'staff'], '/api/papers?'],
  aggregate: [['other', 'guest', 'staff'], '/api/papers/aggregate?'],
  live: [['other', 'guest', 'staff'], '/api/changes?collections=papers&'],
  export: [['staff'], '/api/papers/export?'],
}
/** These words of a query, on one surface, asked by its callers in turn. */
export function inQuery(surface: Queried, queries: readonly string[], expect: Expected | ((query: string) => Expected)): Ask[] {
  const [callers, url] = queried[surface]
  return queries.map((query, index) =>
    ask(callers[index % callers.length]!, 'GET', url + query, typeof expect === 'function' ? expect(query) : expect),
  )
}
/** The same on several. */
export function inQueries<T extends Queried>(
  on: readonly T[],
  queries: readonly string[],
  expect: Expected | ((query: string) => Expected),
): Record<T, Ask[]> {
  return Object.fromEntries(on.map((surface) => [surface, inQuery(surface, queries, expect)])) as Record<T, Ask[]>
}

/** Members of a body as JSON, as they are sent: `"pages":1e400`. */
export type Written = { readonly members: string; readonly expect: Expected }
export const written = (body: object, expect: Expected): Written => ({ members: JSON.stringify(body).slice(1, -1), expect })

/** The same members in a create, an update, two steps of a batch and a row of an import. */
export function inWrites(given: readonly Written[]): Record<'create' | 'update' | 'batch' | 'import', Ask[]> {
  const inStep = (expect: Expected): Expected =>
    expect.path === undefined ? expect : { ...expect, path: `/operations/0/body${expect.path}` }
  const whole = (members: string) => (members.includes('"title"') ? `{${members}}` : `{"title":"T",${members}}`)
  const step = (method: string, path: string, body: string) => `{"operations":[{"method":"${method}","path":"${path}","body":${body}}]}`
  return {
    create: given.map(({ members, expect }) => ask('other', 'POST', '/api/papers', expect, { headers: json, body: whole(members) })),
    update: given.map(({ members, expect }) =>
      ask('other', 'PATCH', '/api/papers/‹paper›', expect, { headers: json, body: `{${members}}` }),
    ),
    batch: given.flatMap(({ members, expect }) => [
      ask('other', 'POST', '/api/batch', inStep(expect), { headers: json, body: step('POST', '/api/papers', whole(members)) }),
      ask('other', 'POST', '/api/batch', inStep(expect), { headers: json, body: step('PATCH', '/api/papers/‹paper›', `{${members}}`) }),
    ]),
    import: given.map(({ members, expect }) => imported(whole(members), expect)),
  }
}

/** A row that is refused: the import is answered, and says why it was left out. */
export function imported(row: string, { status: _, ...expect }: Expected, query = ''): Ask {
  return ask('staff', 'POST', `/api/papers/import${query}`, { ...expect, status: [200, 400] }, { headers: lines, body: row })
}

export function importedCsv(text: string, expect: Expected, query = ''): Ask {
  return ask('staff', 'POST', `/api/papers/import${query}`, expect, { headers: csv, body: text })
}

/** A record that is aimed at by its id, on each way that takes one, as one that there is not: `hidden` is a name of ours. */
export function atRecord(hidden: string, none: string): Partial<Record<Surface, Ask[]>> {
  const like = { [hidden]: none }
  const missing: Expected = { status: 404, like }
  const nothing: Expected = { status: 200, like }
  const step = (method: string, path: string, body?: object) =>
    ask('other', 'POST', '/api/batch', { status: 404, like }, { body: { operations: [{ method, path, ...(body ? { body } : {}) }] } })
  const byId = [`filter[id]=${hidden}`, `filter[id][in]=${hidden},‹paper›`, `filter[kin]=${hidden}`, `filter[kin.id]=${hidden}`]
  return {
    get: (['guest', 'other', 'staff'] as const).flatMap((as) => [
      ask(as, 'GET', `/api/papers/${hidden}`, missing),
      ask(as, 'GET', `/api/papers/${hidden}?fields=id`, missing),
      ask(as, 'HEAD', `/api/papers/${hidden}`, missing),
      ask(as, 'GET', `/api/papers/${hidden}`, missing, { headers: { 'if-none-match': '*' } }),
    ]),
    update: (['guest', 'other', 'staff'] as const).flatMap((as) => [
      ask(as, 'PATCH', `/api/papers/${hidden}`, missing, { body: { title: 'Mine' } }),
      ask(as, 'PATCH', `/api/papers/${hidden}`, missing, { body: {} }),
      ask(as, 'PATCH', `/api/papers/${hidden}`, missing, { body: { pages: { $increment: 1 } }, headers: { 'if-match': '"x"' } }),
      ask(as, 'DELETE', `/api/papers/${hidden}`, missing),
      ask('other', 'PATCH', '/api/papers/‹paper›', { status: 422, like, code: 'reference_not_found' }, { body: { kin: [hidden] } }),
    ]),
    create: [
      ask('other', 'POST', '/api/papers', { status: 422, like, code: 'reference_not_found' }, { body: { title: 'T', kin: [hidden] } }),
    ],
    batch: [
      step('PATCH', `/api/papers/${hidden}`, { title: 'Mine' }),
      step('DELETE', `/api/papers/${hidden}`),
      step('POST', `/api/papers/${hidden}/restore`),
    ],
    ...inQueries(['list', 'aggregate', 'live', 'export'], [...byId, ...byId, ...byId], nothing),
    import: [
      imported(`{"id":"${hidden}","title":"Mine"}`, { code: 'not_found', like }),
      imported(`{"title":"T","kin":["${hidden}"]}`, { code: 'reference_not_found', like }),
    ],
  }
}
