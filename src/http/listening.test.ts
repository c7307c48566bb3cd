import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createPageServer } from '../../test/support/page-server.ts'

const livez = { path: '/livez', summary: '', type: 'application/json', answer: async () => ({ status: 200, body: '{}' }) }
/** Closed also where a test fails, or the process would not end. */
function open(t: TestContext) {
  const server = createPageServer({ pages: [livez] })
  t.after(() => server.close())
  return server
}
const isLinux = process.platform === 'linux'

test('several new connections are taken in one turn of the event loop', { skip: !isLinux }, async (t) => {
  const server = open(t)
  const port = await server.listen(0, '127.0.0.1')
  let taken = 0
  server.app.server.on('connection', () => void taken++)
  const count = 64
  // The system has them wait from when they are asked for.
  const sockets: Socket[] = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  let turns = 0
  while (taken < count) {
    await new Promise(setImmediate)
    turns++
  }
  for (const socket of sockets) socket.destroy()
  assert.ok(turns < count / 2, `${count} connections took ${turns} turns`)
})

test('each is answered, whichever socket took it, and all are waited for at the end', async () => {
  const server = createPageServer({ pages: [livez] })
  const port = await server.listen(0, '127.0.0.1')
  const answers = await Promise.all(
    Array.from({ length: 32 }, async () => (await fetch(`http://127.0.0.1:${port}/livez`, { headers: { connection: 'close' } })).status),
  )
  assert.deepEqual(new Set(answers), new Set([200]))
  // One that stays, idle.
  await (await fetch(`http://127.0.0.1:${port}/livez`)).text()
  await server.close()
  await assert.rejects(fetch(`http://127.0.0.1:${port}/livez`))
})

test('a port that is taken is told, also when who has it would share it', async (t) => {
  const port = await open(t).listen(0, '127.0.0.1')
  await assert.rejects(open(t).listen(port, '127.0.0.1'), { code: 'EADDRINUSE' })
})

test('and so is one that is taken by another program', async (t) => {
  const other = createServer()
  t.after(() => other.close())
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  await assert.rejects(open(t).listen(port, '127.0.0.1'), { code: 'EADDRINUSE' })
})
