import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import type { Scalar } from '../../contract/filter.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { compileModel } from '../../schema/model.ts'
import { afterLast } from './keyset.ts'

test('each further key of a sort costs the condition of the next page the same', () => {
  const names = Array.from({ length: limits.sortKeysMax }, (_, index) => `field${index}`)
  const fields = Object.fromEntries(names.map((name) => [name, field.integer()]))
  const model = compileModel([collection('rows', { fields })])
  const sizes = names.map((_, last) => {
    const keys = [...names.slice(0, last), 'id'].map((path, index) => ({ path, descending: index % 2 === 1 }))
    const values: (string | number | bigint | null)[] = []
    const seen = keys.map(({ path }): Scalar => (path === 'id' ? 'row_1' : 1))
    const place = { collection: model.get({ name: 'rows' }), keys, seen, quote: (name: string) => name, comparesRows: true }
    return { text: afterLast(place, values as never).length, values: values.length }
  })
  // Where the id alone decides, the condition has a shorter form; a key ascends and the next one descends.
  for (let at = 3; at < sizes.length; at++) {
    assert.equal(sizes[at]!.values - sizes[at - 2]!.values, 4)
    assert.equal(sizes[at]!.text - sizes[at - 2]!.text, sizes[3]!.text - sizes[1]!.text)
  }
})
