// Bad input on every endpoint, generated from the operations: the right 4xx problem, never a 500, and
// nothing stored. A new operation is under these tests from its first day.
// slow: mariadb, mysql, mongodb
// long
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Actor, guestActor } from '../../src/access/actor.ts'
import { allows } from '../../src/access/rule.ts'
import type { Operation } from '../../src/operation/define.ts'
import { type ApiRequest, type As, openWorld, type World } from '../support/api-harness.ts'
import { fitsDocument, loadDocument } from '../support/fits-document.ts'
import { checkProblem } from '../support/scenario.ts'

let world: World
let operations: readonly Operation[] = []
before(async () => {
  world = await openWorld()
  await loadDocument(world)
  operations = world.engine.operations
})
after(() => world.close())

type Schema = {
  type?: unknown
  properties?: Record<string, Schema>
  format?: string
  enum?: unknown[]
  required?: string[]
  anyOf?: Schema[]
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  title?: string
  items?: Schema
  pattern?: string
  examples?: readonly string[]
}

function methodOf(operation: Operation): string {
  return operation.route.split(' ')[0]!
}
function urlOf(operation: Operation): string {
  return operation.route.split(' ')[1]!.replace(/:(\w+)/g, (_, name: string) => `${name}_01k5xrz2g5f1q8m4w3v7b6n9ta`)
}
function bodyFields(operation: Operation): [string, Schema][] {
  const { properties = {} } = operation.input as Schema
  return Object.entries(properties).filter(([name]) => !operation.route.includes(`:${name}`))
}

/** A body that fits the schema, as far as the schema can say. */
function sample(schema: Schema): unknown {
  if (schema.enum) return schema.enum[0]
  if (schema.anyOf) return sample(schema.anyOf[0]!)
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  switch (type) {
    case 'string': {
      const byFormat: Record<string, string> = {
        email: 'a@example.com',
        uri: 'http://shop.test/',
        'date-time': '2026-01-01T00:00:00Z',
        date: '2026-01-01',
        currency: 'EUR',
      }
      return (
        byFormat[schema.format ?? ''] ??
        schema.examples?.[0] ??
        (new RegExp(schema.pattern ?? '', 'u').test('some text') ? 'some text' : 'DE')
      )
    }
    case 'integer':
      return schema.minimum !== undefined && schema.minimum > 0 ? schema.minimum : 1
    case 'boolean':
      return true
    case 'array':
      return []
    case 'object':
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, sample(inner)]))
    default:
      return 'anything'
  }
}
function sampleBody(operation: Operation): Record<string, unknown> {
  const required = new Set((operation.input as Schema).required ?? [])
  return Object.fromEntries(
    bodyFields(operation)
      .filter(([name]) => required.has(name))
      .map(([name, schema]) => [name, sample(schema)]),
  )
}

const callers: readonly As[] = ['guest', 'staff']

/** One who may not ask at all is told that, and nothing of what is asked for. */
const actors: Readonly<Partial<Record<As, Actor>>> = {
  guest: guestActor('test'),
  staff: { ...guestActor('test'), kind: 'user', id: 'usr_1', roles: ['staff'] },
}
const mayAsk = (operation: Operation, as: As) => allows(operation.access, actors[as]!)

/** One answer of `statuses`, whoever may ask, and nothing stored. */
async function refused(
  operation: Operation,
  what: string,
  request: Omit<ApiRequest, 'method' | 'url'> & { method?: string; url?: string },
  statuses: readonly number[],
  path?: string,
) {
  const before = await world.snapshot()
  for (const as of callers) {
    const answer = await world.call(as, { method: methodOf(operation), url: urlOf(operation), ...request })
    const about = `${operation.name} as ${as}: ${what}: ${answer.status} ${answer.text.slice(0, 400)}`
    const isStranger = answer.status === (as === 'guest' ? 401 : 403) && !mayAsk(operation, as)
    assert.ok(isStranger || statuses.includes(answer.status), about)
    checkProblem(answer)
    if (path !== undefined && !isStranger)
      assert.ok(
        answer.body.errors?.some((error: { path: string }) => error.path === path),
        `${about} has no error at ${path}`,
      )
    if (request.method === undefined && answer.status !== 405) fitsDocument(world, operation.name, answer)
  }
  assert.equal(await world.snapshot(), before, `${operation.name}: ${what}: something was stored`)
  assert.deepEqual(
    world.log.splice(0).filter(({ level }) => level === 'error'),
    [],
    `${operation.name}: ${what}`,
  )
}

