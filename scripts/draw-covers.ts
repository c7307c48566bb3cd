/**
 * Owns the bookshop's covers that are files: `node scripts/draw-covers.ts` draws those of the first books of its catalogue in
 * Chromium, as the storefront draws the others, and writes them below `examples/bookshop/seed/covers`, named by the book's slug.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import sharp from 'sharp'

type Book = { readonly slug: string; readonly title: string; readonly author: string; readonly categories: readonly string[] }

const shop = join(import.meta.dirname, '../examples/bookshop')
const covers = join(shop, 'seed/covers')
const count = 48
/** Shown at 352 pixels at most; screens of a higher density see some more. */
const [width, height] = [400, 600]

const books = (JSON.parse(readFileSync(join(shop, 'seed/books.json'), 'utf8')) as Book[])
  .toSorted((a, b) => (a.title < b.title ? -1 : 1))
  .slice(0, count)
const page = `<!doctype html><link rel="stylesheet" href="/styles.css"><link rel="stylesheet" href="/covers.css">
<style>.cover { width: ${width}px; border-radius: 0; box-shadow: none } .cover::after { display: none }</style>
<script type="importmap">{ "imports": { "kingpost/client": "/client/index.ts" } }</script>
<script type="module">
  import { drawCover } from '/cover.ts'
  for (const book of ${JSON.stringify(books)}) document.body.append(drawCover({ ...book, kind: book.categories[0] }, { width: ${width} }))
  document.body.classList.add('is-drawn')
</script>`

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
const tab = await browser.newPage({ viewport: { width: width + 100, height: height + 100 } })
await tab.route('http://shop.example/**', async (route) => {
  const { pathname } = new URL(route.request().url())
  if (pathname === '/') return await route.fulfill({ contentType: 'text/html', body: page })
  const path = pathname.startsWith('/client/')
    ? join(import.meta.dirname, '../client/src', pathname.slice(7))
    : join(shop, 'storefront', pathname)
  const text = readFileSync(path, 'utf8')
  const isScript = pathname.endsWith('.ts')
  await route.fulfill({ contentType: isScript ? 'text/javascript' : 'text/css', body: isScript ? stripTypeScriptTypes(text) : text })
})
await tab.goto('http://shop.example/')
await tab.locator('.is-drawn').waitFor()

mkdirSync(covers, { recursive: true })
let bytes = 0
for (const [index, { slug }] of books.entries()) {
  const picture = await tab.locator('.cover').nth(index).screenshot({ type: 'png' })
  const small = await sharp(picture).resize(width, height, { fit: 'cover' }).webp({ quality: 74, effort: 6 }).toBuffer()
  writeFileSync(join(covers, `${slug}.webp`), small)
  bytes += small.length
}
await browser.close()
console.log(`${books.length} covers, ${bytes} bytes`)
