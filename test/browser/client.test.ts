// The client in a real Chromium, behind a line that is cut: a live list misses nothing and is told nothing twice. What it does
// in Node is in test/api/client.test.ts.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import type { createClient as Create } from '../../client/src/index.ts'
import { eventually } from '../support/eventually.ts'
import type { HttpClient } from '../support/http-client.ts'
import { createProxy } from '../support/proxy.ts'
import { type ServerProcess, startServer, testConfig } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'
import { browserTest, openVisitor, wholeFile } from './browser.ts'

type Note = { readonly id: string; readonly number: number }
type Told = { isRead: boolean; shown: string[]; comings: string[]; goings: string[]; faults: string[] }

let server: ServerProcess
let admin: HttpClient
before(async () => {
  server = await startServer(wholeFile, { config: testConfig })
  admin = await signInAdmin(server)
})

browserTest('a live list in Chromium is told every difference once while its line is cut', async () => {
  const proxy = await createProxy(server.url)
  wholeFile.after(() => proxy.close())
  const { page } = await openVisitor(proxy.url(server.url), { size: 'desktop' })
  await page.goto('/')
  await page.evaluate(async () => {
    const address = '/client/index.ts'
    const { createClient } = (await import(address)) as { createClient: typeof Create }
    const told: Told = { isRead: false, shown: [], comings: [], goings: [], faults: [] }
    Object.assign(globalThis, { told })
    let known: readonly Note[] = []
    createClient()
      .collection<Note>('notes')
      .live({ filter: { number: { gte: 10 } }, sort: '-number' }, (records, { added, changed, removed }) => {
        for (const one of added) if (known.some(({ id }) => id === one.id)) told.faults.push(`${one.number} came twice`)
        for (const one of changed)
          if (known.some((old) => JSON.stringify(old) === JSON.stringify(one))) told.faults.push(`${one.number} did not change`)
        known = records
        told.isRead = true
        told.shown = records.map(({ id, number }) => `${id} ${number}`)
        told.comings.push(...added.map(({ id }) => id))
        told.goings.push(...removed.map(({ id }) => id))
      })
  })
  const told = () => page.evaluate(() => (globalThis as unknown as { told: Told }).told)
  await eventually('the empty list', async () => ((await told()).isRead ? true : null))
  const made: string[] = []
  for (let cut = 0; cut < 3; cut++) {
    for (let i = 0; i < 5; i++) {
      const { body } = await admin.post('/api/notes', { text: 'x', number: 10 + ((i * 7 + cut) % 11) })
      made.push(body.id)
      if (i === 2) proxy.cut()
    }
    await admin.patch(`/api/notes/${made[cut]}`, { number: 100 + cut })
    await admin.delete(`/api/notes/${made[cut + 3]}`)
  }
  const notes = await admin.all('/api/notes?filter[number][gte]=10&sort=-number')
  const expected = notes.map(({ id, number }) => `${id} ${number}`)
  const { comings, goings, faults } = await eventually('the list as it is', async () => {
    const now = await told()
    return JSON.stringify(now.shown) === JSON.stringify(expected) ? now : null
  })
  assert.deepEqual(faults, [])
  // What came and went while the line was cut need not be told.
  assert.equal(new Set(comings).size, comings.length)
  assert.equal(comings.length - goings.length, expected.length)
  await page.context().close()
})