const json = { 'content-type': 'application/json' }
const writes = () => operations.filter((operation) => methodOf(operation) !== 'GET' && !operation.rawBody && !operation.takesFile)
const reads = () => operations.filter((operation) => methodOf(operation) === 'GET')

describe('bodies', () => {
  test('that are not JSON', async () => {
    for (const operation of writes())
      for (const body of ['{', '{"a":}', 'null x', '{"a":1}{', '\ufeff{}x', "{'a':1}"])
        await refused(operation, body, { headers: json, body }, [400])
  })

  test('that are no object', async () => {
    for (const operation of writes())
      for (const body of ['null', '[]', '"x"', '1', 'true']) await refused(operation, body, { headers: json, body }, [400])
  })

  test('with prototype names', async () => {
    for (const operation of writes())
      for (const body of [
        '{"__proto__":{"roles":["admin"]}}',
        '{"constructor":{"prototype":{"a":1}}}',
        '{"constructor":1}',
        '{"toString":"x"}',
        '{"hasOwnProperty":1}',
      ])
        await refused(operation, body, { headers: json, body }, [400])
  })

  test('with an unknown field, named by its path', async () => {
    for (const operation of writes())
      await refused(operation, 'unknown', { body: { ...sampleBody(operation), surprise: 1 } }, [400], '/surprise')
  })

  test('of who may not ask at all are not looked at', async () => {
    for (const operation of writes().filter((one) => !mayAsk(one, 'guest')))
      for (const body of [{ surprise: 1 }, {}, sampleBody(operation)]) {
        const answer = await world.call('guest', { method: methodOf(operation), url: urlOf(operation), body })
        assert.deepEqual([answer.status, answer.body.errors], [401, undefined], operation.name)
      }
  })

  test('with the address repeated', async () => {
    for (const operation of writes())
      for (const [, name] of operation.route.matchAll(/:(\w+)/g))
        await refused(operation, name!, { body: { ...sampleBody(operation), [name!]: 'x' } }, [400], `/${name}`)
  })

  test('with a field of another type', async () => {
    for (const operation of writes())
      for (const [name, schema] of bodyFields(operation)) {
        if (schema.type === undefined && !schema.anyOf) continue // Any JSON.
        const wrong = [{ nested: { deep: 1 } }, [[1]], 'text', 1.5, -1.5, true, 1e308].filter((value) => !fits(value, schema))
        for (const value of wrong)
          await refused(operation, `${name}: ${JSON.stringify(value)}`, { body: { ...sampleBody(operation), [name]: value } }, [400])
      }
  })

  test('without a required field, named by its path', async () => {
    for (const operation of writes())
      for (const name of (operation.input as Schema).required ?? []) {
        if (operation.route.includes(`:${name}`)) continue
        const { [name]: _, ...body } = sampleBody(operation)
        await refused(operation, `without ${name}`, { body }, [400], `/${name}`)
      }
  })

  test('too large', async () => {
    for (const operation of operations.filter((one) => methodOf(one) !== 'GET' && !one.takesFile))
      await refused(operation, '2 MB', { headers: json, body: `{"a":"${'x'.repeat(2_000_000)}"}` }, [413])
  })

  test('nested too deep, whatever the JSON type is called', async () => {
    const deep = `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`
    for (const operation of writes())
      for (const type of ['application/json', 'application/merge-patch+json'])
        await refused(operation, 'deep', { headers: { 'content-type': type }, body: deep }, [400])
  })

  test('of another media type', async () => {
    for (const operation of writes())
      for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded'])
        await refused(operation, type, { headers: { 'content-type': type }, body: 'a=1' }, [415])
  })

  test('with text that no database can keep: null characters and halves of surrogate pairs', async () => {
    for (const operation of writes())
      for (const [name, schema] of bodyFields(operation)) {
        if (!fits('text', schema)) continue
        for (const text of ['"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"'])
          await refused(
            operation,
            `${name} ${text}`,
            { headers: json, body: JSON.stringify({ ...sampleBody(operation), [name]: '@@' }).replace('"@@"', text) },
            [400],
            `/${name}`,
          )
      }
  })

  test('with numbers beyond what can be kept', async () => {
    for (const operation of writes())
      for (const [name, schema] of bodyFields(operation)) {
        if (!fits(1, schema)) continue
        for (const text of ['1e400', '-1e400', '9007199254740993', '1e308'])
          if (schema.type !== undefined || schema.anyOf || text.includes('400'))
            await refused(
              operation,
              `${name} ${text}`,
              { headers: json, body: JSON.stringify({ ...sampleBody(operation), [name]: '@@' }).replace('"@@"', text) },
              [400],
            )
      }
  })

  test('that are empty, where something is required', async () => {
    for (const operation of writes())
      if (Object.keys(sampleBody(operation)).length > 0) await refused(operation, 'empty', { headers: json, body: '' }, [400])
  })

  test('that are left out, where a patch is asked for', async () => {
    for (const operation of writes()) if (methodOf(operation) === 'PATCH') await refused(operation, 'none', {}, [400])
  })

  test('with query parameters', async () => {
    for (const operation of writes())
      await refused(operation, 'query', { url: `${urlOf(operation)}?a=1`, body: sampleBody(operation) }, [400], 'query:a')
  })
})

