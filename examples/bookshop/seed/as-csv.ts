// The books as another program would hand them over: `node examples/bookshop/seed/as-csv.ts FOLDER` writes categories.csv, products.csv
// and variants.csv. They name each other by slugs, since no other program knows ids.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type Variant = { sku: string; title: string; priceMinor: number }
type Book = {
  slug: string
  title: string
  author: string
  year: number
  language: string
  description: string
  categories: string[]
  variants: Variant[]
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8'))
const books: Book[] = read('books')
const categories: { slug: string; title: string }[] = read('categories')
const cell = (value: unknown) => `"${(typeof value === 'object' ? JSON.stringify(value) : String(value)).replaceAll('"', '""')}"`

function write(name: string, columns: string, rows: readonly (readonly unknown[])[]): void {
  writeFileSync(join(process.argv[2] ?? '.', `${name}.csv`), [columns, ...rows.map((row) => row.map(cell).join(',')), ''].join('\n'))
}

write(
  'categories',
  'slug,title,position',
  categories.map(({ slug, title }, position) => [slug, title, position]),
)
write(
  'products',
  'slug,title,author,year,language,description,status,categories.slug',
  books.map((book) => [book.slug, book.title, book.author, book.year, book.language, book.description, 'active', book.categories]),
)
write(
  'variants',
  'product.slug,sku,title,price.amount,price.currency',
  books.flatMap(({ slug, variants }) => variants.map(({ sku, title, priceMinor }) => [slug, sku, title, priceMinor, 'EUR'])),
)
