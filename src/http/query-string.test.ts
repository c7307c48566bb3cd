import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isEngineError } from '../base/engine-error.ts'
import { parseQueryString } from './query-string.ts'

const plain = (text: string) => JSON.parse(JSON.stringify(parseQueryString(text)))

test('brackets nest, + is a space, a name alone is empty', () => {
  assert.deepEqual(plain('a=1&b[c][d]=x+y&b[e]=%20&f'), { a: '1', b: { c: { d: 'x y' }, e: ' ' }, f: '' })
})

test('what does not fit is refused', () => {
  for (const text of [
    'a=1&a=2',
    'a=1&a[b]=2',
    'a[b]=1&a=2',
    'a[=1',
    'a[]=1',
    'a[b]c=1',
    'a[[b]]=1',
    'a=%',
    '%E0%A4%A=1',
    'a=%00',
    'a=%ED%A0%80',
    `${'a[b]'}${'[c]'.repeat(50)}=1`,
    'x'.repeat(9_000),
  ])
    assert.throws(
      () => parseQueryString(text),
      (error) => isEngineError(error, 'validation_failed'),
      text,
    )
})

test('names of prototypes are names like any other', () => {
  const query = parseQueryString('__proto__[polluted]=1&constructor=2&filter[__proto__][x]=3')
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  assert.deepEqual(Object.keys(query), ['__proto__', 'constructor', 'filter'])
  assert.equal(Object.getPrototypeOf(query), null)
})

test('any text is parsed or refused, and never breaks', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '[', ']', '=', '&', '%', '0', '+', '.', '\u0000', 'é') }), (text) => {
      try {
        parseQueryString(text)
      } catch (error) {
        assert.ok(isEngineError(error, 'validation_failed'))
      }
    }),
  )
})

test('a plain filter beside one with an operator is the short form of eq, once', () => {
  for (const text of ['filter[year]=1900&filter[year][gte]=1800', 'filter[year][gte]=1800&filter[year]=1900'])
    assert.deepEqual(JSON.parse(JSON.stringify(parseQueryString(text))), { filter: { year: { eq: '1900', gte: '1800' } } })
  for (const text of [
    'filter[year]=1&filter[year]=2',
    'filter[year]=1&filter[year][eq]=2',
    'filter[year][eq]=1&filter[year]=2',
    'filter=1&filter[a]=2',
  ])
    assert.throws(() => parseQueryString(text), { code: 'validation_failed' }, text)
})
