// An export whose process is killed in the middle, again and again, comes to its end once, and is whole.
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { expectStatus } from '../support/http-client.ts'
import { personalWorkIsDue, runSql } from '../support/run-sql.ts'
import { startServer, temporaryFolder, verify } from '../support/server-process.ts'
import { signInAdmin, signUp } from '../support/shop.ts'
import { entriesOf } from '../support/unzip.ts'

const email = 'ada.killed@byron.example'
const count = 6_000

// proves P-037
test('kill -9 in the middle of an export: it goes on, ends once, and the archive is whole', async (t) => {
  const folder = temporaryFolder(t)
  let server = await startServer(t, { dataFolder: folder })
  const admin = await signInAdmin(server)
  const { token } = await signUp(server.guest, email)
  const bearer = { authorization: `Bearer ${token}` }
  const { id } = expectStatus(await server.guest.get('/api/auth/me', bearer), 200).body
  const rows = Array.from({ length: count }, (_, index) => `note ${index},${id},${index}`)
  const headers = { ...admin.headers, 'content-type': 'text/csv' }
  const body = ['text,owner,number', ...rows].join('\n')
  const imported = await fetch(`${server.url}/api/notes/import`, { method: 'POST', headers, body })
  assert.equal(((await imported.json()) as { created: number }).created, count)
  expectStatus(await server.guest.post('/api/auth/me/export', {}, bearer), 202)

  const progress = async () => expectStatus(await server.guest.get('/api/auth/me/export', bearer), 200).body
  let killed = 0
  for (let known = 0, turn = 0; turn < 3; turn++) {
    // At least a page further than when it was killed before.
    await eventually('it goes on', async () => ((await progress()).rows > known ? true : null), 60_000)
    server.kill('SIGKILL')
    await server.ended
    const [row] = await runSql(folder, 'select "state", "rows" from "dataExports"')
    assert.ok(Number(row!['rows']) > known)
    known = Number(row!['rows'])
    if (row!['state'] === 'running') killed++
    await personalWorkIsDue(folder)
    server = await startServer(t, { dataFolder: folder })
    if (row!['state'] !== 'running') break
  }
  assert.ok(killed > 0, 'it was killed in the middle')
  t.diagnostic(`killed ${killed} times in the middle`)
  await eventually('it is ready', async () => ((await progress()).state === 'ready' ? true : null), 60_000)

  const content = await fetch(`${server.url}/api/auth/me/export/content`, { headers: bearer })
  assert.equal(content.status, 200)
  const entries = [...entriesOf(Buffer.from(await content.arrayBuffer()))]
  const notes = entries.filter(([name]) => name.startsWith('notes/')).flatMap(([, text]) => JSON.parse(text) as { number: number }[])
  assert.deepEqual(
    notes.map(({ number }) => number).toSorted((a, b) => a - b),
    rows.map((_, index) => index),
  )
  assert.match(entries.find(([name]) => name === 'README.txt')![1], new RegExp(`: ${(await progress()).rows} records`))
  const again = await signInAdmin(server)
  const mails = () => again.all(`/api/emails?filter[to]=${email}&filter[template]=account_export`)
  await eventually('its owner is told', async () => ((await mails()).length > 0 ? true : null))
  const effects = await again.all('/api/effects?filter[kind]=personal.export')
  assert.deepEqual([effects.map(({ state }) => state), (await mails()).length], [['done'], 1])
  await server.stop()
  const { code, stdout, stderr } = await verify(folder)
  assert.equal(code, 0, stdout + stderr)
})
