// What the storage suites work on: three small collections with a field of every column type, and random
// records and filters over them.
import fc from 'fast-check'
import type { Filter, Scalar } from '../../src/contract/filter.ts'
import { type AnyRecord, collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { valueAtPath } from '../../src/schema/model.ts'
import type { CommitLine, Sort } from '../../src/storage/storage.ts'

export const owners = collection('owners', { prefix: 'own', fields: { name: field.text({ required: true }) } })

/** A field of every column type, each both required and optional where that differs. */
export const things = collection('things', {
  prefix: 'thing',
  fields: {
    title: field.text({ required: true }),
    note: field.text(),
    code: field.text({ unique: true }),
    count: field.integer({ required: true }),
    rank: field.integer(),
    weight: field.decimal({ scale: 3 }),
    spot: field.geo(),
    isOpen: field.boolean(),
    dueAt: field.dateTime(),
    price: field.money(),
    meta: field.json(),
    tags: field.refs('owners', { default: null }),
    owner: field.ref('owners'),
  },
  indexes: [
    ['count', '-rank'],
    ['owner', '-dueAt'],
  ],
  unique: [['title', 'owner']],
  checks: [{ path: 'count', op: 'gte', value: 0 }],
})
export type Thing = { readonly [name: string]: unknown; readonly id: string; readonly createdAt: number }

/** Append-only rows have no version and no updatedAt. */
export const entries = collection('entries', { prefix: 'ent', appendOnly: true, fields: { amount: field.integer({ required: true }) } })

let lastId = 0
export const idOf = (prefix: string) => `${prefix}_${String(++lastId).padStart(26, '0')}`

export function thing(fields: Readonly<Record<string, unknown>> = {}): Thing {
  const empty = {
    note: null,
    code: null,
    rank: null,
    weight: null,
    spot: null,
    isOpen: null,
    dueAt: null,
    price: null,
    meta: null,
    tags: null,
    owner: null,
  }
  const id = idOf('thing')
  return { id, version: 1, createdAt: 1, updatedAt: 1, title: id, count: 0, ...empty, ...fields }
}
export const ownerOf = (name: string): AnyRecord => ({ id: idOf('own'), version: 1, createdAt: 1, updatedAt: 1, name })

export const line = (operation: string, changes: CommitLine['changes'] = []): CommitLine => ({
  at: 1,
  operation,
  actor: 'test',
  requestId: 'r',
  changes,
})

const isDescending =
  (descending: boolean) =>
  (path: string): Sort => ({ path, descending })
export const up = isDescending(false)
export const down = isDescending(true)

/** The order the port promises: null lowest, text by code points, then the id in the direction of the last key. */
export function inOrder(sort: readonly Sort[]) {
  const named = sort.find(({ path }) => path === 'id')
  const keys = [
    ...sort.filter(({ path }) => path !== 'id'),
    { path: 'id', descending: named?.descending ?? sort.at(-1)?.descending ?? false },
  ]
  return (a: Thing, b: Thing): number => {
    for (const { path, descending } of keys) {
      const difference = compareValues(valueAtPath(a, path), valueAtPath(b, path))
      if (difference !== 0) return descending ? -difference : difference
    }
    return 0
  }
}

function compareValues(a: Scalar | null, b: Scalar | null): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? -1 : 1
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return a < b ? -1 : 1
}

// Few distinct values, so that conditions meet; and the ones that databases and JavaScript see differently.
const someText = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'A',
    'ab',
    'aB',
    '%',
    '_',
    '\\',
    'é',
    'É',
    'ß',
    'ẞ',
    'Σ',
    'ς',
    'K',
    'İ',
    'ı',
    '[é*',
    'I',
    'i',
    '\uffee',
    '\u{10000}',
    '😀',
    '1',
    '10',
    '9',
    'true',
    'null',
    "'",
    '"',
    ' ',
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }).filter((text) => !text.includes('\0')),
)
const someInteger = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER))
const someSpot = fc.constantFrom({ lat: 0, lng: 0 }, { lat: 525_200_000, lng: 134_050_000 }, { lat: -900_000_000, lng: 1_800_000_000 })
/** Units of a decimal. */
const someUnits = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(999_999_999_999_999, -999_999_999_999_999))
const someTag = fc.constantFrom('t1', 't2', 't3')

export const arbitraryThing = fc.record({
  note: fc.option(someText),
  count: fc.nat(3),
  rank: fc.option(someInteger),
  weight: fc.option(someUnits),
  spot: fc.option(someSpot),
  isOpen: fc.option(fc.boolean()),
  dueAt: fc.option(fc.constantFrom(0, 1, 1_700_000_000_000)),
  price: fc.option(fc.record({ amount: someInteger, currency: fc.constantFrom('EUR', 'USD') })),
  tags: fc.option(fc.uniqueArray(someTag)),
  owner: fc.option(someTag),
})

const columns: readonly [string, fc.Arbitrary<Scalar>][] = [
  ['note', someText],
  ['count', fc.nat(3)],
  ['rank', someInteger],
  ['weight', someUnits],
  ['isOpen', fc.boolean()],
  ['dueAt', fc.constantFrom(0, 1, 1_700_000_000_000)],
  ['price.amount', someInteger],
  ['price.currency', fc.constantFrom('EUR', 'USD', 'usd')],
  ['owner', someTag],
]
const arbitraryCondition: fc.Arbitrary<Filter> = fc.oneof(
  ...columns.map(
    ([path, value]) =>
      fc.record({ op: fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte'), path: fc.constant(path), value }) as fc.Arbitrary<Filter>,
  ),
  ...columns.map(
    ([path, value]) =>
      fc.record({
        op: fc.constantFrom('in', 'nin'),
        path: fc.constant(path),
        values: fc.array(value, { minLength: 1, maxLength: 4 }),
      }) as fc.Arbitrary<Filter>,
  ),
  fc.record({
    op: fc.constant('null'),
    path: fc.constantFrom(...columns.map(([path]) => path)),
    value: fc.boolean(),
  }) as fc.Arbitrary<Filter>,
  fc.record({
    op: fc.constantFrom('contains', 'startsWith'),
    path: fc.constantFrom('note', 'owner', 'price.currency'),
    value: someText,
  }) as fc.Arbitrary<Filter>,
  fc
    .record({ spot: someSpot, mm: fc.constantFrom(0, 1_000_000, 6_000_000_000, 20_015_000_000) })
    .map(({ spot, mm }): Filter => ({ op: 'near', path: 'spot', ...spot, mm })),
  fc.record({
    op: fc.constant('hasAny'),
    path: fc.constant('tags'),
    values: fc.array(someTag, { minLength: 1, maxLength: 3 }),
  }) as fc.Arbitrary<Filter>,
  fc.record({ op: fc.constant('has'), path: fc.constant('tags'), value: someTag }) as fc.Arbitrary<Filter>,
  fc.constantFrom({ op: 'true' }, { op: 'false' }) as fc.Arbitrary<Filter>,
)
export const arbitraryFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    arbitraryCondition,
    fc.record({ op: fc.constantFrom('and', 'or'), of: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }) as fc.Arbitrary<Filter>,
    fc.record({ op: fc.constant('not'), of: tie('filter') }) as fc.Arbitrary<Filter>,
  ),
})).filter
