import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createPageServer } from '../../test/support/page-server.ts'
import { type AccountPage, accountPages } from '../config/account-pages.ts'
import type { AccountsConfig } from '../config/backend-config.ts'
import { createStaticSite } from '../http/static-files.ts'
import { mountsOf } from './site.ts'

test('each page of accounts is ours, unless the storefront has it or the config says so', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-site-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'pages/account/code'), { recursive: true })
  for (const file of ['index.html', 'account/reset.html', 'account/code/index.html'])
    writeFileSync(join(folder, 'pages', file), `the storefront's ${file}`)
  const pagesOf = async (accounts?: AccountsConfig, storefront?: string) => {
    const config = { name: 'Tea & <Cake>', ...(accounts && { accounts }), ...(storefront && { storefront }) }
    const site = createStaticSite(mountsOf({ config, path: join(folder, 'kingpost.config.ts'), folder }, null))
    const server = createPageServer({ site })
    t.after(() => server.close())
    return async (url: string) => await server.app.inject({ method: 'GET', url })
  }
  const ours = async (get: Awaited<ReturnType<typeof pagesOf>>) => {
    const found = await Promise.all(accountPages.map(async (page) => [page, (await get(page)).payload.includes('data-name=')] as const))
    return found.filter(([, isOurs]) => isOurs).map(([page]) => page)
  }
  const without = (...pages: AccountPage[]) => accountPages.filter((page) => !pages.includes(page))

  const alone = await pagesOf({ accent: '#a3381f' })
  assert.deepEqual(await ours(alone), accountPages)
  const page = await alone('/account')
  assert.match(page.payload, /data-name="Tea &#38; &#60;Cake&#62;" data-logo="" data-must-verify="" data-password-min="8"/)
  const [theme = ''] = /\/account\/~[\w-]+\/theme\.css/.exec(page.payload)!
  assert.match((await alone(theme)).payload, /--accent: light-dark\(#a3381f/)
  assert.equal((await alone('/account/orders')).statusCode, 404)

  const beside = await pagesOf({}, './pages')
  assert.deepEqual(await ours(beside), without('/account/reset', '/account/code'))
  assert.equal((await beside('/account/reset')).payload, "the storefront's account/reset.html")
  assert.equal((await beside('/account/code')).payload, "the storefront's account/code/index.html")
  assert.equal((await beside('/account/orders')).payload, "the storefront's index.html")
  assert.deepEqual(
    await ours(await pagesOf({ pages: { own: ['/account', '/account/undo'] } }, './pages')),
    without('/account', '/account/reset', '/account/code', '/account/undo'),
  )
  assert.deepEqual(await ours(await pagesOf({ pages: false }, './pages')), [])
})
