// The API reference: everything the server answers can be found, read and tried from the page.
// ci
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'
import { browserTest, openVisitor, sizes, type Visitor, wholeFile } from './browser.ts'

let server: ServerProcess
let token: string
const config = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')

before(async () => {
  server = await startServer(wholeFile, { config })
  await signInAdmin(server)
  const account = { email: 'admin@shop.example', password: 'correct horse battery' }
  token = (await server.guest.post('/api/auth/login', account)).body.token
})

for (const size of sizes)
  browserTest(`an operation is found, read and tried (${size})`, async () => {
    const visitor = await openVisitor(server.url, { size })
    const { page } = visitor
    await page.goto('/api/docs')
    await page.getByRole('heading', { level: 1 }).waitFor()
    await visitor.look('reference')

    // By keyboard alone: search, open what was found first.
    if (size === 'phone') await page.getByRole('button', { name: 'Operations' }).click()
    const search = page.getByRole('searchbox', { name: 'Search operations' })
    // The page listens for keys a moment after it shows its first heading.
    await eventually('the search has the keyboard', async () => {
      await page.keyboard.press('/')
      return (await search.evaluate((field) => field === document.activeElement)) ? true : null
    })
    await search.fill('')
    await page.keyboard.type('list products')
    await eventually('the list shows what was found', async () => {
      const first = await page.locator('.index [data-operation]').first().textContent()
      return first?.includes('List products') ? true : null
    })
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'List products' }).waitFor()
    await visitor.look('reference-list')
    await page.locator('#try-query-limit').fill('2')
    await page.locator('#try-query-filter').fill('title[contains]=emma')
    assert.match((await page.locator('.curl').textContent()) ?? '', /products\?filter\[title\]\[contains\]=emma&limit=2/)
    await send(visitor, 200)
    assert.match((await page.locator('.answer').textContent()) ?? '', /"slug": "emma"/)

    await page.goto('/api/docs#orders.checkOut')
    await page.getByRole('heading', { name: 'Order what is in the cart' }).waitFor()
    await page
      .getByRole('button', { name: /payment/ })
      .first()
      .click()
    await page.getByText('out_of_stock').first().waitFor()
    await visitor.look('reference-operation')

    // What staff alone may do is told to staff alone.
    await page.goto('/api/docs#products.create')
    assert.equal(await page.getByRole('heading', { name: 'Create one of products' }).count(), 0)
    await page.context().addCookies([{ name: 'kp_session', value: token, url: server.url }])
    await page.reload()
    await page.getByLabel('Sent as').selectOption('bearer')
    await page.getByLabel('Token').fill(token)
    const book = { slug: `new-${size}`, title: 'New', author: 'Nobody', year: 2026, language: 'en' }
    await page.getByLabel('Body').fill(JSON.stringify(book))
    await send(visitor, 201)
    // The same again is refused, and the page shows the refusal as it came.
    visitor.expectRefusal(409, /^\/api\/products$/)
    await send(visitor, 409)
    assert.match((await page.locator('.answer').textContent()) ?? '', /"code": "already_exists"/)
    await visitor.look('reference-refused')

    await page.goto('/api/docs#schemas')
    await page.getByRole('heading', { name: 'Schemas' }).waitFor()
    // Fields of other schemas are called so, too, and stand where nobody has opened them.
    await page.getByText('orders', { exact: true }).and(page.locator(':visible')).last().click()
    await visitor.look('reference-schemas')
    await page.goto('/api/docs#errors')
    await page.getByText('out_of_stock').waitFor()
    await visitor.look('reference-errors')
    // The `type` of an error of a project leads to it, also of one that only a hook knows.
    await page.goto('/api/docs#errors/rude')
    await page.getByText('rude is an error of this project').waitFor()
    await page.goto('/api/docs#errors/out_of_stock')
    await page.locator('tr[aria-current]', { hasText: 'out_of_stock' }).and(page.locator(':visible')).waitFor()
    await visitor.look('reference-error')
    await page.context().close()
  })

browserTest('a stream is shown as it comes, and can be stopped', async () => {
  const visitor = await openVisitor(server.url, { size: 'desktop', isDark: true })
  const { page } = visitor
  await page.goto('/api/docs#changes.watch')
  await page.locator('#try-query-collections').fill('products')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.answer', { hasText: 'event: ready' }).waitFor()
  await visitor.look('reference-stream')
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByRole('button', { name: 'Send' }).and(page.locator(':enabled')).waitFor()
  visitor.calm()
  await page.context().close()
})

async function send({ page }: Visitor, status: number): Promise<void> {
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.result .chip', { hasText: String(status) }).waitFor()
}
