import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isEngineError } from './engine-error.ts'
import { parseJsonBody } from './json-text.ts'
import { limits } from './limits.ts'

const parse = (text: string) => parseJsonBody(Buffer.from(text))

/** Code and path of the refusal. */
function refusal(body: string | Uint8Array): (string | undefined)[] {
  try {
    parseJsonBody(Buffer.from(body as string))
  } catch (error) {
    assert.ok(isEngineError(error), String(error))
    return [error.code, error.errors?.[0]?.path, error.errors?.[0]?.code].filter((part) => part !== undefined)
  }
  throw new Error('was not refused')
}

test('bodies are what they say', () => {
  const seed = Number(process.env['KINGPOST_SEED'] ?? Math.trunc(performance.now() * 1_000))
  const spaces = fc.constantFrom(undefined, 1, '\t', ' \n ')
  const names = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (!Object.hasOwn(value, '__proto__') && Object.values(value).every(names))
  const value = fc.jsonValue({ maxDepth: 5 }).filter((one) => names(one) && !JSON.stringify(one).includes('\\u0000'))
  const check = fc.property(value, spaces, (one, space) =>
    assert.deepEqual(parse(JSON.stringify(one, null, space)), JSON.parse(JSON.stringify(one))),
  )
  fc.assert(check, { seed, numRuns: 300 })
})

test('numbers that a double says again are kept, others are named with their path', () => {
  const kept = [
    '0',
    '-0',
    '0.1',
    '1.50',
    '1e3',
    '1.5E+300',
    '123456789012345e5',
    '9007199254740992',
    '12345678901234567000',
    '0.000',
    '5e-324',
    '1.7976931348623157e308',
    '100000000000000000000000',
  ]
  for (const text of kept) assert.ok(Array.isArray(parse(`[{"a":${text}}]`)), text)
  assert.ok(Object.is((parse('[-0]') as number[])[0], 0))
  const digits = [
    '9007199254740993',
    '12345678901234567',
    '-9007199254740993',
    '0.1234567890123456789',
    '3.00000000000000001',
    '1e400',
    '-1e400',
    '1e-400',
    `1${'0'.repeat(400)}`,
    '1e99999999999999999999',
  ]
  for (const text of digits) {
    assert.deepEqual(refusal(`{"meta":{"a/b":[0,${text}]}}`), ['validation_failed', '/meta/a~1b/1', 'number'], text)
    assert.deepEqual(parse(`{"a":"${text}"}`), { a: text })
  }
})

test('what is not UTF-8, or no database keeps, is refused', () => {
  for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]])
    assert.deepEqual(refusal(Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')])), ['malformed_json'])
  assert.deepEqual(refusal('{"a":["\\ud800"]}'), ['validation_failed', '/a/0', 'characters'])
  assert.deepEqual(refusal('{"a":"\\u0000"}'), ['validation_failed', '/a', 'characters'])
  assert.deepEqual(refusal('{"a":{"\\udc00":1}}'), ['validation_failed', '/a', 'characters'])
  assert.deepEqual(refusal('{"a":{"__proto__":{}}}'), ['validation_failed', '/a', 'name'])
  assert.deepEqual(refusal('{"a":{"\\u005f_proto__":{}}}'), ['validation_failed', '/a', 'name'])
  for (const text of ['', '{', '{"a":1,}', "{'a':1}", '"', '"\\', '[NaN]', '{"a"}', '\ufeff\ufeff{}'])
    assert.deepEqual(refusal(text), ['malformed_json'], text)
})

test('a name given twice is refused, however it is written', () => {
  for (const text of ['{"a":1,"a":1}', '{"b":[{"a":1,"\\u0061" : 2}]}', '{"a":{},"x":"\\"a\\":","a"\n:{}}'])
    assert.deepEqual(refusal(text), ['validation_failed', '', 'repeated'], text)
  assert.deepEqual(parse('{"a":"\\"a\\":1,","b":["a","a:"],"c":"\\\\"}'), { a: '"a":1,', b: ['a', 'a:'], c: '\\' })
})

test('depth and number of values have a limit', () => {
  assert.deepEqual(refusal('['.repeat(limits.jsonDepthMax + 1) + ']'.repeat(limits.jsonDepthMax + 1)), ['validation_failed', '', 'depth'])
  assert.deepEqual(refusal(`[${'0,'.repeat(limits.jsonValuesMax)}0]`), ['validation_failed', '', 'values'])
})

test('what is over a limit is refused before any of it is parsed', (context) => {
  const parser = context.mock.method(JSON, 'parse')
  const many = '0,'.repeat(limits.bodyBytesMax / 2 - 10)
  for (const [body, code] of [
    [`[1e0,${many}0]`, 'values'],
    [`{"j":[9007199254740993,${many}`, 'values'],
    [`[${'"",'.repeat(limits.jsonValuesMax)}"`, 'values'],
    [`[${'true\n,'.repeat(limits.jsonValuesMax)}?`, 'values'],
    [`{"j":{${'"a" : 1,'.repeat(limits.jsonValuesMax)}?`, 'values'],
    [`{${'"a" : 1,'.repeat(limits.bodyNamesMax)}"b":?`, 'names'],
    [`{"a":${'['.repeat(limits.bodyBytesMax - 5)}`, 'depth'],
    ['{"a":['.repeat(limits.jsonDepthMax), 'depth'],
  ] as const)
    assert.deepEqual(refusal(body), ['validation_failed', '', code], body.slice(0, 40))
  assert.equal(parser.mock.callCount(), 0)
  assert.deepEqual(refusal(`[${'0,'.repeat(limits.jsonValuesMax - 2)}?`), ['malformed_json'])
  assert.deepEqual(parser.mock.calls[0]?.arguments.length, 1)
})

test('exactly as many values as the limit says are taken, and numbers that are exact need no second look', (context) => {
  const parser = context.mock.method(JSON, 'parse')
  const words = ['1e0', '"a,b]:"', 'null', '[]', '{}', '{ "a" : -1.5E+9 }', '[ 1.50 ]']
  const seven = words.join(' , ')
  const body = `[${`${seven},`.repeat(Math.floor((limits.jsonValuesMax - 1) / 9) - 1)}`
  const left = (limits.jsonValuesMax - 1) % 9
  const exact = `${body}${seven}${',0'.repeat(left)}]`
  assert.ok(Array.isArray(parse(exact)))
  assert.deepEqual(refusal(`${exact.slice(0, -1)},0]`), ['validation_failed', '', 'values'])
  assert.deepEqual(
    parser.mock.calls.map((call) => call.arguments.length),
    [1],
  )
})
