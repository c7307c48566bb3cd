import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isA, stackOf, textOf } from './error-text.ts'
import { hideSecret } from './hidden.ts'
import { limits } from './limits.ts'
import { isStorableText } from './text.ts'

const trap = () => {
  throw new Error('a trap')
}
const strange: readonly unknown[] = [
  Object.create(null),
  [[Object.create(null)]],
  { toString: trap },
  Object.defineProperty(new Error('x'), 'message', { get: trap }),
  new Proxy({}, { get: trap, getPrototypeOf: trap }),
]

test('whatever is thrown has a text', () => {
  for (const thrown of strange) {
    assert.equal(textOf(thrown), 'Something was thrown that cannot be made a text.')
    assert.equal(typeof stackOf(thrown), 'string')
    assert.equal(isA(thrown, RangeError), false)
  }
  assert.equal(textOf(Object.assign(new Error(), { message: Symbol('x') })), 'Symbol(x)')
  assert.deepEqual([textOf(null), textOf('a word'), textOf(new Error('a\nb'))], ['null', 'a word', 'a\nb'])
})

test('the text can be stored, is bounded, and holds no secret, not even a part of one', () => {
  for (const text of ['a\0b\ud800', '\u{1f600}'.repeat(3_000), `x${'\u{1f600}'.repeat(3_000)}`]) {
    assert.ok(isStorableText(textOf(new Error(text))))
    assert.ok(textOf(text).length <= limits.refusalCharactersMax)
  }
  hideSecret('a-long-secret')
  assert.equal(textOf(`${'x'.repeat(20)}a-long-secret`, 26), `${'x'.repeat(20)}[secr…`)
})
