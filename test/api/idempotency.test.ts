// proves P-003: a repeated Idempotency-Key has one effect and one answer.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { systemRandom } from '../../src/base/random.ts'
import { newSecret, signHmac } from '../../src/base/secret.ts'
import { checkOut, fillCart, openWorld, type World } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'
import { checkProblem } from '../support/scenario.ts'
import { settled } from '../support/settled.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const key = (value: string) => ({ 'idempotency-key': value })
const create = (as: 'owner' | 'other', title: string, headers = key('k1')) =>
  world.call(as, { method: 'POST', url: '/api/notes', headers, body: { title } })

describe('the same key', () => {
  test('with the same body: one record, one answer', async () => {
    const first = await create('owner', 'Once')
    const position = await world.newest()
    const again = await create('owner', 'Once')
    assert.equal(first.status, 201)
    assert.equal(first.headers['idempotent-replayed'], undefined)
    assert.equal(again.headers['idempotent-replayed'], 'true')
    assert.equal(again.status, 201)
    assert.equal(again.text, first.text)
    for (const name of ['location', 'etag', 'content-type']) assert.equal(again.headers[name], first.headers[name])
    assert.deepEqual(await world.commitsAfter(position), [])
  })

  test('with the same body whose names come in another order is the same request', async () => {
    const send = (body: string) =>
      world.call('owner', { method: 'POST', url: '/api/notes', headers: { ...key('k1'), 'content-type': 'application/json' }, body })
    const first = await send('{"title":"Once","meta":{"b":[1,{"d":1,"c":2}],"a":1}}')
    const again = await send('{"meta":{"a":1,"b":[1,{"c":2,"d":1}]},"title":"Once"}')
    assert.deepEqual([again.status, again.text, again.headers['idempotent-replayed']], [201, first.text, 'true'])
    assert.equal((await send('{"meta":{"a":1,"b":[{"c":2,"d":1},1]},"title":"Once"}')).status, 422)
  })

  test('with another body is refused', async () => {
    await create('owner', 'Once')
    const other = await create('owner', 'Twice')
    assert.equal(other.status, 422)
    assert.equal(other.body.code, 'idempotency_key_reused')
    checkProblem(other)
  })

  test('of another caller, or of another operation, is another key', async () => {
    assert.equal((await create('owner', 'Once')).status, 201)
    const other = await create('other', 'Mine')
    assert.equal(other.status, 201)
    assert.equal(other.body.title, 'Mine')
    const cart = await world.call('owner', { method: 'POST', url: '/api/carts', headers: key('k1'), body: {} })
    assert.equal(cart.status, 201)
    const byToken = (token: string) =>
      world.call('guest', { method: 'POST', url: '/api/carts', headers: { ...key('k2'), 'cart-token': token }, body: {} })
    const [one, two] = [newSecret(systemRandom, 'cart'), newSecret(systemRandom, 'cart')]
    assert.notEqual((await byToken(one)).body.id, (await byToken(two)).body.id)
    assert.equal((await byToken(one)).headers['idempotent-replayed'], 'true')
  })

  test('of a guest who shows nothing else must be random, and is theirs from any network', async () => {
    const make = (remoteAddress: string, headers: Record<string, string>) =>
      world.server.app.inject({ method: 'POST', url: '/api/carts', remoteAddress, headers, payload: {} })
    const weak = await make('203.0.113.7', key('cart-1'))
    assert.equal(weak.statusCode, 400)
    assert.deepEqual(weak.json().errors, [
      { path: 'header:Idempotency-Key', code: 'minLength', message: 'must be at least 20 random characters, such as a UUID' },
    ])
    // A broken program's token is nobody's own: with it a weak key stays weak.
    assert.equal((await make('203.0.113.7', { ...key('cart-1'), 'cart-token': 'undefined' })).statusCode, 400)
    const [mine, yours] = [randomUUID(), randomUUID()]
    const first = await make('203.0.113.7', key(mine))
    assert.equal(first.statusCode, 201)
    assert.notEqual((await make('203.0.113.7', key(yours))).json().token, first.json().token)
    const moved = await make('198.51.100.9', key(mine))
    assert.equal(moved.body, first.body)
    assert.equal(moved.headers['idempotent-replayed'], 'true')
  })

  test('of a sign-in answers its session again, to the right password alone', async () => {
    const ask = (password: string) =>
      world.request({
        method: 'POST',
        url: '/api/auth/login',
        headers: key('11111111111111111111'),
        body: { email: 'owner@example.com', password },
      })
    const wrong = await ask('wrong')
    assert.equal(wrong.body.code, 'login_failed')
    const first = await ask('password of owner')
    assert.equal(first.status, 200, 'a refusal holds nothing that a repeat may not change')
    const again = await ask('password of owner')
    assert.equal(again.headers['idempotent-replayed'], 'true')
    assert.equal(again.text, first.text)
    assert.equal(again.headers['set-cookie'], first.headers['set-cookie'])
    assert.equal((await ask('wrong')).body.code, 'idempotency_key_reused')
  })

  test('20 times at once: one record, and everybody is told of it', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => create('owner', 'Once')))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
    assert.equal(answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined).length, 1)
  })

  test('is free again after a refusal: once the reason has gone the call is carried out', async () => {
    const book = world.ids['product']
    const review = () => world.call('owner', { method: 'POST', url: '/api/reviews', headers: key('k1'), body: { book, stars: 1 } })
    for (let time = 0; time < 2; time++) assert.equal((await review()).body.code, 'already_exists')
    await world.call('owner', { method: 'DELETE', url: `/api/reviews/${world.ids['review']}` })
    const passed = await review()
    assert.equal(passed.status, 201)
    const again = await review()
    assert.equal(again.headers['idempotent-replayed'], 'true')
    assert.equal(again.text, passed.text)
  })

  test('checks a cart out that was mended after out_of_stock, and after something was missing', async () => {
    const cart = await fillCart(world, 'guest', [{ variant: 'hardcover', quantity: 4 }])
    const ask = () =>
      world.call('guest', {
        method: 'POST',
        url: `/api/carts/${cart.id}/checkout`,
        headers: { ...cart.headers, ...key('k1') },
        body: { payment: { provider: 'sandbox', method: 'card_success' } },
      })
    const patch = (body: object) => world.call('guest', { method: 'PATCH', url: `/api/carts/${cart.id}`, headers: cart.headers, body })
    assert.equal((await ask()).body.code, 'out_of_stock')
    await patch({ email: null })
    assert.equal((await ask()).body.code, 'cart_incomplete')
    const { body } = await patch({ email: 'guest@example.com' })
    const line = `/api/carts/${cart.id}/lines/${body.lines[0].id}`
    await world.call('guest', { method: 'PATCH', url: line, headers: cart.headers, body: { quantity: 3 } })
    const passed = await ask()
    assert.equal(passed.status, 201)
    assert.equal((await ask()).text, passed.text)
  })

  test('of a refusal by the schema is free', async () => {
    assert.equal((await world.call('owner', { method: 'POST', url: '/api/notes', headers: key('k1'), body: { title: 1 } })).status, 400)
    assert.equal((await create('owner', 'Once')).status, 201)
  })

  test('checks out once, and answers the whole order each time', async () => {
    const cart = await fillCart(world, 'owner')
    const ask = () =>
      world.call('owner', {
        method: 'POST',
        url: `/api/carts/${cart.id}/checkout`,
        headers: key('k1'),
        body: { payment: { provider: 'sandbox', method: 'card_success' } },
      })
    const first = await ask()
    const again = await ask()
    assert.equal(again.text, first.text)
    assert.equal(again.headers['idempotent-replayed'], 'true')
    assert.equal(world.book.all().length, 1)
    const withoutKey = await checkOut(world, 'owner', cart)
    assert.equal(withoutKey.status, 201)
    assert.equal(withoutKey.body.order.id, first.body.order.id)
    // As it is by now: its payment may have come.
    assert.match(withoutKey.body.order.status, /^(?:pending_payment|placed)$/)
    assert.equal(withoutKey.body.payment.id, first.body.payment.id)
    const byOtherKey = await world.call('owner', {
      method: 'POST',
      url: `/api/carts/${cart.id}/checkout`,
      headers: key('k2'),
      body: { payment: { provider: 'sandbox' } },
    })
    assert.equal(byOtherKey.body.order.id, first.body.order.id)
  })

  test('of a webhook with another body is no repeat', async () => {
    const webhookKey = randomUUID()
    const send = (id: string) => {
      const body = JSON.stringify({ id, payment: 'spay_x', reference: 'pay_x' })
      const time = Math.floor(world.clock.now() / 1000)
      const signature = `t=${time},v1=${signHmac(world.webhookSecret, `${time}.${body}`)}`
      return world.request({
        method: 'POST',
        url: '/api/payments/webhooks/sandbox',
        headers: { ...key(webhookKey), 'sandbox-signature': signature },
        body,
      })
    }
    assert.equal((await send('evt_1')).status, 200)
    assert.notEqual((await send('evt_2')).headers['idempotent-replayed'], 'true')
  })
})

