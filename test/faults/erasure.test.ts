// An erasure whose process is killed again and again comes to its end, in the bytes of the folder as well; and a restore of a backup
// from before it erases the person once more.
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createChance } from '../support/chance.ts'
import { searchFolder } from '../support/erased-person.ts'
import { eventually } from '../support/eventually.ts'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { personalWorkIsDue, runSql } from '../support/run-sql.ts'
import { databaseWords, runCommand, startServer, temporaryFolder, testConfig } from '../support/server-process.ts'
import { address, signInAdmin, signUp } from '../support/shop.ts'

const chance = createChance(console.log)
const email = 'ada.killed@byron.example'
const person = [email, 'Ada Byron-Knüpfer', 'Sechs Linden 6']
const home = { ...address, name: person[1]!, line1: person[2]! }

const stateOf = async (admin: HttpClient) => expectStatus(await admin.get('/api/erasures'), 200).body.items[0]?.state as string | undefined

test('kill -9 in the middle of an erasure, and a restore of what was before it', async (t) => {
  const folder = temporaryFolder(t)
  const kingpost = async (where: string, ...words: string[]) => {
    const { code, stderr, stdout } = await runCommand([
      ...words,
      '--config',
      testConfig,
      '--data-dir',
      where,
      ...(await databaseWords(where)),
      '--json',
    ])
    assert.equal(code, 0, stderr)
    return stdout
  }
  let server = await startServer(t, { dataFolder: folder })
  const admin = await signInAdmin(server)
  const ada = await signUp(server.guest, email)
  const { id } = expectStatus(await ada.get('/api/auth/me'), 200).body
  for (let count = 0; count < 300; count += 20)
    await Promise.all(
      Array.from({ length: 20 }, async () =>
        expectStatus(await ada.post('/api/carts', { email, shippingAddress: home, note: person[1]! }), 201),
      ),
    )
  const backup = join(temporaryFolder(t), 'before.jsonl.zst')
  await kingpost(folder, 'backup', backup)
  expectStatus(await admin.post(`/api/users/${id}/erase`, { now: true }), 202)
  await server.stop()
  await personalWorkIsDue(folder)
  let killed = 0
  for (let round = 1; round <= 3; round++) {
    server = await startServer(t, { dataFolder: folder })
    await sleep(chance.between(0, 150))
    server.kill('SIGKILL')
    await server.ended
    const [row] = await runSql(folder, 'select "state" from "erasures"')
    if (row!['state'] === 'running') killed++
    await personalWorkIsDue(folder)
  }
  t.diagnostic(`killed ${killed} times in the middle`)
  server = await startServer(t, { dataFolder: folder })
  const again = await signInAdmin(server)
  await eventually('it is over', async () => ((await stateOf(again)) === 'done' ? true : null), 60_000)
  await server.stop()
  assert.deepEqual(searchFolder(folder, person), [])

  // Nor in a backup that is made now, in which every table and every line of the feed stands; in the one of before all of it is found.
  const fresh = temporaryFolder(t)
  await kingpost(folder, 'backup', join(fresh, 'after.jsonl.zst'))
  assert.deepEqual(searchFolder(fresh, person), [])
  const found = searchFolder(dirname(backup), person)
  for (const one of person)
    assert.ok(
      found.some((place) => place.includes(one)),
      one,
    )

  const other = temporaryFolder(t)
  copyFileSync(join(folder, 'erased.jsonl'), join(other, 'erased.jsonl'))
  const told = JSON.parse(await kingpost(other, 'restore', backup))
  assert.deepEqual([told.counts.erased, told.violations], [1, 0])
  const restored = await startServer(t, { dataFolder: other })
  const refused = await restored.guest.post('/api/auth/login', { email, password: 'a long enough one' })
  assert.equal(refused.status, 401)
  const boss = await signInAdmin(restored)
  await eventually('it is over again', async () => ((await stateOf(boss)) === 'done' ? true : null), 60_000)
  await restored.stop()
  assert.deepEqual(searchFolder(other, person), [])
})
