// People who run it: invited from the console, in by the page of the mail, seeing what their role may; and support that acts as a customer.
// long
// ci
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before } from 'node:test'
import { eventually } from '../support/eventually.ts'
import type { HttpClient } from '../support/http-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin, signUp } from '../support/shop.ts'
import { browserTest, openVisitor, type Size, signInToConsole, sizes, type Visitor, wholeFile } from './browser.ts'

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
  await signInToConsole(boss.page)
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
    await changeWhatTheyMay(boss, visitor, email)
    for (const one of [boss, visitor]) {
      one.calm()
      await one.page.context().close()
    }
  })

/** All by the keyboard, on the page where they came by themselves when they accepted. */
async function changeWhatTheyMay(boss: Visitor, visitor: Visitor, email: string): Promise<void> {
  const { page } = boss
  const row = page.locator('.plain-list li', { has: page.getByRole('link', { name: email }) })
  const dialog = page.getByRole('dialog', { name: `What ${email} may do` })
  const change = page.getByRole('button', { name: `Change what ${email} may do` })
  await change.press('Enter')
  await dialog.getByRole('checkbox', { name: /^support/ }).press('Space')
  await boss.look('console-people-change')
  await dialog.getByRole('button', { name: 'Save' }).press('Enter')
  await row.getByText('reader, support').waitFor()
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), `Change what ${email} may do`)
  await boss.look('console-people-all')
  // Their session ends, and the page that they have open says so.
  visitor.expectRefusal(401, /^\/api\/changes$/)
  await page.getByRole('button', { name: `Sign out: ${email}` }).press('Enter')
  await visitor.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor()
  await change.press('Enter')
  await dialog.getByRole('checkbox', { name: /^Disabled/ }).press('Space')
  await dialog.getByRole('button', { name: 'Save' }).press('Enter')
  await row.getByText('Disabled').waitFor()
  visitor.expectRefusal(401, /^\/api\/auth\/login$/)
  await visitor.page.getByLabel('Password').fill('a long one for work')
  await visitor.page.keyboard.press('Enter')
  await visitor.page.getByText('E-mail or password is wrong.').waitFor()
  // The last owner stays, and is told why.
  await page.getByText('The only owner.').waitFor()
  assert.equal(await page.getByRole('button', { name: /^Sign out: admin@/ }).count(), 0, 'nobody ends their own session here')
  await page.getByRole('button', { name: 'Change what admin@shop.example may do' }).press('Enter')
  const own = page.getByRole('dialog', { name: 'What admin@shop.example may do' })
  await own.getByText('This is the only owner.').waitFor()
  assert.ok(await own.getByRole('checkbox', { name: /^owner/ }).isDisabled())
  await boss.look('console-people-owner')
  await page.keyboard.press('Escape')
}

browserTest('whoever has a role and does not work here can be acted as, from the list of people', async () => {
  await signUp(server.guest, 'member@mail.example')
  // One of an earlier config, which no rule asks for any more.
  const database = new DatabaseSync(join(server.dataFolder, 'kingpost.db'), { timeout: 5_000 })
  database.exec(`UPDATE users SET roles = '["member"]', "hasRole" = 1 WHERE email = 'member@mail.example'`)
  database.close()
  const visitor = await openBoss('phone')
  const { page } = visitor
  await page.goto('/console/people')
  await page.getByRole('button', { name: 'Act as: member@mail.example' }).press('Enter')
  await page.getByRole('button', { name: 'Act as them' }).press('Enter')
  await page.getByText('act as member@mail.example').waitFor()
  visitor.calm()
  await page.context().close()
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