test('while the first request waits for its provider, the second is told to come back', async () => {
  let goOn = () => {}
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const slow = await openWorld({
    call: async (_name, call) => {
      await gate
      return call()
    },
  })
  try {
    const cart = await fillCart(slow, 'owner')
    const ask = () =>
      slow.call('owner', {
        method: 'POST',
        url: `/api/carts/${cart.id}/checkout`,
        headers: key('k1'),
        body: { payment: { provider: 'sandbox', method: 'card_success' } },
      })
    const first = ask()
    await settled()
    const second = await ask()
    assert.equal(second.status, 409)
    assert.equal(second.body.code, 'idempotency_in_flight')
    assert.equal(second.headers['retry-after'], '1')
    goOn()
    assert.equal((await first).status, 201)
    assert.equal((await ask()).text, (await first).text)
  } finally {
    await slow.close()
  }
})

test('an answer that was given before its provider answered stays the one that is repeated', async () => {
  let goOn = () => {}
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const slow = await openWorld({
    call: async (_name, call) => {
      await gate
      return call()
    },
  })
  try {
    const cart = await fillCart(slow, 'owner')
    const body = { payment: { provider: 'sandbox', method: 'card_success' } }
    const ask = () => slow.call('owner', { method: 'POST', url: `/api/carts/${cart.id}/checkout`, headers: key('k1'), body })
    const asked = ask()
    await settled()
    await slow.clock.advance(limits.awaitedEffectMs + 1)
    const first = await asked
    assert.equal(first.body.payment.status, 'sending')
    goOn()
    await eventually('the end of the effect, which another answer must not hold back', async () => {
      // It is written at the second try, after a pause.
      await slow.clock.advance(limits.conflictBackoffMs * 4)
      const { body: payment } = await slow.call('owner', { method: 'GET', url: `/api/payments/${first.body.payment.id}` })
      return payment.status === 'sending' ? null : payment
    })
    assert.equal((await ask()).text, first.text)
  } finally {
    await slow.close()
  }
})

