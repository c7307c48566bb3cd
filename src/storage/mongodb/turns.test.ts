import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurns } from './turns.ts'

const none: ReadonlySet<string> = new Set()

test('a document is taken by one at a time, and whoever met it taken must run again', async () => {
  const turns = createTurns()
  const [one, two] = [await turns.begin(none), await turns.begin(none)]
  assert.equal(one.take('a'), true)
  assert.equal(one.take('a'), true)
  assert.equal(two.take('b'), true)
  assert.equal(two.take('a'), false)
  assert.equal(two.take('c'), false, 'it is lost: nothing more is taken for it')
  assert.deepEqual([one.mustRunAgain(), two.mustRunAgain()], [false, true])
  assert.deepEqual(two.wanted, new Set(['a', 'b', 'c']))
})

test('who comes back waits for all of its documents and gets them in its turn', async () => {
  const turns = createTurns()
  const first = await turns.begin(none)
  first.take('a')
  const order: string[] = []
  const run = async (name: string, keys: readonly string[]) => {
    const turn = await turns.begin(new Set(keys))
    order.push(name)
    assert.equal(
      keys.every((key) => turn.take(key)),
      true,
    )
    turn.end()
  }
  const all = Promise.all([run('second', ['a', 'b']), run('third', ['b', 'a']), run('fourth', ['a'])])
  await Promise.resolve()
  assert.deepEqual(order, [])
  first.end()
  await all
  assert.deepEqual(order, ['second', 'third', 'fourth'])
})

test('what was let go is free again', async () => {
  const turns = createTurns()
  const one = await turns.begin(new Set(['a', 'b']))
  one.end()
  const two = await turns.begin(none)
  assert.equal(two.take('a') && two.take('b'), true)
})
