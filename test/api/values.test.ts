// Values come back as they were given, or are refused with their path: on every database alike.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type ApiAnswer, openWorld, type World } from '../support/api-harness.ts'

let world: World
before(async () => {
  world = await openWorld()
})
after(() => world.close())

const json = { 'content-type': 'application/json' }
const create = (body: unknown): Promise<ApiAnswer> => world.call('other', { method: 'POST', url: '/api/notes', body, headers: json })
const issue = ({ status, body }: ApiAnswer) => [status, body.errors?.[0]?.path, body.errors?.[0]?.code]

describe('a body', () => {
  test('with a number that would lose digits is refused, wherever it stands', async () => {
    const raw = (text: string) => create(`{"title":"digits",${text}}`)
    assert.deepEqual(issue(await raw('"meta":{"id":[12345678901234567]}')), [400, '/meta/id/0', 'number'])
    assert.deepEqual(issue(await raw('"rank":9007199254740993')), [400, '/rank', 'number'])
    assert.deepEqual(issue(await raw('"meta":1e400')), [400, '/meta', 'number'])
    const kept = await raw('"meta":{"big":12345678901234567000,"small":[0.1,5e-324,-0,1.50]}')
    assert.equal(kept.status, 201)
    const read = await world.call('other', { method: 'GET', url: `/api/notes/${kept.body.id}` })
    assert.deepEqual(read.body.meta, { big: 12345678901234567000, small: [0.1, 5e-324, 0, 1.5] })
  })

  test('that is not UTF-8 is malformed, not stored with marks in its place', async () => {
    for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80]]) {
      const answer = await create(Buffer.concat([Buffer.from('{"title":"a'), Buffer.from(bytes), Buffer.from('"}')]))
      assert.deepEqual([answer.status, answer.body.code], [400, 'malformed_json'])
    }
    for (const place of ['search=%ff', 'filter[title]=%c3%28', 'filter[title]=%ed%a0%80', 'filter[title]=%00'])
      assert.equal((await world.call('other', { method: 'GET', url: `/api/notes?${place}` })).status, 400, place)
    for (const id of ['%ff', '%00', '%ed%a0%80', 'note_%00'])
      assert.ok([400, 404].includes((await world.call('other', { method: 'GET', url: `/api/notes/${id}` })).status), id)
  })

  test('that gives a name twice is refused: who reads it first would decide', async () => {
    assert.deepEqual(issue(await create('{"title":"a","meta":{"x":1,"\\u0078":2}}')), [400, '', 'repeated'])
  })
})
