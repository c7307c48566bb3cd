// Webhooks and kill -9 at each step of a delivery: before the receiver has read the message, when it has it and has not answered,
// and when its answer is on its way. What was acknowledged is told at least once, under one id; what was not committed is not told.
// long
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { expectStatus } from '../support/http-client.ts'
import { startServer, temporaryFolder, verify } from '../support/server-process.ts'
import { effectsAtRest, signInAdmin } from '../support/shop.ts'

const config = join(import.meta.dirname, '../support/own-code.config.ts')
const steps = ['before', 'connected', 'received', 'answered', 'settled'] as const

// proves P-031
test('webhooks survive kill -9 at every step of a delivery', { timeout: 180_000 }, async (t) => {
  const dataFolder = temporaryFolder(t)
  let at: (step: string) => Promise<unknown> | null = () => null
  const heard: { readonly id: string; readonly text: string }[] = []
  const receiver = createServer(async (request, response) => {
    request.socket.on('error', () => {})
    if (await at('connected')) return
    let body = ''
    for await (const part of request) body += String(part)
    const { type, data } = JSON.parse(body) as { type: string; data: { record: { text: string } } }
    if (type === 'comments.created') heard.push({ id: String(request.headers['webhook-id']), text: data.record.text })
    if (await at('received')) return
    response.writeHead(204).end(() => void at('answered'))
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  t.after(() => receiver.close())
  t.after(() => receiver.closeAllConnections())

  const start = async (dieAt = '') =>
    await startServer(t, { config, dataFolder, env: { BOOK_FILE: join(dataFolder, 'book.txt'), DIE_AT: dieAt } })
  const first = await start()
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  expectStatus(await (await signInAdmin(first)).post('/api/webhooks', { url, events: ['comments.created'] }), 201)
  await first.stop()

  const acknowledged: string[] = []
  for (const step of steps) {
    const server = await start(step)
    at = (reached) => {
      if (reached !== step) return null
      server.kill('SIGKILL')
      return server.ended
    }
    const answer = await server.guest.post('/api/comments', { text: step }).catch(() => null)
    if (answer?.status === 201) acknowledged.push(step)
    // The end is written soon after the answer: whether this kill comes before or after it, nothing may be lost.
    if (step === 'settled') {
      await eventually('it is heard', async () => heard.some(({ text }) => text === step) || null)
      server.kill('SIGKILL')
    }
    assert.equal((await server.ended).signal, 'SIGKILL', step)
  }
  at = () => null
  const server = await start()
  const admin = await signInAdmin(server)
  // On a server the lease of a process that was killed has to end first.
  const effects = await effectsAtRest(admin, 90_000)
  assert.deepEqual([...new Set(effects.map(({ state }) => state))], ['done'])
  const written = (await admin.all('/api/comments')).map(({ text }) => text as string)
  assert.ok(!written.includes('before'), 'what was cut in its transaction is there')
  for (const step of acknowledged) assert.ok(written.includes(step), `${step} was acknowledged and is gone`)
  assert.deepEqual([...new Set(heard.map(({ text }) => text))].toSorted(), written.toSorted())
  for (const [text, all] of Map.groupBy(heard, (one) => one.text))
    assert.equal(new Set(all.map(({ id }) => id)).size, 1, `${text} came under several ids`)
  for (const { status } of await admin.all('/api/webhookDeliveries')) assert.equal(status, 'delivered')
  assert.equal((await server.stop()).code, 0)
  const checked = await verify(dataFolder, config)
  assert.equal(checked.code, 0, checked.stdout)
})
