// The clubhouse in two windows: what one member says, the other sees without a reload.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before } from 'node:test'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { browserTest, openVisitor, type Visitor, wholeFile } from './browser.ts'

let server: ServerProcess

before(async () => {
  server = await startServer(wholeFile, { config: join(import.meta.dirname, '../../examples/clubhouse/kingpost.config.ts') })
})

async function joinClub(visitor: Visitor, name: string): Promise<void> {
  const { page } = visitor
  visitor.expectRefusal(401, /^\/api\/auth\/me$/)
  await page.goto('/')
  await page.getByLabel('E-mail').fill(`${name.toLowerCase()}@club.example`)
  await page.getByLabel('Password').fill('a long enough one')
  await page.getByLabel('Name, to join').fill(name)
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByText(name, { exact: true }).waitFor()
}

browserTest('members in two windows see each other’s comments as they are made, and as they go', async () => {
  const guest = await openVisitor(server.url, { size: 'phone' })
  guest.expectRefusal(401, /^\/api\/auth\/me$/)
  await guest.page.goto('/')
  await guest.page.getByRole('button', { name: 'Lightning tournament' }).waitFor()
  assert.equal(await guest.page.getByText('Committee').count(), 0)
  await guest.look('clubhouse-guest')

  const [ada, grace] = [await openVisitor(server.url, { size: 'desktop' }), await openVisitor(server.url, { size: 'phone', isDark: true })]
  await joinClub(ada, 'Ada')
  await joinClub(grace, 'Grace')
  for (const { page } of [ada, grace]) await page.getByRole('button', { name: 'Committee' }).click()

  const say = async ({ page }: Visitor, text: string) => {
    await page.getByLabel('What you say').fill(text)
    await page.getByRole('button', { name: 'Say it' }).click()
  }
  await say(ada, 'I bring cake.')
  await grace.page.getByText('Ada I bring cake.').waitFor()
  await say(grace, 'And I the tea.')
  await ada.page.getByText('Grace And I the tea.').waitFor()
  for (const { page } of [ada, grace]) assert.deepEqual((await page.locator('#comments li strong').allTextContents()).join(), 'Ada,Grace')
  await grace.look('clubhouse-comments')

  await grace.page.getByRole('button', { name: 'Take back' }).click()
  await ada.page.getByText('Grace And I the tea.').waitFor({ state: 'detached' })
  await ada.look('clubhouse-one-comment')
  for (const { page } of [guest, ada, grace]) await page.context().close()
})
