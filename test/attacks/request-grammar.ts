// Requests as a stranger could write them, made and changed at random, with heads of 8 kB and bodies of up to 1 MB: filters,
// sorts, cursors, expansions, searches, bodies and headers of the bookshop. Most of them are nearly right: what is refused
// at the first word costs nothing. Everything is a function of the seed.
import { limits } from '../../src/base/limits.ts'
import type { ApiRequest } from '../support/api-harness.ts'

const headBytesMax = 8_192

export type Draft = {
  readonly method: string
  readonly path: string
  readonly parameters: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Numbers below 1 that are a function of the seed (mulberry32). */
export function createDice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export type Grammar = {
  make(): Draft
  change(draft: Draft): Draft
  /** Cursors and ids of an answer, for requests to come. */
  learn(draft: Draft, answer: unknown): void
}

type Words = {
  readonly texts: readonly string[]
  readonly numbers: readonly string[]
  readonly references: readonly string[]
}
const times = ['createdAt', 'updatedAt']
/** What of each collection a guest may name; lists and references lead to others. */
const collections: Readonly<Record<string, Words>> = {
  products: {
    texts: ['title', 'slug', 'author', 'language', 'description', 'status', 'id'],
    numbers: ['year', 'price', ...times],
    references: ['variants', 'categories'],
  },
  variants: { texts: ['title', 'sku', 'id'], numbers: ['price', 'position', ...times], references: ['product'] },
  categories: { texts: ['title', 'slug', 'id'], numbers: ['position', ...times], references: [] },
  reviews: { texts: ['text', 'id'], numbers: ['stars', ...times], references: ['book', 'author'] },
  shippingMethods: { texts: ['title', 'id'], numbers: ['price', 'position'], references: [] },
}
const leadsTo: Readonly<Record<string, string>> = { variants: 'variants', categories: 'categories', product: 'products', book: 'products' }
const comparisons = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'nin', 'null']
const letters = ['e', 'a', 'zz', 'the ', '\u00e9', '\u03a3', '%', '_', '\\', '*', '[', 'E', '0']

