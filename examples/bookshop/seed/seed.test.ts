/** Holds the bookshop's catalogue to what its config and storefront rely on. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { languages } from '../storefront/languages.ts'

type Variant = { format: string; title: string; sku: string; priceMinor: number; onHand: number }
type Book = {
  slug: string
  title: string
  author: string
  year: number
  language: string
  description: string
  categories: string[]
  priceMinor: number
  variants: Variant[]
}

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8')) as T
}
const books = await readJson<Book[]>('./books.json')
const categories = await readJson<{ slug: string; title: string }[]>('./categories.json')
const variants = books.flatMap((book) => book.variants)

function duplicates(values: readonly string[]): string[] {
  return values.filter((value, i) => values.indexOf(value) !== i)
}

test('there are enough books, in many languages, from many centuries', () => {
  assert.ok(books.length >= 220)
  assert.ok(new Set(books.map((book) => book.language)).size >= 20)
  assert.ok(new Set(books.map((book) => Math.floor(book.year / 100))).size >= 5)
})

test('the storefront offers exactly the languages there are', () => {
  const spoken = [...new Set(books.map((book) => book.language))].sort()
  assert.deepEqual([...languages].sort(), spoken)
})

test('no book, slug or sku is there twice', () => {
  assert.deepEqual(duplicates(books.map((book) => book.slug)), [])
  assert.deepEqual(duplicates(books.map((book) => `${book.title} by ${book.author}`)), [])
  assert.deepEqual(duplicates(variants.map((variant) => variant.sku)), [])
  assert.deepEqual(duplicates(books.map((book) => book.description)), [])
})

test('every field has its shape', () => {
  const slug = /^[a-z0-9]+(-[a-z0-9]+)*$/
  const language = /^[a-z]{2}$/
  for (const book of books) {
    assert.match(book.slug, slug)
    assert.match(book.language, language, book.slug)
    // 1929: what was printed later may still be under copyright in the United States.
    assert.ok(Number.isInteger(book.year) && book.year >= 1450 && book.year <= 1929, book.slug)
    for (const text of [book.title, book.author, book.description]) {
      assert.equal(text, text.trim(), book.slug)
      assert.ok(text.length > 0, book.slug)
    }
    assert.ok(book.description.length <= 300, book.slug)
  }
})

test('every category used is listed, and every listed one is used', () => {
  const listed = categories.map((category) => category.slug)
  assert.deepEqual(duplicates(listed), [])
  assert.deepEqual([...new Set(books.flatMap((book) => book.categories))].sort(), [...listed].sort())
  for (const book of books) {
    assert.ok(book.categories.length > 0, book.slug)
    assert.deepEqual(duplicates(book.categories), [], book.slug)
  }
})

test('prices are whole cents in range, and the price of a book is its cheapest variant', () => {
  for (const book of books) {
    const prices = book.variants.map((variant) => variant.priceMinor)
    assert.equal(book.priceMinor, Math.min(...prices), book.slug)
    for (const price of prices) {
      assert.ok(Number.isInteger(price) && price >= 490 && price <= 3990, book.slug)
    }
  }
})

test('each book has a paperback; a hardcover costs more', () => {
  for (const book of books) {
    const [paperback, hardcover, ...more] = book.variants
    assert.equal(paperback?.format, 'paperback', book.slug)
    assert.equal(more.length, 0, book.slug)
    if (hardcover === undefined) continue
    assert.equal(hardcover.format, 'hardcover', book.slug)
    assert.ok(hardcover.priceMinor > paperback!.priceMinor, book.slug)
  }
  assert.ok(variants.length - books.length >= 100)
})

test('stock shows a shop: plenty of most, the last few of some, none of one or two', () => {
  for (const { sku, onHand } of variants) {
    assert.ok(Number.isInteger(onHand) && onHand >= 0 && onHand <= 200, sku)
  }
  const few = variants.filter(({ onHand }) => onHand >= 1 && onHand <= 3)
  const none = books.filter((book) => book.variants.every(({ onHand }) => onHand === 0))
  assert.ok(few.length >= 5 && few.length <= 15)
  assert.ok(none.length >= 1 && none.length <= 2)
})

test('each cover is of a book that there is', async () => {
  const slugs = new Set(books.map(({ slug }) => slug))
  const covers = await readdir(new URL('./covers', import.meta.url))
  assert.ok(covers.length > 40)
  for (const name of covers) assert.ok(name.endsWith('.webp') && slugs.has(name.slice(0, -5)), name)
})
