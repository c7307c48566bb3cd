// The bookshop: what `npm start` runs. 387 public-domain books, a storefront, reviews by customers.
import { readdirSync, readFileSync } from 'node:fs'
import {
  actorId,
  any,
  anyone,
  bankTransfer,
  cashOnDelivery,
  collection,
  defineBackend,
  field,
  invoice,
  mollie,
  paypal,
  sandbox,
  signedIn,
  staff,
  stripe,
  where,
} from '../../src/index.ts'

type SeedBook = {
  readonly slug: string
  readonly title: string
  readonly author: string
  readonly year: number
  readonly language: string
  readonly description: string
  readonly categories: readonly string[]
  readonly variants: readonly { readonly title: string; readonly sku: string; readonly priceMinor: number; readonly onHand: number }[]
}
type SeedCategory = { readonly slug: string; readonly title: string }

const ownReview = where('author').eq(actorId)

const reviews = collection('reviews', {
  fields: {
    book: field.ref('products', { required: true }),
    author: field.ref('users', { required: true, default: { set: 'actor' }, write: staff }),
    stars: field.integer({ required: true, min: 1, max: 5 }),
    text: field.longText({ max: 5_000, search: true }),
  },
  unique: [['book', 'author']],
  indexes: [['book', '-createdAt']],
  access: { read: anyone, create: signedIn, update: any(staff, ownReview), delete: any(staff, ownReview) },
})

/** Books whose covers are going to change cost a fifth more otherwise. */
const onSale = new Set(['dubliners', 'walden', 'candide'])

function usualPrice(slug: string, priceMinor: number) {
  return onSale.has(slug) ? { amount: Math.round((priceMinor * 6) / 5), currency: 'EUR' } : null
}

function readSeed<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./seed/${name}.json`, import.meta.url), 'utf8')) as T
}

/** What `PAYMENTS` can name. Real providers are the sandbox here, in their words. */
const ways = {
  sandbox: sandbox(),
  mollie: mollie({ sandbox: true }),
  paypal: paypal({ sandbox: true }),
  stripe: stripe({ sandbox: true }),
  'bank-transfer': bankTransfer({ holder: 'Rafter Books', iban: 'AT61 1904 3002 3457 3201', bic: 'BKAUATWW' }),
  'cash-on-delivery': cashOnDelivery(),
  invoice: invoice(),
}

/** `PAYMENTS=stripe,bank-transfer npm start`: the same shop, paid in these ways. */
function chosenPayments() {
  const { PAYMENTS: names } = process.env
  if (!names) return {}
  return {
    payments: names.split(',').map((given) => {
      const name = given.trim()
      if (!Object.hasOwn(ways, name)) throw new Error(`PAYMENTS=${name} is none of ${Object.keys(ways).join(', ')}.`)
      return ways[name as keyof typeof ways]
    }),
  }
}

export const backend = defineBackend({
  name: 'Rafter Books',
  collections: [reviews],
  shop: {
    currency: 'EUR',
    ...chosenPayments(),
    // Books are taxed at a reduced rate in most of the European Union.
    tax: {
      prices: 'included',
      ratesPpm: { DE: 70_000, AT: 100_000, FR: 55_000, NL: 90_000, IT: 40_000, ES: 40_000, '*': 0 },
      // Play money: a number of the right form will do. A shop that sells asks the register: 'vies'.
      reverseCharge: 'format',
    },
    seller: {
      name: 'Rafter Books',
      address: { line1: 'Zimmergasse 7', postalCode: '1010', city: 'Wien', country: 'AT' },
      vatId: 'ATU13585627',
      register: 'Handelsgericht Wien FN 123456 a',
      email: 'hello@rafterbooks.example',
      bank: { iban: 'AT61 1904 3002 3457 3201', bic: 'BKAUATWW' },
    },
    // With each order, to be fetched from its page; the receipt is mail enough.
    invoices: { mail: false },
    // On whose account a school's order goes: for staff alone, who find orders by it.
    orderFields: { costCenter: field.text({ max: 40, search: true, read: staff, write: staff }) },
    productFields: {
      author: field.text({ required: true, search: true }),
      year: field.integer({ required: true }),
      language: field.text({ required: true, max: 2 }),
    },
  },
  storefront: './storefront',
  // Its own page shows the orders as well; what it lacks (a forgotten password, sessions) is on ours.
  accounts: { accent: '#a3381f', pages: { own: ['/account'] } },
  seed({ newId }) {
    const ebook = { slug: 'mathematical-principles-of-natural-philosophy', title: 'E-book', file: 'seed/ebooks/principles.txt' }
    const categoryIds = new Map(
      readSeed<SeedCategory[]>('categories').map((category) => [category.slug, { ...category, id: newId('cat') }]),
    )
    const books = readSeed<SeedBook[]>('books').map((book) => ({ ...book, id: newId('prod') }))
    // Some have a cover as a file; the storefront draws the others.
    const covers = new Set(readdirSync(new URL('./seed/covers', import.meta.url)))
    const coverOf = (slug: string) => (covers.has(`${slug}.webp`) ? [`seed/covers/${slug}.webp`] : [])
    return [
      { collection: 'categories', records: [...categoryIds.values()].map((category, position) => ({ ...category, position })) },
      {
        collection: 'products',
        records: books.map(({ id, slug, title, author, year, language, description, categories, variants }) => ({
          id,
          slug,
          title,
          author,
          year,
          language,
          description,
          pictures: coverOf(slug),
          status: 'active',
          options: [
            { name: 'Edition', values: [...variants.map((variant) => variant.title), ...(slug === ebook.slug ? [ebook.title] : [])] },
          ],
          categories: categories.map((name) => categoryIds.get(name)!.id),
        })),
      },
      {
        collection: 'variants',
        records: books.flatMap(({ id, slug, variants }) =>
          variants.map(({ title, sku, priceMinor, onHand }, position) => ({
            product: id,
            sku,
            title,
            options: { Edition: title },
            price: { amount: priceMinor, currency: 'EUR' },
            compareAtPrice: usualPrice(slug, priceMinor),
            position,
            onHand,
          })),
        ),
      },
      {
        collection: 'variants',
        records: books
          .filter(({ slug }) => slug === ebook.slug)
          .map(({ id, variants: [first] }) => ({
            product: id,
            sku: 'BK0387-TXT',
            title: ebook.title,
            options: { Edition: ebook.title },
            price: { amount: first!.priceMinor, currency: 'EUR' },
            position: 9,
            isDigital: true,
            downloads: [ebook.file],
          })),
      },
      {
        collection: 'shippingMethods',
        records: [
          { title: 'Standard, 3 to 5 days', price: { amount: 390, currency: 'EUR' }, position: 0 },
          {
            title: 'Express, next working day',
            price: { amount: 990, currency: 'EUR' },
            position: 1,
            countries: ['DE', 'AT', 'NL', 'BE', 'FR'],
          },
        ],
      },
    ]
  },
})
