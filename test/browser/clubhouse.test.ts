// The clubhouse in two windows: what one member says or sends, the other sees without a reload; and a photo whose line is cut on its way, or
// whose page is loaded anew.
// ci
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before } from 'node:test'
import sharp from 'sharp'
import { createProxy } from '../support/proxy.ts'
import { type ServerProcess, startServer, temporaryFolder } from '../support/server-process.ts'
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

/** Asked first, and kept at the first asking. */
async function remove({ page, look }: Visitor, name: RegExp): Promise<void> {
  const dialog = page.getByRole('dialog', { name })
  for (const answer of ['Keep it', 'Delete']) {
    await page.getByRole('button', { name }).click()
    await dialog.waitFor()
    if (answer === 'Keep it') await look('clubhouse-delete')
    await dialog.getByRole('button', { name: answer }).click()
    await dialog.waitFor({ state: 'hidden' })
  }
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

  await remove(grace, /Delete the comment “And I the tea.”/)
  await ada.page.getByText('Grace And I the tea.').waitFor({ state: 'detached' })
  await ada.look('clubhouse-one-comment')
  for (const { page } of [guest, ada, grace]) await page.context().close()
})

/** Some megabytes, as a camera writes them: noise is what no format makes small. */
async function photo(): Promise<Buffer> {
  const evening = `<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="1200"><defs><linearGradient id="sky" x2="0" y2="1">
    <stop stop-color="#28406e"/><stop offset=".7" stop-color="#e79a5c"/><stop offset="1" stop-color="#f6d9a0"/></linearGradient></defs>
    <rect width="1600" height="1200" fill="url(#sky)"/><circle cx="1100" cy="760" r="110" fill="#fdf1cf"/>
    <path d="M0 860Q400 800 800 860T1600 850V1200H0Z" fill="#1d3346"/><path d="M420 900H980L900 980H500Z" fill="#6b2f22"/></svg>`
  const grain = await sharp({
    create: { width: 1600, height: 1200, channels: 3, background: 'gray', noise: { type: 'gaussian', mean: 128, sigma: 30 } },
  })
    .png()
    .toBuffer()
  return await sharp(Buffer.from(evening))
    .composite([{ input: grain, blend: 'soft-light' }])
    .jpeg({ quality: 97 })
    .toBuffer()
}

browserTest('a photo whose line is cut on its way goes on by itself, and its team alone sees it', async (t) => {
  const proxy = await createProxy(server.url)
  t.after(() => proxy.close())
  const ada = await openVisitor(proxy.url(server.url), { size: 'desktop' })
  const [grace, hugo] = [await openVisitor(server.url, { size: 'phone' }), await openVisitor(server.url, { size: 'desktop', isDark: true })]
  await joinClub(ada, 'Alma')
  await joinClub(grace, 'Greta')
  await joinClub(hugo, 'Hugo')
  for (const { page } of [ada, grace]) await page.getByLabel('Your team').selectOption('Rowing')
  await hugo.page.getByLabel('Your team').selectOption('Chess')

  const jpeg = await photo()
  const offsets: number[] = []
  let begun = 0
  ada.page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/api/uploads/') && request.method() === 'PATCH') offsets.push(Number(request.headers()['upload-offset']))
    if (pathname === '/api/uploads') begun += 1
  })
  await ada.page.getByLabel('A photo').setInputFiles({ name: 'evening.jpg', mimeType: 'image/jpeg', buffer: jpeg })
  await ada.page.getByLabel('What it shows').fill('The boat at sunset')
  ada.expectCuts()
  // It asks while what has come is still being stored.
  ada.expectRefusal(409, /^\/api\/uploads\//)
  proxy.cutAfterSent(900_000)
  await ada.page.getByRole('button', { name: 'Send' }).click()
  for (const { page } of [ada, grace]) {
    await page.getByRole('img', { name: 'The boat at sunset' }).waitFor()
    await page.waitForFunction(() => document.querySelector<HTMLImageElement>('#photos img')?.naturalWidth === 384)
  }
  assert.equal(begun, 1)
  // It went on inside the piece that was cut.
  const isInside = (bytes: number) => bytes !== 0 && bytes !== 524_288 && bytes < jpeg.length
  assert.ok(offsets.some(isInside), `${jpeg.length} bytes, pieces from ${offsets.join(', ')}`)
  await ada.look('clubhouse-photo')
  await grace.look('clubhouse-photo')

  const address = await grace.page.getByRole('link', { name: 'The boat at sunset' }).getAttribute('href')
  const status = ({ page }: Visitor) => page.evaluate(async (url) => (await fetch(url)).status, `${address}?w=384`)
  assert.equal(await status(grace), 200)
  hugo.expectRefusal(404, /^\/api\/files\//)
  assert.equal(await status(hugo), 404)
  assert.equal(await hugo.page.locator('#photos img').count(), 0)
  await hugo.look('clubhouse-no-photo')

  proxy.refuse(true)
  proxy.cut()
  await ada.page.getByText('The line is cut').waitFor()
  await ada.look('clubhouse-line-cut')
  proxy.refuse(false)
  await ada.page.getByText('The line is back.').waitFor()

  await remove(ada, /Delete the photo “The boat at sunset”/)
  await grace.page.getByRole('img', { name: 'The boat at sunset' }).waitFor({ state: 'detached' })
  for (const { page } of [ada, grace, hugo]) await page.context().close()
})

browserTest('a photo whose page is loaded anew on its way goes on when it is chosen again', async (t) => {
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  await joinClub(visitor, 'Nora')
  assert.equal(await page.getByRole('option', { name: 'Committee' }).count(), 0)
  await page.getByLabel('Your team').selectOption('Rowing')
  // Of a disk, so that it has a time of change.
  const path = join(temporaryFolder(t), 'night.jpg')
  const jpeg = await photo()
  writeFileSync(path, jpeg)
  const asked: string[] = []
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/api/uploads')) asked.push(`${request.method()} ${request.headers()['upload-offset'] ?? ''}`.trim())
  })
  const send = async () => {
    await page.getByLabel('A photo').setInputFiles(path)
    await page.getByLabel('What it shows').fill('The boat at night')
    await page.getByRole('button', { name: 'Send' }).click()
  }
  // One piece arrives, and then nothing gets through.
  visitor.expectCuts()
  const isCut = page.waitForEvent('requestfailed', (request) => request.url().includes('/api/uploads/'))
  await page.route(/\/api\/uploads\//, (route) =>
    asked.length > 2 || route.request().method() !== 'PATCH' ? route.abort('connectionreset') : route.continue(),
  )
  await send()
  await isCut
  await page.reload()
  await page.unroute(/\/api\/uploads\//)
  await page.getByRole('button', { name: 'Send' }).waitFor()
  assert.deepEqual(asked.slice(0, 2), ['POST', 'PATCH 0'])
  asked.length = 0
  await send()
  await page.getByRole('img', { name: 'The boat at night' }).waitFor()
  assert.deepEqual(asked.slice(0, 2), ['GET', 'PATCH 524288'])
  assert.equal(asked.includes('POST'), false)
  assert.equal(await page.evaluate(() => localStorage.length), 0)
  const size = await page.evaluate(async () => {
    const { href } = document.querySelector<HTMLAnchorElement>('#photos a')!
    return (await (await fetch(href)).arrayBuffer()).byteLength
  })
  assert.equal(size, jpeg.length)
  await visitor.look('clubhouse-resumed')
  await page.context().close()
})
