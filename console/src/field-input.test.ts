/** A form sends what was changed, no more, and says in words what it cannot read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InputName } from '../../src/contract/field-forms.ts'
import { currencyKey, draftOf, editableFields, fieldErrors, filesText, placeWords, readDraft, sendingKey } from './field-input.ts'
import type { FieldInfo } from './shapes.ts'

const inputs: Record<string, InputName> = {
  title: 'text',
  stock: 'integer',
  weight: 'decimal',
  price: 'money',
  live: 'boolean',
  day: 'date',
  at: 'dateTime',
  meta: 'json',
  author: 'reference',
  tags: 'references',
  labels: 'lines',
  cover: 'file',
  papers: 'files',
}
const shape = { required: false, filterable: true, sortable: true, display: 'text', operators: [] } as const
const fields: FieldInfo[] = Object.entries(inputs).map(([name, input]) => ({ ...shape, name, input }))
const fileNamed = (id: string) => ({ id, name: `${id}.png`, type: 'image/png', size: 9, url: `/api/files/${id}/content` })
const record = {
  title: 'Sea',
  stock: 3,
  weight: '1.50',
  price: { amount: 1999, currency: 'EUR' },
  live: true,
  day: '2026-11-24',
  at: '2026-11-24T07:40:22.120Z',
  meta: { a: [1] },
  author: { id: 'aut_1', name: 'Ada' },
  tags: ['tag_1', 'tag_2'],
  labels: ['red', 'blue'],
  cover: fileNamed('file_1'),
  papers: [fileNamed('file_2'), fileNamed('file_3')],
}

test('an untouched draft changes nothing', () => {
  assert.deepEqual(readDraft(fields, draftOf(fields, record), record), { values: {}, errors: {} })
  assert.deepEqual(readDraft(fields, draftOf(fields, {}), {}), { values: {}, errors: {} })
})

test('changed fields are read by their input', () => {
  const draft = {
    ...draftOf(fields, record),
    title: '',
    stock: '12',
    weight: '2.250',
    price: '7',
    [currencyKey('price')]: 'JPY',
    live: 'false',
    meta: '{"b":[2]}',
    author: 'aut_2',
    tags: 'tag_2\ntag_3',
  }
  assert.deepEqual(readDraft(fields, draft, record).values, {
    title: null,
    stock: 12,
    weight: '2.250',
    price: { amount: 7, currency: 'JPY' },
    live: false,
    meta: { a: null, b: [2] },
    author: 'aut_2',
    tags: ['tag_2', 'tag_3'],
  })
})

test('files are named by their ids, taken away by null or an empty list, and waited for', () => {
  const draft = { ...draftOf(fields, record), cover: filesText([fileNamed('file_4')]), papers: filesText([fileNamed('file_3')]) }
  assert.deepEqual(readDraft(fields, draft, record).values, { cover: { id: 'file_4' }, papers: [{ id: 'file_3' }] })
  assert.deepEqual(readDraft(fields, { ...draft, cover: '', papers: '' }, record).values, { cover: null, papers: [] })
  assert.deepEqual(Object.keys(readDraft(fields, { ...draft, [sendingKey('papers')]: 'b.pdf' }, record).errors), ['papers'])
})

test('a local time is sent as UTC', () => {
  const { values } = readDraft(fields, { ...draftOf(fields, {}), at: '2026-11-24T08:00:00' }, {})
  assert.equal(values.at, new Date(2026, 10, 24, 8).toISOString())
})

test('a decimal is sent as a text, and has no more decimals than its field', () => {
  const weight: FieldInfo = { ...shape, name: 'weight', input: 'decimal', scale: 2 }
  const read = (text: string) => readDraft([weight], { weight: text }, { weight: '1.50' })
  assert.deepEqual(
    ['2,5', ' -0.25 ', '3'].map((text) => read(text).values.weight),
    ['2.5', '-0.25', '3'],
  )
  assert.deepEqual(read('1.50'), { values: {}, errors: {} })
  assert.deepEqual(read('2.505').errors, { weight: 'This is not a number with at most 2 decimals.' })
})

test('what cannot be read is said, and not sent', () => {
  const draft = { stock: '1.5', weight: '1.5.2', price: '9', meta: '{', at: 'soon' }
  const reading = readDraft(fields, draft, {})
  assert.deepEqual(Object.keys(reading.errors).sort(), ['at', 'meta', 'price', 'stock', 'weight'])
  assert.deepEqual(reading.values, {})
})

test('the server owns id and times', () => {
  const own = editableFields([
    ...fields,
    { ...shape, name: 'createdAt', input: 'dateTime', required: true },
    { ...shape, name: 'id', input: 'none', required: true },
  ])
  assert.equal(own.length, fields.length)
  const [title] = fields
  assert.ok(title)
  assert.deepEqual(editableFields([{ ...title, writable: false }]), [])
})

test('input errors land on their field', () => {
  const errors = fieldErrors([
    { path: '/price/amount', message: 'must be >= 0' },
    { path: '/price/currency', message: 'second' },
    { path: '', message: 'whole body' },
  ])
  assert.deepEqual(errors, { price: 'Must be >= 0.', '': 'Whole body.' })
  assert.deepEqual(fieldErrors([{ path: '/slug', message: 'is missing' }]), { slug: 'Please fill this in.' })
  const papers: FieldInfo = { ...shape, name: 'papers', input: 'files', required: false }
  const draft = { papers: filesText([fileNamed('file_1'), fileNamed('file_2')]) }
  assert.deepEqual(fieldErrors([{ path: '/papers/1', message: 'is too large' }], draft, [papers]), { papers: 'file_2.png: Is too large.' })
  assert.equal(placeWords('/shippingAddress/postalCode'), 'Shipping address, postal code')
  assert.equal(placeWords('/lines/1'), 'Row 2 of lines')
  assert.equal(placeWords('/lines/0/unitPrice/amount'), 'Unit price in row 1 of lines')
  assert.equal(placeWords(''), '')
})

test('the one currency of a field is filled in, and is no change by itself', () => {
  const price: FieldInfo = { ...shape, name: 'price', input: 'money', required: true, currency: 'EUR' }
  const empty = draftOf([price], {})
  assert.deepEqual(readDraft([price], empty, {}), { values: {}, errors: {} })
  const { values } = readDraft([price], { ...empty, price: '12,50' }, {})
  assert.deepEqual(values, { price: { amount: 1250, currency: 'EUR' } })
})
