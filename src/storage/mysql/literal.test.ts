import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { literal, textOf } from './literal.ts'

/** Reads a literal as the server's lexer does, in either of its modes. */
function read(text: string, takesBackslash: boolean): string {
  const bytes = /^_utf8mb4 x'([0-9a-f]*)'$/.exec(text)
  if (bytes) return Buffer.from(bytes[1]!, 'hex').toString('utf8')
  assert.equal(text[0], "'")
  let value = ''
  let at = 1
  for (; at < text.length; at++) {
    if (takesBackslash && text[at] === '\\') value += text[++at]
    else if (text[at] === "'") {
      if (text[at + 1] !== "'") break
      value += text[++at]
    } else value += text[at]
  }
  assert.equal(at, text.length - 1, `the literal ends early: ${text}`)
  return value
}

const nasty = fc.oneof(
  fc.string({ unit: fc.constantFrom("'", '\\', '"', '\0', ';', '--', '%', '_', 'a', 'é', '😀', '\n', '\x1a', '?') }),
  fc.string({ unit: 'grapheme' }),
)

test('a text is the same to the server in either mode of its escapes, and never ends early', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      for (const takesBackslash of [true, false]) assert.equal(read(literal(text), takesBackslash), text.toWellFormed())
    }),
    { numRuns: 2_000 },
  )
})

test('numbers are whole and exact, and null is null', () => {
  assert.equal(literal(null), 'null')
  assert.equal(literal(-5), '-5')
  assert.equal(literal(Number.MAX_SAFE_INTEGER), '9007199254740991')
  for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) assert.throws(() => literal(value))
})

test('values stand in the places of their marks, whatever marks they hold themselves', () => {
  assert.equal(textOf({ sql: 'select ?,?', values: ['?', 2] }), "select '?',2")
  assert.equal(textOf({ sql: 'select 1', values: [] }), 'select 1')
  assert.throws(() => textOf({ sql: 'select ?', values: [1, 2] }))
})
