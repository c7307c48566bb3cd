// What one request may make of itself, with a head of 8 kB and a body of up to 1 MB, counted: questions to the database,
// their conditions, keys and rows, and bytes of the answer. Times are not asserted; slowest.ts looks for those.
// KINGPOST_SEED and KINGPOST_REQUESTS choose more. What is counted is asked for before any database is. The server that
// stands for MongoDB here needs minutes for one such request, so it is not among them.
// databases: sqlite, postgres, mariadb, mysql
// slow: mysql
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import type { Filter } from '../../src/contract/filter.ts'
import type { FindQuery, Reader } from '../../src/storage/storage.ts'
import type { ApiHarness } from '../support/api-harness.ts'
import { openBookshop } from './bookshop.ts'
import { createDice, createGrammar, type Draft, knownWorst, requestOf } from './request-grammar.ts'

const seed = Number(process.env['KINGPOST_SEED'] ?? Date.now() % 1_000_000)
const requests = Number(process.env['KINGPOST_REQUESTS'] ?? 400)

type Asked = {
  readonly kind: string
  readonly conditions: number
  readonly values: number
  readonly references: number
  readonly query: FindQuery | null
}

let api: ApiHarness
const asked: Asked[] = []
let questions = 0
before(async () => {
  api = await openBookshop()
  watch(api.engine.parts.storage.reader)
})
after(() => api.close())

/** Notes every question that is asked outside of transactions. */
function watch(reader: Reader): void {
  const methods = reader as unknown as Record<string, (...given: never[]) => unknown>
  for (const kind of ['get', 'getMany', 'find', 'count', 'group']) {
    const own = methods[kind]!.bind(reader)
    methods[kind] = (...given: unknown[]) => {
      const query = kind === 'find' ? (given[1] as FindQuery) : null
      const where = query?.where ?? ((kind === 'get' ? given[2] : kind === 'count' ? given[1] : undefined) as Filter | undefined)
      asked.push({ kind, ...sizeOf(where ?? { op: 'true' }), query })
      return own(...(given as never[]))
    }
  }
}

function sizeOf(filter: Filter): { conditions: number; values: number; references: number } {
  const parts = filter.op === 'and' || filter.op === 'or' ? filter.of : filter.op === 'not' || filter.op === 'via' ? [filter.of] : []
  const own = parts.length === 0 ? 1 : 0
  const sum = { conditions: own, values: 'values' in filter ? filter.values.length : own, references: filter.op === 'via' ? 1 : 0 }
  for (const one of parts.map(sizeOf)) for (const name of ['conditions', 'values', 'references'] as const) sum[name] += one[name]
  return sum
}

/** The rule of a collection adds a condition or two, and may follow one reference more, wherever a path arrives. */
const rules = (limits.filterReferencesMax + 1) * 2
const most = {
  conditions: limits.filterConditionsMax + limits.searchWordsMax * 6 + rules,
  values: limits.expandRecordsMax + limits.filterConditionsMax * limits.filterListMax,
  references: limits.filterReferencesMax + rules,
  questions: 4 + limits.expandPathsMax * limits.pathHopsMax * 2 * (1 + limits.expandRecordsMax / limits.filterListMax),
}

async function send(draft: Draft, grammar: ReturnType<typeof createGrammar>): Promise<void> {
  asked.length = 0
  const request = requestOf(draft)
  const { 'accept-encoding': _, ...headers } = request.headers as Record<string, string>
  const answer = await api.request({ ...request, headers })
  const about = `seed ${seed}: ${JSON.stringify({ ...request, body: String(request.body ?? '').slice(0, 300) }).slice(0, 1_300)}`
  assert.ok(answer.status < 500, `${answer.status} ${about}`)
  if (answer.status < 300) grammar.learn(draft, answer.body)
  // An error may repeat what was asked for.
  assert.ok(answer.text.length <= (answer.status < 400 ? 2 * limits.answerBytesMax : 32_768), about)
  questions += asked.length
  assert.ok(asked.length <= most.questions, `${asked.length} questions: ${about}`)
  for (const { conditions, values, references, query } of asked) {
    assert.ok(conditions <= most.conditions, `${conditions} conditions: ${about}`)
    assert.ok(values <= most.values, `${values} values: ${about}`)
    assert.ok(references <= most.references, `${references} references: ${about}`)
    assert.ok((query?.after?.length ?? 0) <= limits.sortKeysMax + 1, about)
    assert.ok((query?.limit ?? 0) <= Math.max(limits.expandRecordsMax + 1, 50 * limits.expandRecordsMax), about)
  }
}

test('no request makes more of itself than the limits say', async (context) => {
  context.diagnostic(`KINGPOST_SEED=${seed} KINGPOST_REQUESTS=${requests}`)
  const dice = createDice(seed)
  const grammar = createGrammar(dice)
  for (const known of knownWorst()) await send(known, grammar)
  let draft = grammar.make()
  for (let count = 0; count < requests; count++) {
    draft = dice() < 0.5 ? grammar.make() : grammar.change(draft)
    await send(draft, grammar)
  }
  assert.ok(questions > requests / 4, `only ${questions} questions were seen`)
})

test('the request that stopped the server is refused, with and without its cursor', async () => {
  const sort = Array.from({ length: 230 }, (_, index) => (index % 2 === 0 ? 'year' : '-slug')).join(',')
  const cursor = Buffer.from(JSON.stringify([sort, ...Array(230).fill(1), 'prod_1'])).toString('base64url')
  for (const more of ['', `&cursor=${cursor}`]) {
    const answer = await api.request({ method: 'GET', url: `/api/products?sort=${sort}${more}` })
    assert.deepEqual([answer.status, answer.body.errors[0].path], [400, 'query:sort'])
  }
})