test('a checkout whose webhook is quicker than the answer of its provider is answered with the order it placed, each time', async () => {
  const quick: World = await openWorld({
    call: async (name, call) => {
      const answer = call()
      if (name === 'start') await quick.clock.advance(1_000)
      return answer
    },
  })
  try {
    await quick.engine.start()
    const cart = await fillCart(quick, 'owner')
    const body = { payment: { provider: 'sandbox', method: 'card_success' } }
    const ask = () => quick.call('owner', { method: 'POST', url: `/api/carts/${cart.id}/checkout`, headers: key('k1'), body })
    const first = await ask()
    assert.equal(first.body.payment.status, 'captured')
    assert.deepEqual(first.body.order, (await quick.call('owner', { method: 'GET', url: `/api/orders/${first.body.order.id}` })).body)
    assert.equal(first.body.order.status, 'placed')
    assert.equal((await ask()).text, first.text)
  } finally {
    await quick.close()
  }
})

test('what is remembered of an answer tells no secret to whoever reads the database', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-'))
  const onDisk = await openWorld({ path: join(folder, 'kingpost.db') })
  try {
    const keys = [randomUUID(), randomUUID()]
    const logIn = () =>
      onDisk.request({
        method: 'POST',
        url: '/api/auth/login',
        headers: key(keys[0]!),
        body: { email: 'owner@example.com', password: 'password of owner' },
      })
    const first = await logIn()
    const again = await logIn()
    assert.equal(again.body.token, first.body.token)
    assert.equal(again.headers['set-cookie'], first.headers['set-cookie'])
    const cart = await onDisk.request({ method: 'POST', url: '/api/carts', headers: key(keys[1]!), body: {} })
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)))
    assert.ok(
      files.some((bytes) => bytes.includes('owner@example.com')),
      'the files hold the data',
    )
    for (const secret of [first.body.token, cart.body.token, 'password of owner', ...keys])
      for (const bytes of files) assert.ok(!bytes.includes(secret), 'a secret is in the database file')
    assert.doesNotMatch(JSON.stringify(onDisk.log), new RegExp(first.body.token))
  } finally {
    await onDisk.close()
    rmSync(folder, { recursive: true })
  }
})
