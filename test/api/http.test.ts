// What HTTP itself asks of the API, whatever the operation: HEAD, OPTIONS, other origins, compression.
// slow: mysql
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { createMemoryBlobs } from '../../src/blobs/memory-blobs.ts'
import { users } from '../../src/domains/accounts/collections.ts'
import type { Admission } from '../../src/http/admission.ts'
import { type As, openWorld, testConfig, type World } from '../support/api-harness.ts'
import { checkProblem, checkRefusal } from '../support/scenario.ts'

const friend = 'https://app.example'
const stranger = 'https://evil.example'

let world: World
before(async () => {
  world = await openWorld({ config: { ...testConfig, http: { cors: { origins: [friend] } } } })
})
after(() => world.close())

const ask = (method: string, url: string, headers: Record<string, string> = {}, as: As = 'owner') =>
  world.call(as, { method, url, headers })
const note = () => `/api/notes/${world.ids['note']}`

test('HEAD answers what GET does, without the body, wherever there is a GET', async () => {
  const urls = world.engine.operations.flatMap(({ route }) => (route.startsWith('GET ') && !route.includes(':') ? [route.slice(4)] : []))
  for (const url of [...urls.filter((one) => one !== '/api/changes'), note(), '/api/notes/none', '/livez', '/api/openapi.json'])
    for (const as of ['guest', 'staff'] as const) {
      const both = async () => [await ask('HEAD', url, {}, as), await ask('GET', url, {}, as)] as const
      let [head, get] = await both()
      // A problem names its request, whose number may have got a digit more in between.
      if (Number(head.headers['content-length']) === Buffer.byteLength(get.text) - 1) [head, get] = await both()
      assert.equal(head.status, get.status, url)
      assert.equal(head.text, '', url)
      for (const name of ['content-type', 'etag', 'cache-control', 'vary']) assert.equal(head.headers[name], get.headers[name], url)
      // What is sent as it is read has no length, said or not.
      const isStreamed =
        url.endsWith('/export') && get.status === 200 && !get.headers['content-type']?.toString().startsWith('application/json')
      if (isStreamed) assert.deepEqual([head.headers['content-length'], get.headers['content-length']], [undefined, undefined])
      else if (url !== '/metrics') assert.equal(Number(head.headers['content-length']), Buffer.byteLength(get.text), url)
    }
  const stream = await ask('HEAD', '/api/changes?collections=notes')
  assert.deepEqual([stream.status, stream.text], [200, ''])
  assert.match(String(stream.headers['content-type']), /^text\/event-stream/)
})

test('where nothing is, or not by this method, the body does not matter', async () => {
  const send = async (method: string, url: string, type: string) =>
    await world.call('owner', { method, url, body: '{', headers: { 'content-type': type } })
  for (const type of ['application/json', 'text/plain']) {
    assert.equal((await send('POST', '/api/nothing', type)).status, 404)
    assert.equal((await send('PUT', note(), type)).status, 405)
  }
  const query = await world.call('owner', { method: 'QUERY', url: note() })
  assert.deepEqual([query.status, query.body.code], [405, 'method_not_allowed'])
})

