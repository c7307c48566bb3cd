// What holds of each kind of field: its name, its way to the database and back, and what it says of values that are none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { field, kinds } from '../field.ts'
import { fromWire } from '../wire.ts'
import { type Field, isList } from './kind.ts'

type Sample = {
  readonly field: Field
  readonly wire: unknown
  readonly stored?: unknown
  readonly given?: unknown
  readonly wrong: unknown
}

const photo = { id: 'file_1', name: 'a.png', type: 'image/png', size: 5, width: 1, height: 2 }
const toldPhoto = { ...photo, url: '/api/files/file_1/content' }

const samples: Readonly<Record<Exclude<keyof typeof field, 'computed'>, Sample>> = {
  text: { field: field.text(), wire: 'a line', wrong: 5 },
  longText: { field: field.longText({ max: 12 }), wire: 'two\nlines', wrong: 'more than twelve' },
  texts: { field: field.texts({ max: 5 }), wire: ['red', 'blue'], wrong: ['longer than five'] },
  integer: { field: field.integer({ min: 1 }), wire: 5, wrong: 0 },
  decimal: { field: field.decimal({ scale: 2, min: 0 }), wire: '12.50', stored: 1250, wrong: -1 },
  money: { field: field.money(), wire: { amount: 1999, currency: 'EUR' }, wrong: { amount: 0.5, currency: 'EUR' } },
  boolean: { field: field.boolean(), wire: false, wrong: 0 },
  date: { field: field.date(), wire: '2026-11-24', wrong: 20_261_124 },
  dateTime: { field: field.dateTime(), wire: '2026-11-24T12:00:00.000Z', stored: 1_795_521_600_000, wrong: '2026-11-24T12:00:00.000Z' },
  email: { field: field.email(), wire: 'ann@example.com', wrong: 5 },
  url: { field: field.url(), wire: 'https://example.com/', wrong: 5 },
  enum: { field: field.enum(['idea', 'task']), wire: 'task', wrong: 'other' },
  json: { field: field.json(), wire: { any: [1, null] }, wrong: undefined },
  geo: {
    field: field.geo(),
    wire: { lat: -33.8688, lng: 151.2093 },
    stored: { lat: -338_688_000, lng: 1_512_093_000 },
    wrong: { lat: 900_000_001, lng: 0 },
  },
  ref: { field: field.ref('users'), wire: 'usr_1', wrong: 5 },
  refs: { field: field.refs('users'), wire: ['usr_1'], wrong: 'usr_1' },
  // What is given says which one; the record's transaction looks up the rest.
  file: { field: field.file(), wire: toldPhoto, stored: photo, given: { id: 'file_1' }, wrong: { id: 'file_1' } },
  files: { field: field.files(), wire: [toldPhoto], stored: [photo], given: [{ id: 'file_1' }], wrong: photo },
}

// Of any kind.
const builders = Object.keys(field).filter((name) => name !== 'computed')

test('each is built under its own name, and named once', () => {
  assert.deepEqual(
    Object.values(samples).map(({ field }) => field.kind.name),
    builders,
  )
  assert.deepEqual(
    kinds.map(({ name }) => name),
    builders,
  )
  const words = kinds.flatMap(({ name, otherNames = [] }) => [name, ...otherNames])
  assert.equal(new Set(words).size, words.length)
})

for (const [name, { field, wire, stored = wire, given = stored, wrong }] of Object.entries(samples))
  test(`${name}: what is stored is told as it was given, and what is none is known`, () => {
    assert.deepEqual(fromWire(field, wire, '/x'), given)
    assert.deepEqual(field.kind.toWire ? field.kind.toWire(stored) : stored, wire)
    assert.equal(field.kind.misfit(field, stored), null)
    if (wrong !== undefined) assert.equal(typeof field.kind.misfit(field, wrong), 'string')
    const parts = field.kind.columns.map(({ part }) => part ?? null)
    assert.ok(parts.length === 1 ? parts[0] === null : !parts.includes(null), 'several columns are several parts')
    assert.equal(field.kind.toWire === undefined, field.kind.stored === undefined, 'what is told in another form says what is stored')
    assert.ok(isList(field.kind) || field.kind.columns.every(({ comparing }) => comparing.offered.includes('null')))
  })
