// Files in the console: a picture is chosen, sent, seen in the form and on the record's page, and taken away again; one goes on after a reload.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before } from 'node:test'
import { png } from '../support/pictures.ts'
import { type ServerProcess, startServer, temporaryFolder } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'
import { browserTest, openVisitor, signInToConsole, type Visitor, wholeFile } from './browser.ts'

let server: ServerProcess
before(async () => {
  server = await startServer(wholeFile, { config: join(import.meta.dirname, '../support/photos.config.ts') })
  await signInAdmin(server)
})

const cat = { name: 'Katze süß.png', mimeType: 'image/png', buffer: png(200, 400) }
const note = { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('Hello') }

async function openForm(page: Visitor['page']): Promise<void> {
  await page.goto('/console/data/photos/new')
  await signInToConsole(page)
}

browserTest('a picture is sent from a form, seen, and removed', async () => {
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  await openForm(page)
  await page.getByLabel('Title').fill('My cat')
  visitor.expectRefusal(400, /^\/api\/photos$/)
  await page.getByLabel('Picture').setInputFiles(note)
  await page.getByRole('link', { name: 'note.txt' }).waitFor()
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByText('Is of type text/plain and must be image/*.').waitFor()
  await page.getByLabel('Picture').setInputFiles({ ...note, name: 'long.txt', buffer: Buffer.alloc(2500) })
  await page.getByText('long.txt: Has 2.5 kB and may have 1 kB.').waitFor()
  await page.getByLabel('Picture').setInputFiles(cat)
  await page.getByRole('img', { name: cat.name }).waitFor()
  await page.getByLabel('Papers').setInputFiles([note, { ...note, name: 'other.txt' }])
  await page.getByRole('button', { name: 'Remove note.txt' }).press('Enter')
  await page.getByText('other.txt').waitFor()
  await visitor.look('console-files-form')
  // Its place is kept before its bytes are there.
  const { promise: isMeasured, resolve: measured } = Promise.withResolvers<void>()
  await page.route(/\/content\?h=384$/, (route) => isMeasured.then(() => route.continue()))
  await page.getByRole('button', { name: 'Create' }).click()

  await page.getByRole('heading', { level: 1, name: 'My cat' }).waitFor()
  const picture = page.getByRole('img', { name: cat.name })
  await picture.waitFor()
  const room = await picture.boundingBox()
  measured()
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>('.files img')?.naturalHeight)
  assert.deepEqual(await picture.boundingBox(), room)
  assert.deepEqual([room?.width, room?.height], [160, 320])
  await page.getByText('5 bytes').waitFor()
  assert.equal(await page.getByText('note.txt').count(), 0)
  await visitor.look('console-files')

  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('button', { name: 'Remove other.txt' }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Edit' }).waitFor()
  await picture.waitFor()
  assert.equal(await page.getByText('other.txt').count(), 0)

  // A row of the list has it small, and it is asked for in that size.
  await page.goto('/console/data/photos')
  const small = page.locator('tbody').getByRole('img', { name: cat.name })
  await small.waitFor()
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>('.thumbs img')?.naturalWidth)
  assert.match((await small.getAttribute('src')) ?? '', /\/content\?w=96&h=96&fit=cover$/)
  assert.deepEqual([await small.getAttribute('loading'), (await small.boundingBox())?.width], ['lazy', 40])
  await visitor.look('console-files-list')
  await page.getByRole('link', { name: 'My cat' }).click()

  // What was deleted by mistake comes back with its picture; what was not wanted goes for good.
  const remove = async () => {
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('goes to the trash').waitFor()
    await visitor.look('console-delete-soft')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('link', { name: 'Trash' }).click()
  }
  await remove()
  await page.getByRole('cell', { name: 'My cat' }).waitFor()
  await page.getByRole('link', { name: 'admin@shop.example' }).waitFor()
  await visitor.look('console-trash')
  await page.getByRole('button', { name: 'Restore' }).click()
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>('.files img')?.naturalHeight)
  await remove()
  await page.getByRole('button', { name: 'Delete for good' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click()
  await page.getByText('The trash is empty').waitFor()
  await visitor.look('console-trash-empty')
  visitor.calm()
  await page.context().close()
})

browserTest('a file whose page is loaded anew on its way goes on when it is chosen again', async (t) => {
  const visitor = await openVisitor(server.url, { size: 'phone' })
  const { page } = visitor
  await openForm(page)
  // Of a disk, so that it has a time of change.
  const path = join(temporaryFolder(t), 'long.txt')
  writeFileSync(path, 'all work and no play\n'.repeat(40_000))
  const asked: string[] = []
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/api/uploads')) asked.push(`${request.method()} ${request.headers()['upload-offset'] ?? ''}`.trim())
  })
  // One piece arrives, and then nothing gets through.
  visitor.expectCuts()
  const isCut = page.waitForEvent('requestfailed', (request) => request.url().includes('/api/uploads/'))
  await page.route(/\/api\/uploads\//, (route) =>
    asked.length > 2 || route.request().method() !== 'PATCH' ? route.abort('connectionreset') : route.continue(),
  )
  await page.getByLabel('Papers').setInputFiles(path)
  await isCut
  await page.reload()
  await page.unroute(/\/api\/uploads\//)
  assert.deepEqual(asked.slice(0, 2), ['POST', 'PATCH 0'])
  asked.length = 0
  await page.getByLabel('Papers').setInputFiles(path)
  await page.getByRole('button', { name: 'Remove long.txt' }).waitFor()
  assert.deepEqual(asked.slice(0, 2), ['GET', 'PATCH 524288'])
  assert.equal(asked.includes('POST'), false)
  assert.equal(await page.evaluate(() => sessionStorage.length), 0)
  await page.context().close()
})
