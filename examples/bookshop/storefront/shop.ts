/** Owns the shop's view of the server: one client, the types of the bookshop's records, and how money reads. */
import { type Client, createClient, type Money, type Page, type QueryIn, type RecordIn } from 'kingpost/client'
// A type alone, which knows the collections and their fields; nothing of the server gets into the page.
import type { backend } from '../kingpost.config.ts'

type Shop = typeof backend
export type ShopClient = Client<Shop>
/** A product of this shop, with the three fields that its config adds. */
export type Book = RecordIn<Shop, 'products'>
export type Edition = RecordIn<Shop, 'variants'>
export type BookWithEditions = Book & { readonly variants: readonly Edition[] }
export type ShippingMethod = RecordIn<Shop, 'shippingMethods'>
export type BookQuery = QueryIn<Shop, 'products'>
type Category = RecordIn<Shop, 'categories'>

export const client: ShopClient = createClient<Shop>()
/** By the secret of an order, for a guest, and without that of the cart of now. */
export const clientWith = (cartToken: string | undefined): ShopClient => createClient<Shop>(cartToken ? { cartToken } : {})

let categoriesAsked: Promise<Page<Category>> | undefined
let categories: readonly Category[] = []
/** Asked once per visit; a failure is asked again. */
export async function listCategories(): Promise<readonly Category[]> {
  categoriesAsked ??= client.categories.list({ sort: 'title', limit: 100 })
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

/** What can be bought now over all editions. */
export function copiesLeft(book: BookWithEditions): number {
  return book.variants.reduce((sum, { available }) => sum + Math.max(0, available), 0)
}

/** The slug of a book's first category, which picks the drawing on its cover. */
export function kindOf(book: Book): string {
  const [first] = book.categories
  return categories.find(({ id }) => id === first)?.slug ?? ''
}
