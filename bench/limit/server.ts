/**
 * Owns the limit: the least code that answers the benchmark's requests by hand. Fastify, prepared statements, group
 * commit; the input is checked and the answer serialised by schema, as any API has to. No access rules, sessions,
 * change feed, audit or effects: what the engine adds to this is what the ratios show.
 *
 * Usage: node bench/limit/server.ts --port P --data-dir D
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import fastify from 'fastify'
import { createGroupCommit, openDatabase } from './database.ts'
import { createItems, type NewItem } from './items.ts'
import { addTransfers } from './transfers.ts'

const text = { type: 'string' } as const
const integer = { type: 'integer' } as const
const written = {
  category: text,
  title: text,
  body: text,
  price: integer,
  stock: integer,
  active: { type: 'boolean' },
}
const itemSchema = {
  type: 'object',
  properties: {
    id: text,
    ...written,
    owner: text,
    createdAt: text,
    updatedAt: text,
    version: integer,
  },
}
const pageSchema = {
  type: 'object',
  properties: { items: { type: 'array', items: itemSchema }, next: { type: ['string', 'null'] } },
}
const newItemSchema = {
  type: 'object',
  properties: { ...written, body: { type: 'string', maxLength: 10_000 } },
  required: Object.keys(written),
  additionalProperties: false,
}
const listQuerySchema = {
  type: 'object',
  properties: {
    'filter[category]': text,
    sort: { const: '-createdAt' },
    limit: { type: 'string', pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$' },
    cursor: text,
  },
  required: ['filter[category]', 'sort'],
  additionalProperties: false,
}

type ListQuerystring = { 'filter[category]': string; limit?: string; cursor?: string }

const { values } = parseArgs({
  options: { port: { type: 'string' }, 'data-dir': { type: 'string' } },
})
if (values.port === undefined || values['data-dir'] === undefined) throw new Error('--port and --data-dir are needed')

mkdirSync(values['data-dir'], { recursive: true })
const database = openDatabase(join(values['data-dir'], 'limit.db'))
const items = createItems(database)
const commit = createGroupCommit(database)
const app = fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } })

app.get('/readyz', () => ({ ready: true }))

app.get<{ Params: { id: string } }>('/api/items/:id', { schema: { response: { 200: itemSchema } } }, (request, reply) => {
  const item = items.find(request.params.id)
  return item === undefined ? reply.code(404).send({ code: 'not_found' }) : reply.send(item)
})

app.get<{ Querystring: ListQuerystring }>(
  '/api/items',
  { schema: { querystring: listQuerySchema, response: { 200: pageSchema } } },
  (request, reply) => {
    const { 'filter[category]': category, limit = '30', cursor } = request.query
    reply.send(items.list({ category, limit: Number(limit), cursor }))
  },
)

app.post<{ Body: NewItem }>('/api/items', { schema: { body: newItemSchema, response: { 201: itemSchema } } }, async (request, reply) => {
  const item = await commit.write(() => items.insert(request.body))
  return reply.code(201).header('location', `/api/items/${item.id}`).send(item)
})

addTransfers(app, database, commit)

await app.listen({ host: '127.0.0.1', port: Number(values.port) })

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    await app.close()
    database.close()
  })
}
