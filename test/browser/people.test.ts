// People who run it: invited from the console, in by the page of the mail, seeing what their role may; and support that acts as a customer.
// long
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { eventually } from '../support/eventually.ts'
import type { HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin, signUp } from '../support/shop.ts'
import { browserTest, openVisitor, type Size, sizes, type Visitor, wholeFile } from './browser.ts'

let server: ServerProcess
let admin: HttpClient
before(async () => {
  server = await startServer(wholeFile)
  admin = await signInAdmin(server)
})

async function invitationFor(email: string): Promise<string> {
  const text = await eventually(`an invitation for ${email}`, async () => {
    const [mail] = await admin.all(`/api/emails?filter[to]=${email}&filter[template]=account_invitation`)
    return mail?.status === 'captured' ? (mail.text as string) : undefined
  })
  const { pathname, hash } = new URL(/http\S+#token=\S+/.exec(text)![0])
  return pathname + hash
}

async function openBoss(size: Size): Promise<Visitor> {
  const boss = await openVisitor(server.url, { size })
  await boss.page.goto('/console')
  await boss.page.getByLabel('E-mail').fill('admin@shop.example')
  await boss.page.getByLabel('Password').fill('correct horse battery')
  await boss.page.getByRole('button', { name: 'Sign in', exact: true }).press('Enter')
  await boss.page.locator('.shell h1').waitFor()
  return boss
}

for (const size of sizes)
  browserTest(`an owner invites, and whoever comes sees what their role may (${size})`, async () => {
    const email = `reader-${size}@mail.example`
    const boss = await openBoss(size)
    await boss.page.goto('/console/people')
    await boss.page.getByRole('heading', { level: 1, name: 'People' }).waitFor()
    await boss.page.getByLabel('E-mail').fill(email)
    await boss.page.getByRole('checkbox', { name: /^reader/ }).check()
    await boss.look('console-people')
    await boss.page.getByRole('button', { name: 'Invite' }).press('Enter')
    await boss.page.getByText(email).waitFor()

    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await page.goto(await invitationFor(email))
    await page.getByRole('heading', { level: 1, name: 'You are invited' }).waitFor()
    assert.equal(new URL(page.url()).hash, '', 'the token is not left in the address')
    await visitor.look('account-invitation')
    await page.getByLabel('Password').fill('a long one for work')
    await page.getByRole('button', { name: 'Accept the invitation' }).press('Enter')
    await page.locator('.shell h1').waitFor()
    assert.equal(await page.getByRole('link', { name: 'People' }).count(), 0)
    await page.goto('/console/webhooks')
    await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'New' }).count(), 0)
  })

browserTest('support acts as a customer, sees that it does, and ends it by one click', async () => {
  const customer = (await (await signUp(server.guest, 'customer@mail.example')).get('/api/auth/me')).body
  const visitor = await openBoss('desktop')
  const { page } = visitor
  await page.goto(`/console/data/users/${customer.id}`)
  await page.getByRole('button', { name: 'Act as' }).press('Enter')
  await page.getByRole('button', { name: 'Act as them' }).press('Enter')
  await page.getByText('act as customer@mail.example').waitFor()
  await visitor.look('account-acting')
  await page.goto('/console')
  await page.getByRole('heading', { name: 'You act as a customer' }).waitFor()
  await page.getByRole('button', { name: 'Be yourself again' }).press('Enter')
  await page.locator('.shell h1').waitFor()
})
