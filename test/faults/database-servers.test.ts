// The servers that tests run on, held to what the other tests take for granted: what was committed outlives a
// kill -9, the address stays, and nothing of a server outlives the process that started it.
// databases: server
// slow: mysql
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { compileModel } from '../../src/schema/model.ts'
import { owners } from '../support/conformance-subjects.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'

const database = testDatabase()
const model = compileModel([owners] as never)
const owner = { id: 'own_1', version: 1, createdAt: 1, updatedAt: 1, name: 'Ann' }

test('what was committed is there after kill -9 of the server, at the same address', async () => {
  const server = await database.startServer()
  const url = await server.createDatabase()
  assert.notEqual(await server.createDatabase(), url)
  const before = await database.open(model, { url, clock: systemClock })
  await before.transaction((tx) => tx.insert(owners, [owner]))
  await server.kill()
  await server.start()
  const after = await database.open(model, { url, clock: systemClock })
  assert.deepEqual(await after.reader.get(owners, owner.id), owner)
  await server.stop()
  await server.start()
  const last = await database.open(model, { url, clock: systemClock })
  assert.deepEqual(await last.reader.get(owners, owner.id), owner)
  for (const storage of [before, after, last]) await storage.close()
  await server.stop()
})

test('a server ends with the process that started it, also when that is killed, and takes its folder along', async () => {
  const script = `
    import { testDatabase } from '${join(import.meta.dirname, '../support/databases.ts')}'
    const server = await testDatabase().startServer()
    console.log(JSON.stringify({ pid: server.pid(), folder: server.folder }))
    setInterval(() => {}, 1_000)
  `
  const words = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script]
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { pid, folder } = JSON.parse(line.toString()) as { pid: number; folder: string }
  assert.ok(isAlive(pid) && existsSync(folder))
  child.kill('SIGKILL')
  await eventually('the server and its folder are gone', async () => (isAlive(pid) || existsSync(folder) ? null : true))
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