export function createGrammar(dice: () => number): Grammar {
  const pages: { readonly draft: Draft; readonly next: string }[] = []
  let references = 0
  const ids: string[] = ['prod_01k5xrz2g5f1q8m4w3v7b6n9ta']
  const below = (count: number) => Math.floor(dice() * count)
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!
  const several = <T>(most: number, one: () => T): T[] => Array.from({ length: 1 + below(most) }, one)

  const text = () => several(pick([1, 3, 30, 200]), () => pick(letters)).join('')
  const number = () => pick(['0', '1', '-1', '1900', '9007199254740991'])
  const time = () => pick(['2026-01-01', '2026-01-01T00:00:00Z', '1999-12-31T23:59:59.999Z'])

  function pathOf(collection: string): { path: string; isText: boolean } {
    const words = collections[collection]!
    const via = words.references.filter((name) => leadsTo[name] !== undefined)
    // As far as one filter may follow: two or three of the longest paths fill it.
    if (via.length > 0 && references < 8 && dice() < 0.6) {
      references++
      const name = pick(via)
      const rest = pathOf(leadsTo[name]!)
      return { path: `${name}.${rest.path}`, isText: rest.isText }
    }
    const isText = dice() < 0.6
    return { path: pick(isText ? words.texts : words.numbers), isText }
  }

  function condition(collection: string): string {
    const { path, isText } = pathOf(collection)
    const op = isText && dice() < 0.5 ? pick(['contains', 'startsWith']) : pick(comparisons)
    const isTime = times.includes(path.split('.').at(-1)!)
    const one = () => (isText ? text() : isTime ? time() : number())
    const value = op === 'null' ? pick(['true', 'false']) : op === 'in' || op === 'nin' ? several(pick([3, 100]), one).join(',') : one()
    const nesting = several(3, () => pick([`[or][${below(60)}]`, `[and][${below(60)}]`, '[not]'])).slice(below(2))
    return `filter${nesting.join('')}[${path}][${op}]=${encodeURIComponent(value)}`
  }

  function expansion(collection: string): string {
    const names: string[] = []
    for (let at = collection; names.length < 3 && collections[at]!.references.length > 0; ) {
      names.push(pick(collections[at]!.references))
      at = leadsTo[names.at(-1)!] ?? 'categories'
      if (dice() < 0.3) break
    }
    return names.join('.')
  }

  function parameter(collection: string): string {
    const words = collections[collection]!
    const all = [...words.texts, ...words.numbers]
    switch (below(14)) {
      case 0: {
        const keys = new Set(several(8, () => pick(all)).filter((name) => name !== 'description' && name !== 'text'))
        return `sort=${[...keys].map((key) => pick(['', '-']) + key).join(',')}`
      }
      case 1:
      case 2:
        return `expand=${several(10, () => expansion(collection)).join(',')}`
      case 3:
        return `search=${encodeURIComponent(several(8, text).join(' ').split(' ').slice(0, 8).join(' ').slice(0, 200))}`
      case 4:
        return 'count=true'
      case 5:
        return `limit=${pick([1, 30, 200])}`
      case 6:
        return `fields=${several(30, () => pick(all)).join(',')}`
      default:
        return condition(collection)
    }
  }

  /** What no list knows: many names, deep ones, ones given twice. */
  function strange(): string[] {
    const name = pick([
      () => `x${below(9_999)}`,
      () => `filter${several(12, () => '[a]').join('')}`,
      () => `a[${below(99)}]`,
      () => 'cursor',
    ])
    return several(2_000, () => `${name()}=${pick(['', 'W10', 'a'])}`)
  }

  /** `left` bounds the whole: wide and deep at once would have no end. */
  function json(depth: number, left = { values: 400 }): unknown {
    if (depth === 0 || left.values-- <= 0 || dice() < 0.2) return pick<unknown>([text(), below(1_000), true, null, 1.5, pick(ids)])
    const inner = () => json(depth - 1, left)
    if (dice() < 0.4) return several(pick([1, 3, 60]), inner)
    return Object.fromEntries(several(pick([1, 3, 30]), () => [text().slice(0, 12), inner()]))
  }

  /** As many values as a body may have or as many bytes, of one kind: what each of them costs adds up. */
  function large(): string {
    const [head, units, tail] = pick<readonly [string, readonly ((index: number) => string)[], string]>([
      [pick(['[', '{"j":[', '{"lines":[', '{"categories":[']), lists, pick([']}', ']', '"a"', ''])],
      [pick(['{', '{"j":{', '{"title":{', '[{']), objects, pick(['}}', '}', '}]', ''])],
      [pick(['{"j":"', '{"email":"', '{"password":"', '{"j":0.']), strings, pick(['"}', '}', ''])],
    ])
    const unit = pick(units)
    const most = pick([1_500, 24_000, 49_900, Number.POSITIVE_INFINITY])
    const parts = [head]
    for (let bytes = head.length, count = 0; count < most && bytes < limits.bodyBytesMax - 64; count++)
      bytes += parts[parts.push(unit(count)) - 1]!.length
    return `${parts.join('').replace(/,$/, '')}${tail}`
  }

  function body(): string {
    if (dice() < 0.2) return large()
    const address = () => ({ name: text(), line1: text(), city: text(), postalCode: '10115', country: 'DE' })
    const made = pick<() => unknown>([
      () => ({ lines: several(120, () => ({ variant: pick(ids), quantity: below(100) })), email: `${text()}@example.com` }),
      () => ({ email: text(), shippingAddress: address(), billingAddress: json(4), note: text() }),
      () => ({ email: 'a@example.com', password: text().repeat(20).slice(0, 2_000), name: text() }),
      () => json(pick([2, 6, 40])),
      () => ({ title: text(), slug: text(), description: text().repeat(30), categories: several(200, () => pick(ids)) }),
    ])()
    return JSON.stringify(made)
  }

  function headers(): Record<string, string> {
    const tags = () => several(200, () => `"${pick(ids).slice(-16)}"`).join(', ')
    const all: Record<string, () => string> = {
      'if-none-match': tags,
      'if-match': tags,
      'idempotency-key': () => 'k'.repeat(1 + below(255)),
      'cart-token': () => 'c'.repeat(1 + below(4_000)),
      authorization: () => `Bearer ${'t'.repeat(1 + below(4_000))}`,
      cookie: () => several(200, () => `a${below(99)}=${below(99)}`).join('; '),
      'accept-encoding': () => pick(['gzip', 'br', several(100, () => `gzip;q=0.${below(9)}`).join(', ')]),
    }
    return Object.fromEntries(several(3, () => pick(Object.keys(all))).map((name) => [name, all[name]!()]))
  }

  function collectionOf({ path }: Draft): string {
    return collections[path.split('/')[2]!] ? path.split('/')[2]! : 'products'
  }

  function make(): Draft {
    const collection = pick(Object.keys(collections))
    if (dice() < 0.25) {
      const [method, path] = pick(writes).split(' ') as [string, string]
      const sent = { 'content-type': 'application/json', ...(dice() < 0.3 ? headers() : {}) }
      return fitting({ method, path: path.replace('ID', pick(ids)), parameters: [], headers: sent, body: body() })
    }
    const known = dice() < 0.2 ? pages[below(pages.length)] : undefined
    if (known) return fitting({ ...known.draft, parameters: [...known.draft.parameters, `cursor=${known.next}`] })
    references = 0
    const path = dice() < 0.05 ? `/api/${collection}/${pick(ids)}` : `/api/${collection}`
    const parameters = dice() < 0.05 ? strange() : several(pick([3, 12, 40]), () => parameter(collection))
    return fitting({ method: 'GET', path, parameters, headers: dice() < 0.1 ? headers() : {}, body: '' })
  }

  function change(draft: Draft): Draft {
    if (draft.method !== 'GET') return fitting({ ...draft, body: dice() < 0.5 ? body() : nested(draft.body) })
    const one = () => parameter(collectionOf(draft))
    const at = below(draft.parameters.length + 1)
    const steps: (() => readonly string[])[] = [
      () => [...draft.parameters, ...several(10, one)],
      () => draft.parameters.toSpliced(at, 1),
      () => draft.parameters.toSpliced(at, 1, one()),
      // Once more, in a branch of its own.
      () => [
        ...draft.parameters,
        ...several(20, () =>
          (draft.parameters[at] ?? one()).replace(/\[(or|and)\]\[\d+\]/, () => `[${pick(['or', 'and'])}][${below(99)}]`),
        ),
      ],
    ]
    return fitting({ ...draft, parameters: pick(steps)(), ...(dice() < 0.1 ? { headers: headers() } : {}) })
  }

  function nested(text: string): string {
    return pick([
      `{"a":${text}}`,
      `[${text},${text}]`,
      text.replace(/\{/, `{"${pick(letters).replace('\\', '')}":[${'[0],'.repeat(below(400))}0],`),
    ])
  }

  function learn(draft: Draft, answer: unknown): void {
    const { next, items, id } = (answer ?? {}) as { next?: unknown; items?: { id?: unknown }[]; id?: unknown }
    const parameters = draft.parameters.filter((one) => !one.startsWith('cursor='))
    if (typeof next === 'string' && pages.push({ draft: { ...draft, parameters }, next }) > 50) pages.shift()
    for (const one of [id, items?.[below(items.length)]?.id]) if (typeof one === 'string' && ids.push(one) > 200) ids.shift()
  }

  return { make, change, learn }
}

/** What cost most so far, made by hand: a search begins with it, and finds more only if there is more. */
export function knownWorst(): Draft[] {
  const expand = 'expand=variants,categories,variants.product,variants.product.categories,variants.product.variants'
  const far = 'variants.product.variants.title'
  const references = [far, far, 'variants.product.title'].map((path, index) => `filter[and][${index}][not][${path}]=zz${index}`)
  const scans = Array.from({ length: 47 }, (_, index) => `filter[and][${index + 3}][not][description][contains]=%C3%A9${index}`)
  const draft = (...parameters: string[]): Draft => ({ method: 'GET', path: '/api/products', parameters, headers: {}, body: '' })
  const all = ['limit=200', 'count=true']
  return [
    draft(...all, expand),
    draft(...all, ...references),
    draft(...all, ...scans),
    draft(...all, expand, ...references, ...scans),
    draft(...all, expand, ...references, 'sort=-language,year,-author,title,-price,slug,-createdAt,updatedAt'),
  ]
}

const lists: readonly ((index: number) => string)[] = [
  (index) => `{"name${index}":"x"},`,
  ...[
    '0,',
    '1e0,',
    '1e200,',
    '0.12345678901234567,',
    '0.1234567890123456789,',
    'null,',
    '"",',
    '[],',
    '{},',
    '{"a":1},',
    '[',
    '{"a":[',
  ].map((unit) => () => unit),
]
const objects = [
  (index: number) => `"name${index}":1,`,
  (index: number) => `"${(index * 7_919) % 999_983}":1e9,`,
  (index: number) => `"${index}":{},`,
  () => '"a":',
  () => '"a":1,',
]
const strings = ['a', '\\"', '\\u00e9', '\\ud83d\\ude00', 'é', '1', ' ', 'a@'].map((unit) => () => unit)

const writes = [
  'POST /api/carts',
  'PATCH /api/carts/ID',
  'POST /api/carts/ID/lines',
  'POST /api/carts/ID/checkout',
  'POST /api/auth/login',
  'POST /api/auth/register',
  'POST /api/reviews',
  'PATCH /api/products/ID',
  'POST /api/products',
  'POST /api/nothing',
]

/** Drops parameters until it keeps to the bytes of a head, and of two that cannot stand together the later. */
function fitting(draft: Draft): Draft {
  const seen = new Set<string>()
  const kept: string[] = []
  let bytes = JSON.stringify(draft.headers).length + draft.path.length
  for (const parameter of draft.parameters) {
    const name = parameter.split('=', 1)[0]!
    if (seen.has(name) || bytes + parameter.length + 1 > headBytesMax - 200) continue
    seen.add(name)
    kept.push(parameter)
    bytes += parameter.length + 1
  }
  // Cut in the middle it is no JSON any more, which is found as late as can be.
  return { ...draft, parameters: kept, body: draft.body.slice(0, limits.bodyBytesMax) }
}

export function requestOf({ method, path, parameters, headers, body }: Draft): ApiRequest {
  const url = parameters.length === 0 ? path : `${path}?${parameters.join('&')}`
  return { method, url, headers, ...(body === '' ? {} : { body }) }
}
