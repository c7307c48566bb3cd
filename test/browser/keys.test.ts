// API keys in the console: made with what they may, shown once, seen at work, and ended, by the keyboard.
// long
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before } from 'node:test'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer, testConfig } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'
import { browserTest, openVisitor, signInToConsole, sizes, wholeFile } from './browser.ts'

let server: ServerProcess
let admin: HttpClient
before(async () => {
  server = await startServer(wholeFile, { config: testConfig })
  admin = await signInAdmin(server)
})

/** A key of theirs whose time is over. */
async function keepExpiredKey(): Promise<void> {
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
  expectStatus(await admin.post('/api/auth/keys', { name: 'Old export', scopes: ['notes:read'], expiresAt }), 201)
  const database = new DatabaseSync(join(server.dataFolder, 'kingpost.db'), { timeout: 5_000 })
  database.exec(`UPDATE "apiKeys" SET "expiresAt" = "expiresAt" - 7200000 WHERE name = 'Old export'`)
  database.close()
}

for (const size of sizes)
  browserTest(`a key is made, used and ended (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await page.goto('/console')
    await signInToConsole(page)
    if (size === 'desktop') {
      await page.keyboard.press('g')
      await page.keyboard.press('k')
    } else await page.goto('/console/keys')
    await page.getByText('No keys').waitFor()
    await visitor.look('console-no-keys')
    await page.getByRole('button', { name: 'New key' }).press('Enter')
    await page.getByLabel('Name').fill('Nightly export')
    await page.getByLabel('Name').press('Enter')
    await page.getByRole('alert').getByText('Choose what it may do.').waitFor()
    await page.getByLabel('notes:read', { exact: true }).press('Space')
    await page.getByLabel('On a day').press('Space')
    await page.getByRole('button', { name: 'Make the key' }).press('Enter')
    await page.getByText('Choose a day that is not over.').waitFor()
    await visitor.look('console-new-key')
    await page.getByLabel('Never').press('Space')
    await page.getByRole('button', { name: 'Make the key' }).press('Enter')
    const key = await page.getByLabel('Secret', { exact: true }).inputValue()
    assert.match(key, /^kp_[0-9A-Za-z]{49}$/)
    await page.getByRole('button', { name: 'I have kept it' }).press('Enter')
    await page.getByText('never, unless you end it').waitFor()
    assert.ok(!(await page.content()).includes(key))

    const program = server.guest.with({ authorization: `Bearer ${key}` })
    expectStatus(await program.get('/api/notes'), 200)
    expectStatus(await program.post('/api/notes', { text: 'No', number: 1 }), 403)
    await keepExpiredKey()
    await page.reload()
    const old = page.locator('tbody tr', { hasText: 'Old export' })
    await old.getByText('Expired').waitFor()
    // On a telephone as well: what was cut off was no finding of the look.
    const right = await old.getByRole('button', { name: 'End the key Old export' }).evaluate((end) => end.getBoundingClientRect().right)
    assert.ok(right < (size === 'phone' ? 390 : 1_280), `ends at ${right}`)
    assert.equal(await page.getByText('Expired').count(), 1)
    await visitor.look('console-keys')
    await old.getByRole('button', { name: 'End the key Old export' }).press('Enter')
    await page.getByRole('button', { name: 'End it' }).press('Enter')
    await old.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'End the key Nightly export' }).press('Enter')
    await page.getByRole('button', { name: 'End it' }).press('Enter')
    await page.getByText('No keys').waitFor()
    expectStatus(await program.get('/api/auth/me'), 401)
    visitor.calm()
    await page.context().close()
  })