function fits(value: unknown, schema: Schema): boolean {
  if (schema.anyOf) return schema.anyOf.some((one) => fits(value, one))
  if (schema.type === undefined) return true
  const types = [schema.type].flat()
  if (schema.enum && !schema.enum.includes(value)) return false
  if (Array.isArray(value)) return types.includes('array') && (value.length === 0 || fits(value[0], schema.items ?? {}))
  switch (typeof value) {
    case 'string':
      return (
        types.includes('string') && /^(name|free-text)/.test(schema.format ?? 'name') && new RegExp(schema.pattern ?? '', 'u').test('text')
      )
    case 'number':
      if (types.includes('number')) return value > (schema.exclusiveMinimum ?? -Infinity) && value <= (schema.maximum ?? Infinity)
      return types.includes('integer') && Number.isSafeInteger(value)
    case 'boolean':
      return types.includes('boolean')
    default:
      return false
  }
}

describe('addresses', () => {
  test('with another method are 405 and say which they take', async () => {
    for (const url of new Set(operations.map(urlOf))) {
      const allowed = new Set(operations.filter((operation) => urlOf(operation) === url).map(methodOf))
      if (allowed.has('GET')) allowed.add('HEAD')
      allowed.add('OPTIONS')
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'].filter((one) => !allowed.has(one))) {
        const answer = await world.call('staff', { method, url })
        assert.equal(answer.status, 405, `${method} ${url}`)
        assert.deepEqual(new Set(String(answer.headers['allow']).split(', ')), allowed, `${method} ${url}`)
      }
    }
  })

  test('with ids of no record are 404 or say what is missing', async () => {
    for (const operation of operations.filter(({ route }) => route.includes(':')))
      for (const id of [
        'x',
        '0',
        '-1',
        '%00',
        '%F0%9F%92%A9',
        '..%2f..%2fetc',
        '%3Cscript%3E',
        'constructor',
        '__proto__',
        "'%20or%201=1--",
        'x'.repeat(65),
        'x'.repeat(400),
      ]) {
        const url = operation.route.split(' ')[1]!.replace(/:\w+/g, id)
        await refused(
          operation,
          id,
          { url, ...(methodOf(operation) === 'GET' ? {} : { body: sampleBody(operation) }) },
          [400, 401, 403, 404],
        )
      }
  })

  test('with broken percent-encoding are 400', async () => {
    for (const operation of operations.filter(({ route }) => route.includes(':'))) {
      const url = operation.route.split(' ')[1]!.replace(/:\w+/g, '%E0%A4%A')
      await refused(operation, url, { url }, [400])
    }
  })

  test('that do not exist are 404, however they are written', async () => {
    for (const url of [
      '/api/nothing',
      '/api/nothing/x',
      '/api/Notes',
      '/api/NOTES/x',
      '/api//notes',
      '/api/notes/',
      '/api/notes/x/',
      '/api/sessions',
      '/api/passwords',
      '/api/settings',
      '/api/idempotencyKeys',
      '/api/_commits',
      '/api/__proto__',
      '/api/constructor',
      '/api',
      '/api/',
      '/',
    ])
      for (const as of callers) {
        const answer = await world.call(as, { method: 'GET', url })
        assert.equal(answer.status, 404, url)
        checkProblem(answer)
      }
  })
})

test('addresses with a null character lead nowhere, on every database alike', async () => {
  for (const operation of operations.filter(({ route }) => /:\w+/.test(route)))
    await refused(operation, 'null', { url: operation.route.split(' ')[1]!.replace(/:\w+/g, 'a%00b'), body: sampleBody(operation) }, [400])
})

