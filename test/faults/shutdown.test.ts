// Being told to stop under load: what was begun is finished, what is refused is told so, and the next
// start finds nothing lying about.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { cleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus } from '../support/http-client.ts'
import { runCommand, startServer, testConfig, verify } from '../support/server-process.ts'
import { effectsAtRest, ledgerSums, makeArticle, makeCart, signInAdmin } from '../support/shop.ts'
import { startSmtpPeer } from '../support/smtp-peer.ts'

const clients = 24
const stopWithinMs = 10_000

// proves P-001 P-004 P-005
test('SIGTERM under load: exit 0 in time, nothing acknowledged is lost, no lease is left', async (t) => {
  // A real peer makes mail take its time, so that effects are under way when the signal comes.
  const peer = await startSmtpPeer(t)
  const server = await startServer(t, { env: { KINGPOST_SMTP_URL: peer.url } })
  const admin = await signInAdmin(server)
  const { variant } = await makeArticle(admin, { slug: 'shutdown', onHand: 100_000 })
  const acknowledged: string[] = []
  const refusals: { status: number; code: string; hasRetryAfter: boolean }[] = []

  /** Checks out carts until the server is gone; every answer is a success or a 503 that says when to come back. */
  async function buyOn(): Promise<void> {
    for (;;) {
      try {
        const cart = await makeCart(server.guest, [{ variant }])
        const answer = await cart.holder.post(
          `/api/carts/${cart.id}/checkout`,
          { payment: { provider: 'sandbox', method: 'card_success' } },
          { 'idempotency-key': randomUUID() },
        )
        if (answer.status !== 201)
          return void refusals.push({ status: answer.status, code: answer.body?.code, hasRetryAfter: answer.headers.has('retry-after') })
        acknowledged.push(answer.body.order.id)
      } catch (error) {
        // The connection is refused or cut, or a step before the checkout was told to come back.
        if (error instanceof TypeError || / and 503 came/.test(String(error))) return
        throw error
      }
    }
  }

  const buying = Promise.all(Array.from({ length: clients }, buyOn))
  await eventually('orders under way', async () => (acknowledged.length >= 20 ? true : null))
  const startedMs = performance.now()
  const ended = await server.stop()
  const tookMs = performance.now() - startedMs
  await buying
  assert.deepEqual([ended.code, ended.signal], [0, null], ended.stderr)
  assert.ok(tookMs < stopWithinMs, `it took ${Math.round(tookMs)} ms`)
  for (const refusal of refusals) assert.equal(refusal.status, 503, JSON.stringify(refusal))
  assert.doesNotMatch(ended.stderr, /"level":"error"/)

  const again = await startServer(t, { dataFolder: server.dataFolder, env: { KINGPOST_SMTP_URL: peer.url } })
  const later = await signInAdmin(again)
  const orders = new Set((await later.all('/api/orders')).map(({ id }) => id))
  for (const id of acknowledged) assert.ok(orders.has(id), id)
  await eventually(
    'all are paid',
    async () => {
      const { items } = expectStatus(await later.get('/api/orders?filter[status]=pending_payment&limit=1'), 200).body
      return items.length === 0 ? true : null
    },
    30_000,
  )
  const effects = await effectsAtRest(later)
  assert.deepEqual(
    effects.filter(({ state }: Body) => state !== 'done'),
    [],
  )
  // Finished before the end, or handed back untried: nobody's work was cut off and done again.
  assert.deepEqual(
    effects.filter(({ attempts }: Body) => attempts !== 1),
    [],
  )
  assert.equal(peer.taken.length, orders.size)
  assert.deepEqual(await ledgerSums(later), { EUR: 0 })
  const checked = await verify(server.dataFolder)
  assert.equal(checked.code, 0, checked.stdout + checked.stderr)
  assert.equal((await again.stop()).code, 0)
  t.diagnostic(`${acknowledged.length} acknowledged, ${refusals.length} refused, stopped in ${Math.round(tookMs)} ms`)
})

// A reverse proxy keeps its connections open for minutes.
test('a connection that its client keeps open does not hold up the end', async (t) => {
  const server = await startServer(t)
  // Hashing a password takes long enough for the signal to come while it is under way.
  const connections = Array.from({ length: 8 }, () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    cleanUp(t, () => socket.destroy())
    return socket
  })
  // Each is taken by then: those that wait to be taken are cut off by an end.
  for (const socket of connections) {
    socket.write('GET /livez HTTP/1.1\r\nhost: shop\r\n\r\n')
    await once(socket, 'readable')
    assert.match(String(socket.read()), /^HTTP\/1\.1 200 /)
  }
  for (const [index, socket] of connections.entries()) {
    const body = JSON.stringify({ email: `user${index}@mail.example`, password: 'a long enough one' })
    socket.write(
      `POST /api/auth/register HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
  }
  const answers = Promise.all(connections.map(async (socket) => await text(socket)))
  await server.guest.get('/livez')
  const startedMs = performance.now()
  const { code } = await server.stop()
  const tookMs = performance.now() - startedMs
  assert.equal(code, 0)
  assert.ok(tookMs < stopWithinMs, `it took ${Math.round(tookMs)} ms`)
  for (const answer of await answers) {
    assert.match(answer, /^HTTP\/1\.1 201 /)
    assert.match(answer, /^Keep-Alive: timeout=95\r$/m)
  }
})

test('live readers do not hold up the end, and a second signal changes nothing', async (t) => {
  const server = await startServer(t)
  const streams = await Promise.all(Array.from({ length: 10 }, () => fetch(`${server.url}/api/changes?collections=notes`)))
  const reading = streams.map((stream) => stream.text())
  server.kill('SIGTERM')
  server.kill('SIGINT')
  const { code } = await server.ended
  assert.equal(code, 0)
  for (const text of await Promise.all(reading)) assert.match(text, /^id: [\w-]{30}\nevent: ready\n/)
})

test('a second server on the same folder is refused, and the first one does not notice', async (t) => {
  const server = await startServer(t)
  const words = ['start', '--config', testConfig, '--port', '0', '--data-dir', server.dataFolder, '--json']
  const second = await runCommand(words)
  assert.equal(second.code, 1)
  assert.equal(
    second.stderr,
    `Another Kingpost is running on ${server.dataFolder}. Stop it, or choose another folder with --data-dir FOLDER.\n`,
  )
  expectStatus(await server.guest.post('/api/notes', { text: 'still here' }), 201)
  server.kill('SIGKILL')
  await server.ended
  // The lock dies with its holder, however that dies.
  const third = await startServer(t, { dataFolder: server.dataFolder })
  assert.equal(expectStatus(await third.guest.get('/api/notes'), 200).body.items.length, 1)
})
