import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions, UsageError, WORKS } from './options.ts'

test('said nothing, everything is measured', () => {
  const options = parseOptions([])
  assert.deepEqual(options.works, WORKS)
  assert.deepEqual(options.contenders, ['limit', 'ours'])
  assert.deepEqual(options.flows, ['five', 'one'])
  assert.equal(options.seconds, 4)
  assert.equal(options.rounds, 3)
})

test('--only picks work, servers or both, and keeps the order of work', () => {
  assert.deepEqual(parseOptions(['--only', 'create,get']).works, ['get', 'create'])
  assert.deepEqual(parseOptions(['--only', 'limit']).contenders, ['limit'])
  assert.deepEqual(parseOptions(['--only', 'limit']).works, WORKS)
  const both = parseOptions(['--only', 'order,ours'])
  assert.deepEqual([both.works, both.contenders], [['order'], ['ours']])
})

for (const args of [
  ['--only', 'gte'],
  ['--seconds', '0'],
  ['--seconds', '1.5'],
  ['--rounds', 'many'],
  ['--secs', '4'],
  ['--flow', 'six'],
  ['--generator', 'ab'],
  ['stray'],
]) {
  test(`refuses ${args.join(' ')}`, () => {
    assert.throws(() => parseOptions(args), UsageError)
  })
}
