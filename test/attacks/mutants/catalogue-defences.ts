// The defences of the catalogue and of stock at several places, as in account-defences.ts.
import type { Defence } from './defences.ts'

const test = 'test/api/catalogue.test.ts'
const stock = 'test/api/stock.test.ts'

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
  {
    name: 'levels at several places, and those that are watched, are held before it is decided over them',
    file: 'src/domains/stock/reserve-stock.ts',
    from: 'of.length > 1 || of.some(',
    to: 'of.length > 99 && of.some(',
    test: stock,
    asked: ['low stock is told once'],
    database: 'postgres',
  },
  {
    name: 'what is taken of several places is all that was asked for',
    file: 'src/domains/stock/reserve-stock.ts',
    from: 'return missing === 0 ? shares : null',
    to: 'return shares',
    test: stock,
    asked: ['taken from several'],
  },
  {
    name: 'what is sold beyond what is there has a limit',
    file: 'src/domains/stock/adjust-stock-level.ts',
    from: 'if (onHand < 0 || available < 0)',
    to: 'if (onHand < 0)',
    test: stock,
    asked: ['has its limit'],
  },
  {
    name: 'units that are promised stay where they are',
    file: 'src/domains/stock/transfer-stock.ts',
    from: 'Math.min(source.available, source.onHand)',
    to: 'source.onHand',
    test: stock,
    asked: ['from one place to another'],
  },
  {
    name: 'a count leaves what is promised',
    file: 'src/domains/stock/count-stock.ts',
    from: 'if (left < 0)',
    to: 'if (left < -1_000_000)',
    test: stock,
    asked: ['all of it or nothing'],
  },
]