describe('queries', () => {
  const lists = () => operations.filter(({ name }) => name.endsWith('.list'))

  test('with unknown or repeated parameters', async () => {
    for (const operation of reads()) {
      // A provider sends along to its way back what it likes: what it says is none of ours is looked at as a call of nobody.
      const statuses = (operation.input as { additionalProperties?: boolean }).additionalProperties === true ? [404] : [400]
      await refused(operation, 'unknown', { url: `${urlOf(operation)}?surprise=1` }, statuses)
      for (const name of ['__proto__', 'constructor', 'toString'])
        await refused(operation, name, { url: `${urlOf(operation)}?${name}=1` }, statuses)
      await refused(operation, 'repeated', { url: `${urlOf(operation)}?fields=id&fields=id` }, [400])
      await refused(operation, 'plain and brackets', { url: `${urlOf(operation)}?filter=1&filter[a]=1` }, [400])
      await refused(operation, 'null', { url: `${urlOf(operation)}?search=%00` }, [400])
      for (const query of [
        '?a=%',
        '?%E0%A4%A=1',
        '?a=%ED%A0%80',
        '?a[=1',
        '?a[]=1',
        '?a]b[=1',
        '?a[b]c=1',
        `?${'[a]'.repeat(20)}=1`,
        `?filter${'[a]'.repeat(40)}=1`,
        `?search=${'x'.repeat(9_000)}`,
      ])
        await refused(operation, query.slice(0, 30), { url: urlOf(operation) + query }, [400])
    }
  })

  test('of lists name what does not fit', async () => {
    for (const operation of lists()) {
      const cases: [string, string | undefined][] = [
        ['limit=0', 'query:limit'],
        ['limit=-1', 'query:limit'],
        ['limit=201', 'query:limit'],
        ['limit=abc', 'query:limit'],
        ['limit=1e2', 'query:limit'],
        ['limit=99999999999999999999', 'query:limit'],
        ['limit=', 'query:limit'],
        ['count=yes', 'query:count'],
        ...['x\0y', '\ud800'].map((id): [string, string] => [
          `sort=id&cursor=${Buffer.from(JSON.stringify(['id', id])).toString('base64url')}`,
          'query:cursor',
        ]),
        ['sort=nothing', 'query:sort'],
        ['sort=constructor', 'query:sort'],
        ['sort=-__proto__', 'query:sort'],
        ['sort=,', 'query:sort'],
        ['sort=id.amount', 'query:sort'],
        ['sort=id,-id', 'query:sort'],
        [`sort=${Array(9).fill('id').join(',')}`, 'query:sort'],
        ['fields=nothing', 'query:fields'],
        ['fields=constructor', 'query:fields'],
        ['fields=__proto__', 'query:fields'],
        ['fields=,', 'query:fields'],
        ['expand=nothing', 'query:expand'],
        ['expand=constructor', 'query:expand'],
        ['expand=__proto__', 'query:expand'],
        ['expand=id', 'query:expand'],
        ['expand=a.b.c.d', 'query:expand'],
        ['expand=hasOwnProperty.toString', 'query:expand'],
        [`expand=${Array(11).fill('a').join(',')}`, 'query:expand'],
        ['filter=1', 'query:filter'],
        ['filter[nothing]=1', undefined],
        ['filter[constructor]=1', undefined],
        ['filter[__proto__]=1', undefined],
        ['filter[__proto__][a]=1', undefined],
        ['filter[constructor.name]=1', undefined],
        ['filter[toString.call]=1', undefined],
        ['filter[id][like]=1', undefined],
        ['filter[id][$ne]=1', undefined],
        ['filter[id][__proto__]=1', undefined],
        ['filter[id][constructor]=1', undefined],
        ['filter[id][null]=1', undefined],
        ['filter[id][eq][x]=1', undefined],
        ['filter[id.x]=1', undefined],
        ['filter[createdAt]=yesterday', undefined],
        ['filter[createdAt][gte]=2026-13-01', undefined],
        ['filter[createdAt][gt]=2026-02-30T00:00:00Z', undefined],
        ['filter[createdAt][contains]=2', undefined],
        ['filter[and]=1', undefined],
        ['filter[or]=1', undefined],
        ['filter[not]=1', undefined],
        ['filter[or][0]=1', undefined],
        ...['x', '-1', '1e3', '1.0', '__proto__'].map((index): [string, string] => [`filter[or][${index}][id]=a`, 'query:filter[or]']),
        ['filter[and][x][id]=a', 'query:filter[and]'],
        [`filter${'[not]'.repeat(8)}[id]=1`, undefined],
        [`filter[id][in]=${Array(201).fill('a').join(',')}`, undefined],
        ['cursor=', 'query:cursor'],
        ['cursor=xyz', 'query:cursor'],
        ['cursor=bnVsbA', 'query:cursor'],
        ['cursor=W10', 'query:cursor'],
        [`cursor=${Buffer.from('["",{"a":1}]').toString('base64url')}`, 'query:cursor'],
        [`cursor=${Buffer.from('["",null]').toString('base64url')}`, 'query:cursor'],
        [`cursor=${Buffer.from('["","a","b"]').toString('base64url')}`, 'query:cursor'],
        [`cursor=${Buffer.from('["title","a"]').toString('base64url')}`, 'query:cursor'],
        [`search=${Array(9).fill('a').join('+')}`, undefined],
      ]
      for (const [query, path] of cases) await refused(operation, query.slice(0, 60), { url: `${urlOf(operation)}?${query}` }, [400], path)
      const many = Array.from({ length: 51 }, (_, index) => `filter[or][${index}][id]=a`).join('&')
      for (const text of ['contains', 'startsWith'])
        await refused(operation, text, { url: `${urlOf(operation)}?filter[id][${text}]=${'a'.repeat(201)}` }, [400])
      await refused(operation, '51 conditions', { url: `${urlOf(operation)}?${many}` }, [400], 'query:filter')
    }
  })

  test('of single records name what does not fit', async () => {
    const ids = {
      products: 'product',
      variants: 'variant',
      categories: 'fiction',
      notes: 'publicNote',
      reviews: 'review',
      shippingMethods: 'shipping',
    }
    for (const [name, id] of Object.entries(ids))
      for (const query of ['fields=nothing', 'fields=__proto__', 'expand=nothing', 'expand=constructor', 'expand=__proto__', 'expand=id'])
        await refused(
          operations.find((one) => one.name === `${name}.get`)!,
          query,
          { url: `/api/${name}/${world.ids[id]}?${query}` },
          [400],
          `query:${query.split('=')[0]}`,
        )
  })

  test('by hidden fields are as unknown ones', async () => {
    const hidden = {
      notes: ['score', 'scored'],
      carts: ['tokenHash'],
      orders: ['tokenHash'],
      webhookInbox: ['body'],
      payments: ['returnUrl', 'checkAt', 'checks'],
      users: ['disabled'],
    }
    for (const [name, fields] of Object.entries(hidden))
      for (const field of fields)
        for (const query of [
          'sort=@',
          'sort=-@',
          'fields=@',
          'filter[@]=1',
          'filter[@][null]=true',
          'filter[or][0][@][gt]=1',
          'filter[not][@]=1',
          'expand=@',
        ]) {
          const ask = async (word: string) => await world.call('other', { method: 'GET', url: `/api/${name}?${query.replace('@', word)}` })
          const [known, unknown] = [await ask(field), await ask('nothing')]
          assert.equal(known.status, 400, `${name} ${query} ${field}`)
          const plain = (text: string, word: string) => text.replaceAll(word, '*').replace(/test-\w+/, '')
          assert.equal(plain(known.text, field), plain(unknown.text, 'nothing'))
        }
  })
})

describe('headers', () => {
  test('Idempotency-Key that is no key', async () => {
    for (const operation of writes())
      for (const key of ['', 'a b', 'é', 'x'.repeat(256)]) {
        if (
          /accounts|products|variants|categories|shippingMethods|notes|reviews|carts\.create/.test(operation.name) &&
          operation.access.rule === 'anyone'
        )
          await refused(
            operation,
            `key "${key.slice(0, 9)}"`,
            { headers: { 'idempotency-key': key }, body: sampleBody(operation) },
            [400],
            'header:Idempotency-Key',
          )
      }
  })

  test('credentials that are none make a guest, and never an error of ours', async () => {
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      'Basic YTpi',
      `Bearer ${'x'.repeat(5_000)}`,
      'Bearer kps_nothing',
      'bearer \u00e9',
    ])
      for (const headers of [
        { authorization },
        { cookie: `kp_session=${authorization}` },
        { cookie: 'kp_session' },
        { cookie: ';;;=' },
        { 'cart-token': authorization },
      ]) {
        const answer = await world.request({ method: 'GET', url: '/api/auth/me', headers: headers as Record<string, string> })
        assert.equal(answer.status, 401, JSON.stringify(headers).slice(0, 80))
        checkProblem(answer)
      }
  })
})
