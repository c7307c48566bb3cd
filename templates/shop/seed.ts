// What an empty database gets in development, once. In production nothing is seeded.
type Context = { readonly newId: (prefix: string) => string }

const books = [
  { slug: 'pride-and-prejudice', title: 'Pride and Prejudice', author: 'Jane Austen', year: 1813, price: 990, onHand: 20 },
  { slug: 'frankenstein', title: 'Frankenstein', author: 'Mary Shelley', year: 1818, price: 890, onHand: 12 },
  { slug: 'walden', title: 'Walden', author: 'Henry David Thoreau', year: 1854, price: 1_190, onHand: 7 },
  { slug: 'middlemarch', title: 'Middlemarch', author: 'George Eliot', year: 1871, price: 1_490, onHand: 1 },
]

export function seed({ newId }: Context) {
  const products = books.map(({ slug, title, author, year }) => ({
    id: newId('prod'),
    slug,
    title,
    author,
    year,
    description: `${title}, by ${author}. First published in ${year}.`,
    status: 'active',
  }))
  const variants = books.map(({ slug, price, onHand }, index) => ({
    product: products[index]!.id,
    sku: slug.toUpperCase(),
    title: 'Paperback',
    price: { amount: price, currency: 'EUR' },
    onHand,
  }))
  return [
    {
      collection: 'shippingMethods',
      records: [{ title: 'Parcel', price: { amount: 390, currency: 'EUR' }, countries: ['DE', 'AT', 'FR'] }],
    },
    { collection: 'products', records: products },
    { collection: 'variants', records: variants },
  ]
}
