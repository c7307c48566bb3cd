import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { checkConfig } from './check-config.ts'

const mistakes = (fields: object, more: object) =>
  checkConfig({ name: 'Test', collections: [collection('notes', { fields: fields as never, ...more })] as never, shop: false }, () => [], {
    isDevelopment: false,
    paymentProviders: [],
  }).map(({ path, message }) => `${path} ${message}`)

test('an index that some database could not take is refused, with what to do', () => {
  const fields = { slug: field.text({ max: 651, unique: true }), link: field.url(), name: field.text() }
  assert.deepEqual(mistakes(fields, { indexes: [['name', '-link']], unique: [['link']] }), [
    'collections.notes.fields.slug may hold 651 characters in an index, which takes 650: give slug a smaller max',
    'collections.notes.indexes[0] may hold 2255 characters in an index, which takes 650: give name, link a smaller max',
    'collections.notes.unique[0] may hold 2000 characters in an index, which takes 650: give link a smaller max',
  ])
})

test('one that fits is taken', () => {
  const fields = {
    slug: field.text({ max: 650, unique: true }),
    link: field.url({ max: 300 }),
    on: field.date(),
    price: field.money(),
    at: field.dateTime(),
  }
  assert.deepEqual(
    mistakes(fields, {
      indexes: [
        ['link', '-at'],
        ['price.amount', 'on'],
      ],
      unique: [['on', 'link']],
    }),
    [],
  )
})

test('a search has a few fields and weights, and a weight is a whole number', () => {
  const searched = (count: number, weight: number | null = null) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`f${at}`, field.text({ search: weight === null ? true : { weight: at + weight } })]),
    )
  assert.deepEqual(mistakes(searched(8), {}), [])
  assert.deepEqual(mistakes(searched(3, 1), { search: 'words' }), [])
  assert.deepEqual(mistakes(searched(9), {}), ['collections.notes.fields are searched, 9 of them: at most 8 can be'])
  assert.deepEqual(mistakes(searched(4, 1), {}), ['collections.notes.fields are searched by 4 weights: there are at most 3'])
  assert.deepEqual(mistakes({ title: field.text({ search: { weight: 0 } }) }, {}), [
    'collections.notes.fields.title.search.weight must be a whole number from 1, not 0',
  ])
  assert.deepEqual(mistakes(searched(1), { search: 'part' }), [
    'collections.notes.search must be "words" or "parts", not "part"; did you mean "parts"?',
  ])
})
