import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultsOf, type Operation, operationsOf, searchOperations } from './document.ts'
import { curlOf, sendingOf } from './request.ts'
import { exampleOf, innerOf, limitTexts, type Schemas, typeText } from './schema-text.ts'

const schemas: Schemas = {
  Money: { type: 'object', properties: { amount: { type: 'integer' }, currency: { type: 'string', format: 'currency' } } },
  node: { type: 'object', title: 'node', properties: { id: { type: 'string' }, parent: { $ref: '#/components/schemas/node' } } },
}

const operation: Operation = {
  method: 'POST',
  path: '/api/carts/{id}/lines',
  tag: 'Carts',
  operationId: 'carts.addLine',
  summary: 'Put something in the cart',
  parameters: [
    { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
    { name: 'filter', in: 'query', style: 'deepObject', schema: { type: 'object' } },
    { name: 'Idempotency-Key', in: 'header', schema: { type: 'string' } },
  ],
  requestBody: { content: { 'application/json': { schema: {} } } },
  responses: { '201': { description: 'Success.' }, '409': { description: '`out_of_stock`: Not enough in stock. `conflict`: Again.' } },
}

test('types are said in one line', () => {
  assert.equal(typeText({ type: ['string', 'null'], format: 'date-time' }, schemas), 'date-time or null')
  assert.equal(typeText({ type: 'array', items: { $ref: '#/components/schemas/Money' } }, schemas), 'list of Money')
  assert.equal(typeText({}, schemas), 'any JSON')
  assert.deepEqual(limitTexts({ minimum: 1, maximum: 200, default: 30 }), ['1 to 200', 'default 30'])
  assert.deepEqual(limitTexts({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }), [])
})

test('what refers to itself has an end in examples and can be opened in trees', () => {
  const self = { $ref: '#/components/schemas/node' }
  assert.ok(JSON.stringify(exampleOf(self, schemas)).length < 200)
  assert.deepEqual(Object.keys(innerOf({ type: 'array', items: self }, schemas)?.properties ?? {}), ['id', 'parent'])
})

test('a draft is one request, and its curl command says the same', () => {
  const draft = {
    values: { 'path:id': 'cart 1', 'query:filter': 'title[contains]=a&b', 'header:Idempotency-Key': 'k' },
    body: `{"note": "it's"}`,
  }
  const sending = sendingOf(operation, draft, { kind: 'cart', token: 't' })
  assert.equal(sending.url, '/api/carts/cart%201/lines?filter[title][contains]=a&filter[b]=')
  assert.deepEqual(sending.headers, { 'Cart-Token': 't', 'Idempotency-Key': 'k', 'Content-Type': 'application/json' })
  const curl = curlOf(sending, 'http://shop.test', false)
  assert.match(curl, /^curl -X POST 'http:\/\/shop\.test\/api\/carts\/cart%201\/lines/)
  assert.ok(curl.endsWith(`-d '{"note":"it'\\''s"}'`), curl)
})

test('operations are found by any of their words, and tell what can go wrong', () => {
  assert.equal(searchOperations([operation], 'put CART').length, 1)
  assert.equal(searchOperations([operation], 'put order').length, 0)
  assert.deepEqual(
    faultsOf(operation).map(({ status, code }) => `${status} ${code}`),
    ['409 out_of_stock', '409 conflict'],
  )
})

test('what the document shares is found, and its filters are one field', () => {
  const [list] = operationsOf({
    info: { title: 'Shop', version: '1' },
    paths: {
      '/api/books': {
        get: {
          operationId: 'books.list',
          parameters: [
            { $ref: '#/components/parameters/limit' },
            { name: 'filter[year]', in: 'query', schema: { type: 'integer' } },
            { name: 'filter[year][gte]', in: 'query', schema: { type: 'integer' } },
          ],
          responses: { 404: { $ref: '#/components/responses/Problem404' } },
        },
      },
    },
    components: {
      schemas: {},
      parameters: { limit: { name: 'limit', in: 'query', schema: { type: 'integer' } } },
      responses: { Problem404: { description: '`not_found`: Nothing here.' } },
    },
  })
  assert.deepEqual(
    list?.parameters?.map(({ name }) => name),
    ['filter', 'limit'],
  )
  assert.match(list?.parameters?.[0]?.description ?? '', /Fields: `year`\./)
  assert.equal(faultsOf(list!)[0]?.code, 'not_found')
})
