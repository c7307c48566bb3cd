/** A table leads with what names the record, and ends with its age. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DisplayName } from '../../src/contract/field-forms.ts'
import { columnsOf } from './columns.ts'

function columnsFor(fields: Record<string, DisplayName>, pictures: readonly string[] = []): string[] {
  return columnsOf({
    name: 'x',
    title: 'X',
    system: false,
    can: { create: true, update: true, delete: true },
    fields: Object.entries(fields).map(([name, display]) => ({
      name,
      input: 'text' as const,
      display,
      operators: [],
      required: false,
      filterable: true,
      sortable: true,
      ...(pictures.includes(name) ? { accept: ['image/*'] } : {}),
    })),
  }).map((field) => field.name)
}

test('names first, then states, then sums, age last', () => {
  const columns = columnsFor({
    id: 'id',
    createdAt: 'dateTime',
    updatedAt: 'dateTime',
    stock: 'number',
    price: 'money',
    status: 'choice',
    body: 'longText',
    meta: 'json',
    title: 'text',
  })
  assert.deepEqual(columns, ['title', 'status', 'price', 'stock', 'createdAt'])
})

test('never more than seven', () => {
  const fields = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, 'text' as const]))
  assert.equal(columnsFor(fields).length, 7)
  assert.equal(columnsFor({ ...fields, createdAt: 'dateTime' }).at(-1), 'createdAt')
})

test('a picture stands beside what names the record, a paper behind what is said of it', () => {
  const fields = { papers: 'files', picture: 'file', about: 'text', title: 'text', price: 'money' } as const
  assert.deepEqual(columnsFor(fields, ['picture']), ['title', 'picture', 'about', 'price', 'papers'])
})
