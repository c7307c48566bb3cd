/**
 * Facets with counts over many products: `node bench/facets.ts [--rows 100000] [--only sqlite,postgres] [--rounds 9]`. Each question is
 * asked of the operation itself, by a guest, in turn with the list that belongs to it; what is told is the median of the time until its
 * answer is there, the database included, with one question at a time.
 */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { guestActor } from '../src/access/actor.ts'
import { openStorage } from '../src/cli/open-storage.ts'
import { createBackend } from '../src/engine/backend.ts'
import { idlePorts, operationsOf } from '../src/engine/operations.ts'
import { defineBackend, field } from '../src/index.ts'
import type { Query } from '../src/operation/define.ts'
import { shapeOf } from '../src/storage/record-shape.ts'
import type { WholeStorage } from '../src/storage/storage.ts'
import { createDatabaseOf } from '../test/support/databases.ts'
import { chosenDatabases } from './databases-option.ts'
import { integerOption } from './options.ts'
import { median } from './stats.ts'
import { renderTable } from './table.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '9' },
    only: { type: 'string', default: 'sqlite,postgres' },
  },
})
const rows = integerOption('rows', values.rows, { min: 1_000, max: 1_000_000 })
const rounds = integerOption('rounds', values.rounds, { min: 1, max: 99 })

const languages = ['de', 'en', 'es', 'fr', 'it', 'nl', 'pt'] as const
const shop = { currency: 'EUR', productFields: { language: field.enum(languages), signed: field.boolean() } }
const backend = createBackend(defineBackend({ name: 'Facets', shop }) as never, {
  publicUrl: 'http://shop.test',
  isDevelopment: false,
  paymentProviders: [],
})
const { model, project } = backend
const operations = operationsOf({ ...backend, hooksOf: backend.extension.hooksOf }, idlePorts)

/** Ten departments of ten categories with four below each. */
const tree = [
  ...Array.from({ length: 10 }, (_, top) => [top]),
  ...Array.from({ length: 100 }, (_, middle) => [Math.floor(middle / 10), middle]),
  ...Array.from({ length: 400 }, (_, leaf) => [Math.floor(leaf / 40), Math.floor(leaf / 4), leaf]),
]
const categoryId = (way: readonly number[]) => `cat_${String(way.length)}${String(way.at(-1)).padStart(25, '0')}`

function category(way: readonly number[]) {
  const path = `/${way.map((_, depth) => categoryId(way.slice(0, depth + 1))).join('/')}/`
  const name = `c${way.join('-')}`
  const parent = way.length === 1 ? null : categoryId(way.slice(0, -1))
  return { id: categoryId(way), version: 1, createdAt: 1, updatedAt: 1, slug: name, title: name, position: 0, parent, path }
}

/** As uneven as a shop: half of all lie in a tenth of the categories. */
function product(number: number) {
  const at = (salt: number) => {
    let mixed = Math.imul(number * 16 + salt + 1, 2_654_435_761)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 2_246_822_519)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 3_266_489_917)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
  const leaf = Math.floor(400 * at(1) ** 2)
  const shelf = tree[110 + leaf]!
  const also = at(2) < 0.1 ? [categoryId(tree[110 + Math.floor(400 * at(3))]!)] : []
  const sizes = at(4) < 0.3 ? [{ name: 'Size', values: ['S', 'M', 'L', 'XL'].slice(0, 1 + Math.floor(4 * at(5))) }] : null
  const record = {
    id: `prod_${String(number).padStart(26, '0')}`,
    version: 1,
    createdAt: number,
    updatedAt: number,
    slug: `p${number}`,
    title: `Thing ${number} w${Math.floor(2_000 ** at(6))}x w${Math.floor(2_000 ** at(7))}x`,
    description: `A thing of department ${shelf[0]}, w${Math.floor(2_000 ** at(8))}x.`,
    pictures: [],
    status: at(9) < 0.97 ? 'active' : 'draft',
    categories: [...new Set([categoryId(shelf), ...also])],
    related: [],
    options: sizes,
    price: { amount: Math.round(10 ** (2 + 3 * at(10))), currency: 'EUR' },
    onSale: at(11) < 0.1,
    language: languages[Math.floor(languages.length * at(12) ** 2)],
    signed: at(13) < 0.05,
  }
  return shapeOf(model.get({ name: 'products' })).complete(record)
}

async function fill(storage: WholeStorage): Promise<void> {
  await storage.load({ records: { collection: model.get({ name: 'categories' }), records: tree.map(category) } })
  for (let start = 0; start < rows; start += 2_000) {
    const records = Array.from({ length: Math.min(2_000, rows - start) }, (_, index) => product(start + index))
    await storage.load({ records: { collection: model.get({ name: 'products' }), records } })
  }
}

const questions: readonly (readonly [title: string, input: Record<string, unknown>])[] = [
  ['everything', {}],
  ['a field', { filter: { language: 'de' } }],
  ['a field and an option', { filter: { language: 'de', optionValues: 'Size: M' } }],
  ['a category', { filter: { categories: categoryId(tree[110 + 7]!) } }],
  ['a department, with all below', { filter: { 'categories.path': { startsWith: `/${categoryId([3])}/` } } }],
  ['a range of prices', { filter: { price: { gte: '1000', lte: '5000' } } }],
  ['a frequent word', { search: 'w1x' }],
  ['a rare word', { search: 'w1500x' }],
  ['a frequent word and a field', { search: 'w1x', filter: { language: 'fr' } }],
]

async function measure(storage: WholeStorage): Promise<string[][]> {
  const ask = async (name: string, input: unknown) => {
    const operation = operations.find((one) => one.name === name) as Query
    const context = { read: storage.reader, input, actor: guestActor(''), model, project, now: Date.now(), request: {} }
    const startedAt = performance.now()
    const { output } = await operation.run(context as never)
    return { ms: performance.now() - startedAt, output: output as { count: number; isExact: boolean } }
  }
  const told: string[][] = []
  for (const [title, input] of questions) {
    const taken = { facets: [] as number[], list: [] as number[] }
    const { output } = await ask('products.facets', input)
    await ask('products.list', { ...input, limit: 30 })
    for (let round = 0; round < rounds; round++) {
      taken.facets.push((await ask('products.facets', input)).ms)
      taken.list.push((await ask('products.list', { ...input, limit: 30 })).ms)
    }
    const figures = [median(taken.facets), median(taken.list)].map((ms) => ms.toFixed(1))
    told.push([title, String(output.count), output.isExact ? 'yes' : 'no', ...figures])
  }
  return told
}

console.log(`Node ${process.version}, ${rows} products, load average before ${loadavg()[0]!.toFixed(1)}, medians of ${rounds}`)
for (const name of chosenDatabases(values.only)) {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-facets-'))
  const server = name === 'sqlite' ? null : createDatabaseOf(name)
  const databaseUrl = server === null ? null : await server.url()
  const storage = await openStorage({ dataFolder: folder, databaseUrl, allowWeakDurability: true, isDevelopment: true } as never, model)
  try {
    const startedAt = performance.now()
    await fill(storage)
    console.log(`\n${name}, filled in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s\n`)
    console.log(renderTable(['narrowed down by', 'products', 'exact', 'facets ms', 'list of 30 ms'], await measure(storage)))
  } finally {
    await storage.close()
    await rm(folder, { recursive: true })
  }
}
console.log(`\nload average after ${loadavg()[0]!.toFixed(1)}`)
