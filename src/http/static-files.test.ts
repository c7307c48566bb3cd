import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { createPageServer } from '../../test/support/page-server.ts'
import { policyWith } from './content-security-policy.ts'
import type { HttpServer } from './server.ts'
import { createStaticSite, type StaticSite } from './static-files.ts'

const script = `export const words: string = '${'many words '.repeat(300)}'\n`
let folder: string
let site: StaticSite
let server: HttpServer
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'kingpost-static-'))
  for (const part of ['console', 'shop/assets']) mkdirSync(join(folder, part), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'outside')
  writeFileSync(join(folder, 'console/index.html'), '<script src="/console/main.ts"></script><a href="/shop/x">x</a>')
  writeFileSync(join(folder, 'console/main.ts'), script)
  writeFileSync(join(folder, 'shop/index.html'), '<title>Shop</title>')
  for (const name of ['app-3f9a81bc.js', 'main.BwQ7f3aD.css', 'my-component.css', 'photo-20261124.jpg', 'plain.js'])
    writeFileSync(join(folder, 'shop/assets', name), '/* small */')
  writeFileSync(
    join(folder, 'shop/page.ts'),
    "import { createClient, type Order } from 'kingpost/client'\nimport type { backend } from '../kingpost.config.ts'\nawait import('kingpost/clients')\n",
  )
  site = createStaticSite([
    { at: '/console', folder: join(folder, 'console'), isApp: true, isVersioned: true },
    {
      at: '/',
      folder: join(folder, 'shop'),
      packages: { 'kingpost/client': '/client/index.ts' },
      isApp: true,
      except: ['sandbox'],
      contentSecurityPolicy: policyWith({ 'img-src': ['https://images.example'], 'script-src': ['https://pay.example'] }),
    },
  ])
  server = createPageServer({ site })
})
after(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const get = async (url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' | 'POST' = 'GET') =>
  await server.app.inject({ method, url, headers })

test('a file is compressed for who takes it, and asked for again at no cost', async () => {
  const plain = await get('/console/main.ts')
  assert.equal(plain.headers['cache-control'], 'no-cache')
  assert.match(plain.payload, /export const words\s+=/)
  for (const [encoding, decode] of [
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const) {
    const small = await get('/console/main.ts', { 'accept-encoding': `${encoding}, identity;q=0.5` })
    assert.deepEqual([small.headers['content-encoding'], small.headers['vary']], [encoding, 'Accept-Encoding'])
    assert.equal(decode(small.rawPayload).toString(), plain.payload)
    const again = await get('/console/main.ts', { 'if-none-match': `"x", ${small.headers['etag']}` })
    assert.deepEqual([again.statusCode, again.payload], [304, ''])
  }
})

test('a page may import the client by the name of its package', async () => {
  const { payload } = await get('/page.ts')
  assert.match(payload, /^import \{ createClient\s*,\s*\} from '\/client\/index\.ts'/)
  assert.match(payload, /import\('kingpost\/clients'\)/)
  assert.doesNotMatch(payload, /config/)
})

test('HEAD tells the same without the body; other methods are refused with what there is', async () => {
  const [head, whole] = [await get('/assets/plain.js', {}, 'HEAD'), await get('/assets/plain.js')]
  assert.deepEqual([head.statusCode, head.payload, head.headers['etag']], [200, '', whole.headers['etag']])
  const posted = await get('/assets/plain.js', {}, 'POST')
  assert.deepEqual([posted.statusCode, posted.headers['allow']], [405, 'GET, HEAD, OPTIONS'])
})

test('what is named by its content is kept for good, and nothing else', async () => {
  const kept = async (name: string) => /immutable/.test(String((await get(`/assets/${name}`)).headers['cache-control']))
  const names = ['app-3f9a81bc.js', 'main.BwQ7f3aD.css', 'my-component.css', 'photo-20261124.jpg', 'plain.js']
  assert.deepEqual(await Promise.all(names.map(kept)), [true, true, false, false, false])
})

test('a page of ours names its files by their version, which are kept for good', async () => {
  const page = await get('/console')
  assert.equal(page.headers['cache-control'], 'no-cache')
  const [, address = ''] = /src="(.*?)"/.exec(page.payload)!
  assert.match(address, /^\/console\/~[\w-]{12}\/main\.ts$/)
  assert.match(page.payload, /href="\/shop\/x"/)
  const file = await get(address)
  assert.match(String(file.headers['cache-control']), /immutable/)
  assert.equal(file.payload, (await get('/console/main.ts')).payload)
  const older = await get('/console/~older-version/main.ts')
  assert.deepEqual([older.statusCode, older.headers['cache-control']], [200, 'no-cache'])
  assert.equal((await get('/console/~older-version/none.ts')).statusCode, 404)
})

test('the policy of the storefront is widened by its config, that of the console is not', async () => {
  const policyOf = async (url: string) => String((await get(url)).headers['content-security-policy'])
  assert.match(await policyOf('/'), /img-src 'self' data: https:\/\/images\.example;.*script-src 'self' https:\/\/pay\.example$/)
  assert.doesNotMatch(await policyOf('/console'), /example/)
})

test('no path leads out of the folder', async () => {
  for (const url of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/console/..%5c..%5csecret.txt',
    '/console/~x/../../secret.txt',
  ])
    assert.doesNotMatch((await get(url)).payload, /outside/, url)
})

test('an app answers addresses of its own router, not missing files and not what belongs to others', async () => {
  const statuses = async (urls: readonly string[]) => await Promise.all(urls.map(async (url) => (await get(url)).statusCode))
  assert.deepEqual(await statuses(['/', '/cart', '/books/a-title', '/sandboxes']), [200, 200, 200, 200])
  assert.deepEqual(
    await statuses(['/sandbox', '/sandbox/book', '/missing.js', '/assets/missing.css', '/robots.txt', '/api/nothing']),
    [404, 404, 404, 404, 404, 404],
  )
})
