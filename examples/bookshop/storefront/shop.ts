/** Owns the shop's view of the server: one client, the bookshop's own product fields, and how money reads. */
import { type Category, createClient, type Money, type Page, type Product } from '/client/index.ts'

/** A product of this shop: `examples/bookshop/kingpost.config.ts` adds three fields to the core shape. */
export type Book = Product & { author: string; year: number; language: string }

export const client = createClient()
export const books = client.collection<Book>('products')

let categoriesAsked: Promise<Page<Category>> | undefined
let categories: readonly Category[] = []
/** Asked once per visit; a failure is asked again. */
export async function listCategories(): Promise<readonly Category[]> {
  categoriesAsked ??= client.collection<Category>('categories').list({ sort: 'title', limit: 100 })
  try {
    categories = (await categoriesAsked).items
    return categories
  } catch (error) {
    categoriesAsked = undefined
    throw error
  }
}

export function formatMoney(money: Money): string {
  const format = new Intl.NumberFormat('en-IE', { style: 'currency', currency: money.currency })
  // JPY has no minor unit, KWD three digits of it: the currency knows, not we.
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  return format.format(money.amount / 10 ** digits)
}

export function formatDay(time: string): string {
  return new Intl.DateTimeFormat('en-IE', { dateStyle: 'long' }).format(new Date(time))
}

const languageNames = new Intl.DisplayNames('en', { type: 'language' })
export function languageName(code: string): string {
  return languageNames.of(code) ?? code
}

/** What can be bought now over all variants; undefined when they were not expanded. */
export function copiesLeft(book: Book): number | undefined {
  return book.variants?.reduce((sum, variant) => sum + Math.max(0, variant.available), 0)
}

/** The slug of a book's first category, which picks the drawing on its cover. */
export function kindOf(book: Book): string {
  // Expanded they are records, else ids; slugs where a shop keeps those.
  const first: unknown = book.categories[0]
  if (typeof first === 'object' && first !== null && 'slug' in first) return String(first.slug)
  return categories.find(({ id }) => id === first)?.slug ?? String(first ?? '')
}
