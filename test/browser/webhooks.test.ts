// Webhooks in the console, as an admin makes one for a receiver of theirs, looks how it goes, and changes it: by the keyboard on
// a desktop, and on a phone. The receiver checks each message by the official library.
// ci
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { before } from 'node:test'
import type { Page } from 'playwright-core'
import { Webhook } from 'standardwebhooks'
import { eventually } from '../support/eventually.ts'
import { expectStatus, type HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer, testConfig } from '../support/server-process.ts'
import { proveAddress, signInAdmin, signUp } from '../support/shop.ts'
import { browserTest, openVisitor, sizes, type Visitor, wholeFile } from './browser.ts'

let server: ServerProcess
let admin: HttpClient
before(async () => {
  server = await startServer(wholeFile, { config: testConfig })
  admin = await signInAdmin(server)
})

type Got = { readonly id: string; readonly type: string; provedBy(secret: string): boolean }

/** Answers as it is told to, and keeps what came. */
async function openReceiver() {
  const got: Got[] = []
  let status = 204
  const receiver = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts).toString()
    const headers = request.headers as Record<string, string>
    const provedBy = (secret: string) => {
      try {
        new Webhook(secret).verify(body, headers)
        return true
      } catch {
        return false
      }
    }
    got.push({ id: headers['webhook-id']!, type: (JSON.parse(body) as { type: string }).type, provedBy })
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  wholeFile.after(() => receiver.close())
  return {
    url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`,
    got,
    answer: (next: number) => void (status = next),
    /** The `number`th message, when it is there. */
    message: (number: number) => eventually(`message ${number}`, async () => got[number - 1]),
  }
}

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.goto('/console')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('Latest orders').waitFor()
}

const row = (page: Page, event: string) => page.locator('tbody tr', { hasText: event })

/** What is wrong is said; what is asked for is chosen; the secret is there once. */
async function makeOne(visitor: Visitor, url: string): Promise<string> {
  const { page } = visitor
  await page.getByRole('heading', { level: 1, name: 'New webhook' }).waitFor()
  visitor.expectRefusal(400, /^\/api\/webhooks$/)
  await page.getByLabel('Address').fill('nonsense')
  await page.getByLabel('All events').press('Space')
  await page.getByLabel('Address').press('Enter')
  await page.getByText('Choose an event, or all of them.').waitFor()
  await page.getByLabel('notes.*').press('Space')
  assert.ok(await page.getByLabel('notes.created').isDisabled())
  assert.equal(await page.getByText('Choose an event').count(), 0)
  await visitor.look('console-new-webhook')
  await page.getByRole('button', { name: 'Create' }).press('Enter')
  await page.getByText('Must be a web address').waitFor()
  await page.getByLabel('Address').fill(url)
  await page.getByLabel('Description').fill('CRM')
  await page.getByRole('button', { name: 'Create' }).press('Enter')
  return await keepSecret(visitor)
}

async function keepSecret(visitor: Visitor): Promise<string> {
  const { page } = visitor
  const secret = await page.getByLabel('Secret', { exact: true }).inputValue()
  assert.match(secret, /^whsec_[\w+/=]{40,}$/)
  await visitor.look('console-webhook-secret')
  await page.getByRole('button', { name: 'I have kept it' }).press('Enter')
  await page.getByRole('heading', { name: 'What was sent' }).waitFor()
  assert.ok(!(await page.content()).includes(secret))
  return secret
}

for (const size of sizes)
  browserTest(`a webhook is made, tried, read, replayed, changed and deleted (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    const receiver = await openReceiver()
    await signIn(page, 'admin@shop.example', 'correct horse battery')
    if (size === 'desktop') {
      await page.keyboard.press('g')
      await page.keyboard.press('w')
    } else {
      await page.getByRole('button', { name: 'Menu' }).click()
      await page.getByRole('link', { name: 'Webhooks', exact: true }).first().click()
    }
    await page.getByText('Nothing is told to anybody').waitFor()
    await visitor.look('console-no-webhooks')
    await page.getByRole('link', { name: 'New', exact: true }).press('Enter')
    const secret = await makeOne(visitor, receiver.url)
    const name = receiver.url.replace('http://', '')

    await page.getByRole('button', { name: 'Send a test', disabled: false }).press('Enter')
    await row(page, 'webhook.test').getByText('Delivered').waitFor()
    const test = await receiver.message(1)
    assert.ok(test.type === 'webhook.test' && test.provedBy(secret))
    await row(page, 'webhook.test').getByRole('button', { name: 'Send again' }).press('Enter')
    assert.equal((await receiver.message(2)).id, test.id)
    await row(page, 'webhook.test').nth(1).getByText('Delivered').waitFor()

    receiver.answer(500)
    expectStatus(await admin.post('/api/notes', { text: 'Hello', number: 1 }), 201)
    await row(page, 'notes.created').getByText('The receiver answered 500.').waitFor()
    await visitor.look('console-webhook')
    await page.getByRole('group', { name: 'Status' }).getByRole('button', { name: 'Pending' }).press('Enter')
    await eventually('the one that waits', async () => ((await page.locator('tbody tr').count()) === 1 ? true : null))
    await row(page, 'notes.created').getByRole('link').press('Enter')
    await page.getByText('"text":"Hello"').waitFor()
    await visitor.look('console-webhook-delivery')
    await page.goto('/console/webhooks')
    await row(page, name).getByText('Failing').waitFor()
    await visitor.look('console-webhooks')
    await row(page, name).getByRole('link').press('Enter')
    receiver.answer(204)

    await page.getByRole('button', { name: 'New secret', disabled: false }).press('Enter')
    await visitor.look('console-webhook-rotate')
    await page.getByRole('dialog').getByRole('button', { name: 'Make a new one' }).press('Enter')
    const next = await keepSecret(visitor)
    assert.notEqual(next, secret)
    await page.getByText('The one before it signs as well until').waitFor()

    await page.getByRole('button', { name: 'Edit', disabled: false }).press('Enter')
    await page.getByLabel('Description').fill('The CRM')
    await page.getByLabel('order.placed').press('Space')
    await page.getByRole('button', { name: 'Save' }).press('Enter')
    await page.getByText('notes.*, order.placed').waitFor()
    const { items } = expectStatus(await admin.get('/api/webhooks'), 200).body
    assert.deepEqual([items[0].description, items[0].events, 'secret' in items[0]], ['The CRM', ['notes.*', 'order.placed'], false])

    await page.getByRole('button', { name: 'Switch off', disabled: false }).press('Enter')
    await page.locator('.page-title .chip', { hasText: 'Off' }).waitFor()
    assert.equal(await page.getByRole('button', { name: /Send/ }).count(), 0)
    await visitor.look('console-webhook-off')
    // On again nothing is held against it: what is sent is not spared.
    await page.getByRole('button', { name: 'Switch on', disabled: false }).press('Enter')
    await page.locator('.page-title .chip', { hasText: 'On' }).waitFor()
    const { length } = receiver.got
    await page.getByRole('button', { name: 'Send a test', disabled: false }).press('Enter')
    const both = await receiver.message(length + 1)
    assert.ok(both.provedBy(secret) && both.provedBy(next))

    // A button that is busy with what was pressed before takes no key.
    await page.getByRole('button', { name: 'Delete', disabled: false }).press('Enter')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).press('Enter')
    await page.getByText('Nothing is told to anybody').waitFor()
    visitor.calm()
    await page.context().close()
  })