describe('other origins', () => {
  const preflight = { 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'content-type' }
  const named = (headers: object) => Object.keys(headers).filter((name) => name.startsWith('access-control'))

  test('OPTIONS tells the methods of an address', async () => {
    const answer = await ask('OPTIONS', note())
    assert.deepEqual([answer.status, answer.headers['allow'], answer.text], [204, 'GET, PATCH, DELETE, HEAD, OPTIONS', ''])
    assert.equal((await ask('OPTIONS', '/api/nothing')).status, 404)
  })

  test('a page of a site that the config names may ask and read', async () => {
    const allowed = await ask('OPTIONS', note(), { ...preflight, origin: friend }, 'guest')
    assert.equal(allowed.status, 204)
    assert.equal(allowed.headers['access-control-allow-origin'], friend)
    assert.equal(allowed.headers['access-control-allow-credentials'], 'true')
    assert.match(String(allowed.headers['access-control-allow-methods']), /PATCH/)
    for (const name of ['Authorization', 'Cart-Token', 'Content-Type', 'Idempotency-Key', 'If-Match', 'Last-Event-ID'])
      assert.match(String(allowed.headers['access-control-allow-headers']), new RegExp(name))
    assert.equal(allowed.headers['access-control-max-age'], '7200')
    for (const answer of [await ask('GET', note(), { origin: friend }), await ask('GET', '/api/notes/none', { origin: friend })]) {
      assert.equal(answer.headers['access-control-allow-origin'], friend)
      assert.match(String(answer.headers['access-control-expose-headers']), /ETag.*Location.*Retry-After.*Idempotent-Replayed/)
      assert.match(String(answer.headers['vary']), /\bOrigin\b/)
    }
    const stream = await ask('GET', '/api/changes?collections=notes', { origin: friend })
    assert.equal(stream.headers['access-control-allow-origin'], friend)
  })

  test('a page of any other is told nothing, also of a name that only looks alike', async () => {
    for (const origin of [
      stranger,
      'null',
      `${friend}.evil.example`,
      'http://app.example',
      `${friend}:8443`,
      `${friend}/`,
      'https://APP.example',
    ]) {
      const refused = await ask('OPTIONS', note(), { ...preflight, origin }, 'guest')
      assert.deepEqual([refused.status, named(refused.headers)], [204, []], origin)
      const read = await ask('GET', note(), { origin })
      assert.deepEqual([read.status, named(read.headers)], [200, []], origin)
      assert.match(String(read.headers['vary']), /\bOrigin\b/)
    }
  })

  test('none is named by default', async () => {
    const closed = await openWorld()
    try {
      for (const method of ['OPTIONS', 'GET']) {
        const { headers } = await closed.request({ method, url: '/api/products', headers: { ...preflight, origin: friend } })
        assert.deepEqual([named(headers), String(headers['vary'] ?? '').includes('Origin')], [[], false])
      }
    } finally {
      await closed.close()
    }
  })

  test('a cookie changes something for our own pages and for those of a named site, and for no other', async () => {
    const change = (headers: Record<string, string>) =>
      world.request({ method: 'PATCH', url: note(), body: { rank: 1 }, headers: { cookie: 'kp_session=kps_owner', ...headers } })
    for (const headers of [
      { origin: friend, 'sec-fetch-site': 'same-site' },
      { origin: friend, 'sec-fetch-site': 'cross-site' },
      { origin: friend },
      { origin: 'https://shop.test', host: 'shop.test', 'sec-fetch-site': 'same-origin' },
    ])
      assert.equal((await change(headers)).status, 200, JSON.stringify(headers))
    for (const headers of [
      { origin: stranger, 'sec-fetch-site': 'cross-site' },
      { origin: stranger, 'sec-fetch-site': 'same-site' },
      { origin: stranger },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await change(headers as Record<string, string>)
      assert.equal(answer.body.code, 'cross_site_request', JSON.stringify(headers))
      checkProblem(answer)
    }
  })
})

describe('compression', () => {
  const gzip = { 'accept-encoding': 'gzip, deflate' }
  const raw = async (url: string, headers: Record<string, string>) => await world.server.app.inject({ method: 'GET', url, headers })
  const bearer = { authorization: 'Bearer kps_staff' }

  test('a large answer of a read is smaller, and the same', async () => {
    const url = '/api/schema'
    const plain = await raw(url, bearer)
    const small = await raw(url, { ...bearer, ...gzip })
    assert.equal(plain.headers['content-encoding'], undefined)
    assert.equal(small.headers['content-encoding'], 'gzip')
    for (const { headers } of [plain, small]) assert.match(String(headers['vary']), /Accept-Encoding/)
    assert.ok(small.rawPayload.length * 3 < plain.rawPayload.length)
    assert.equal(gunzipSync(small.rawPayload).toString(), plain.payload)
  })

  test('its ETag is its own, and means the same version', async () => {
    const owner = { authorization: 'Bearer kps_owner' }
    const url = `/api/notes/${world.ids['publicNote']}`
    await world.call('owner', { method: 'PATCH', url, body: { body: 'words '.repeat(400) } })
    const plain = String((await raw(url, owner)).headers['etag'])
    const small = await raw(url, { ...owner, ...gzip })
    const etag = String(small.headers['etag'])
    assert.equal(small.headers['content-encoding'], 'gzip')
    assert.notEqual(etag, plain)
    const same = await raw(url, { ...owner, ...gzip, 'if-none-match': etag })
    assert.deepEqual([same.statusCode, same.headers['etag']], [304, etag])
    assert.equal((await raw(url, { ...owner, 'if-none-match': plain })).statusCode, 304)
    const patch = (ifMatch: string) => world.call('owner', { method: 'PATCH', url, body: { rank: 5 }, headers: { 'if-match': ifMatch } })
    assert.equal((await patch(etag)).status, 200)
    assert.equal((await patch(etag)).status, 412)
  })

  test('never what another site could make a browser ask for, what answers a change, small texts and streams', async () => {
    const cookie = { cookie: 'kp_session=kps_staff', ...gzip }
    const encodingOf = async (url: string, headers: Record<string, string>) => (await raw(url, headers)).headers['content-encoding']
    assert.equal(await encodingOf('/api/schema', cookie), undefined)
    assert.equal(await encodingOf('/api/schema', { ...cookie, 'sec-fetch-site': 'cross-site' }), undefined)
    assert.equal(await encodingOf('/api/schema', { ...cookie, 'sec-fetch-site': 'same-site' }), undefined)
    assert.equal(await encodingOf('/api/schema', { ...cookie, 'sec-fetch-site': 'same-origin' }), 'gzip')
    assert.equal(await encodingOf('/api/auth/me', { ...bearer, ...gzip }), undefined)
    assert.equal(await encodingOf('/api/schema', { ...bearer, 'accept-encoding': 'gzip;q=0' }), undefined)
    const made = await world.call('owner', {
      method: 'POST',
      url: '/api/notes',
      headers: gzip,
      body: { title: 'T', body: 'x'.repeat(5_000) },
    })
    assert.deepEqual([made.status, made.headers['content-encoding']], [201, undefined])
    const stream = await ask('GET', '/api/changes?collections=notes', gzip)
    assert.equal(stream.headers['content-encoding'], undefined)
  })

  test('the API document is small, and asked for once', async () => {
    const url = '/api/openapi.json'
    const plain = await raw(url, {})
    for (const encoding of ['br', 'gzip']) {
      const small = await raw(url, { 'accept-encoding': encoding })
      assert.equal(small.headers['content-encoding'], encoding)
      assert.ok(small.rawPayload.length * 5 < plain.rawPayload.length, `${small.rawPayload.length} of ${plain.rawPayload.length}`)
      const again = await raw(url, { 'accept-encoding': encoding, 'if-none-match': String(small.headers['etag']) })
      assert.deepEqual([again.statusCode, again.payload, again.headers['etag']], [304, '', small.headers['etag']])
    }
  })
})

test('an upload is counted among those that are worked on, but for while its bytes come, and so is what comes to no operation', async () => {
  const seen: string[] = []
  const admission: Admission = {
    admits: () => true,
    enter() {
      seen.push('in')
      return () => seen.push('out')
    },
    counts: () => ({ inside: 0, room: 0, refused: 0 }),
  }
  const blobs = createMemoryBlobs()
  const { write } = blobs
  Object.assign(blobs, {
    async write(key: string, bytes: AsyncIterable<Uint8Array>) {
      async function* watched() {
        for await (const part of bytes) {
          seen.push('bytes')
          yield part
        }
      }
      await write.call(blobs, key, watched())
    },
  })
  const counting = await openWorld({ admission, blobs })
  try {
    const headers = { authorization: 'Bearer kps_owner', 'content-type': 'text/plain' }
    assert.equal((await counting.request({ method: 'POST', url: '/api/files', headers, body: 'a file' })).status, 201)
    assert.deepEqual(seen.splice(0), ['in', 'out', 'bytes', 'in', 'out'])
    assert.equal(
      (await counting.request({ method: 'POST', url: '/api/files', headers: { ...headers, 'content-encoding': 'gzip' }, body: 'x' }))
        .status,
      415,
    )
    assert.deepEqual(seen.splice(0), ['in', 'out', 'in', 'out'])
    assert.equal((await counting.request({ method: 'GET', url: '/api/nowhere' })).status, 404)
    assert.deepEqual(seen.splice(0), ['in', 'out'])
  } finally {
    await counting.close()
  }
})

describe('while too much comes', () => {
  let isOpen = true
  const admission: Admission = {
    admits: (_, rank) => isOpen || rank() !== null,
    enter: () => () => {},
    counts: () => ({ inside: 0, room: 0, refused: 0 }),
  }
  let full: World
  before(async () => {
    full = await openWorld({ config: { ...testConfig, http: { cors: { origins: [friend] } } }, admission })
    // Staff for some things alone.
    await full.write(async (tx) => void (await tx.adjust(users, full.ids['other']!, { set: { roles: ['reader'] } })))
    for (const as of ['staff', 'other', 'owner'] as const)
      assert.equal((await full.call(as, { method: 'GET', url: '/api/auth/me' })).status, 200)
    isOpen = false
  })
  after(() => full.close())

  test('whoever runs the shop and payment providers are answered, others are told when to come again', async () => {
    const me = { method: 'GET', url: '/api/auth/me' }
    for (const as of ['staff', 'other'] as const) assert.equal((await full.call(as, me)).status, 200, as)
    const webhook = { method: 'POST', url: '/api/payments/webhooks/sandbox', body: {} }
    checkRefusal(await full.call('guest', webhook), 400, 'webhook_rejected')
    for (const as of ['owner', 'guest'] as const)
      for (const request of [me, { method: 'POST', url: '/api/notes', body: { title: 'x' } }, { method: 'GET', url: '/api/nowhere' }]) {
        const refused = await full.call(as, request)
        checkRefusal(refused, 503, 'overloaded')
        assert.equal(refused.headers['retry-after'], '1')
      }
    for (const url of ['/livez', '/readyz']) assert.equal((await full.call('guest', { method: 'GET', url })).status, 200)
  })

  test('a page of another site can read that it was refused', async () => {
    const refused = await full.call('guest', { method: 'GET', url: '/api/notes', headers: { origin: friend } })
    assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [503, friend])
  })
})
