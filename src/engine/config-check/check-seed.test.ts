import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { compileModel } from '../../schema/model.ts'
import { checkSeed } from './check-seed.ts'

const notes = collection('notes', {
  fields: {
    title: field.text({ required: true, max: 10 }),
    stars: field.integer({ min: 1, max: 5, default: 3 }),
    due: field.dateTime(),
    owner: field.ref('users', { required: true, default: { set: 'actor' } }),
  },
})
const model = compileModel([notes] as never)

function mistakes(seed: unknown): string[] {
  const said: string[] = []
  checkSeed(seed, model, (path, message) => void said.push(`${path}: ${message}`))
  return said
}
const one = (record: unknown) => mistakes([{ collection: 'notes', records: [record] }])

test('a seed that fits says nothing', () => {
  assert.deepEqual(mistakes([]), [])
  assert.deepEqual(one({ id: 'note_1', title: 'One', stars: 5, due: 1_700_000_000_000, owner: 'usr_1' }), [])
})

test('mistakes of a seed are told with their place', () => {
  const owner = 'usr_1'
  const rows: [string[], RegExp][] = [
    [mistakes(undefined), /^seed: must be a list/],
    [mistakes([{ collection: 'notes' }]), /^seed\[0\]\.records: is missing/],
    [mistakes([{ collection: 'note', records: [] }]), /^seed\[0\]\.collection: there is no collection "note"; did you mean "notes"/],
    [one(null), /^seed\[0\]\.records\[0\]: must be an object/],
    [one({ owner }), /^seed\[0\]\.records\[0\]\.title: is missing/],
    [one({ owner, title: 'One', star: 3 }), /records\[0\]\.star: is no field; did you mean "stars"/],
    [one({ owner, title: 'One', stars: 6 }), /records\[0\]\.stars: must be at most 5/],
    [one({ owner, title: 'One', due: '2026-11-24' }), /records\[0\]\.due: must be a whole number/],
    [one({ title: 'One' }), /records\[0\]\.owner: is missing: nobody is signed in/],
  ]
  for (const [said, expected] of rows) {
    assert.equal(said.length, 1, said.join('\n'))
    assert.match(said[0]!, expected)
  }
})