browserTest('staff who are no admins look at webhooks, try them, and change none', async () => {
  const receiver = await openReceiver()
  const { id } = expectStatus(await admin.post('/api/webhooks', { url: receiver.url }), 201).body
  const kim = await signUp(server.guest, 'kim@mail.example')
  await proveAddress(admin, kim, 'kim@mail.example')
  expectStatus(await admin.patch(`/api/users/${(await kim.get('/api/auth/me')).body.id}`, { roles: ['staff'] }), 200)
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  await signIn(page, 'kim@mail.example', 'a long enough one')
  await page.goto('/console/webhooks')
  await row(page, receiver.url.replace('http://', '')).waitFor()
  assert.equal(await page.getByRole('link', { name: 'New', exact: true }).count(), 0)
  await page.goto(`/console/webhooks/${id}`)
  await page.getByRole('button', { name: 'Send a test' }).click()
  await row(page, 'webhook.test').getByText('Delivered').waitFor()
  for (const name of ['Edit', 'New secret', 'Switch off', 'Delete']) assert.equal(await page.getByRole('button', { name }).count(), 0)
  await visitor.look('console-webhook-of-staff')
  await page.goto('/console/webhooks/new')
  await page.getByText('Admins make webhooks').waitFor()
  visitor.calm()
  await page.context().close()
})
