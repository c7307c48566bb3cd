// The defences of the catalogue and of stock at several places, as in account-defences.ts.
import type { Defence } from './defences.ts'

const test = 'test/api/catalogue.test.ts'

export const catalogueDefences: readonly Defence[] = [
  {
    name: 'no category stands below itself',
    file: 'src/domains/catalog/categories.ts',
    from: "if (way.includes(id)) throw invalid('/parent', 'circle', 'is this category itself, or stands below it')",
    to: '',
    test,
    asked: ['below itself'],
  },
  {
    name: 'what stands below a category goes where it goes',
    file: 'src/domains/catalog/categories.ts',
    from: 'await tx.update(base, one, { set: { path } })',
    to: '',
    test,
    asked: ['takes along'],
  },
  {
    name: 'a value that a variant has stays among the options',
    file: 'src/domains/catalog/variants.ts',
    from: "for (const variant of await findAll(tx, variants, eq('product', wanted.id))) {",
    to: 'for (const variant of [] as Variant[]) {',
    test,
    asked: ['missing of the options'],
  },
  {
    name: 'a variant has values that its product offers',
    file: 'src/domains/catalog/variants.ts',
    from: "if (mistake != null) throw invalid('/options', 'option', mistake)",
    to: '',
    test,
    asked: ['missing of the options'],
  },
  {
    name: 'the price named beside a lower one is the lowest of 30 days',
    file: 'src/domains/catalog/prior-price.ts',
    from: '[before.price, ...ended.map(({ price }) => price)]',
    to: '[before.price, ...ended.slice(0, 0).map(({ price }) => price)]',
    test,
    asked: ['30 days before'],
  },
]
