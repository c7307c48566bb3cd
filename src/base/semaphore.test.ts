import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEngineError } from './engine-error.ts'
import { createSemaphore } from './semaphore.ts'

/** Work that ends when it is told to. */
function works() {
  const begun: number[] = []
  const ends = new Map<number, () => void>()
  const work = (number: number) => () =>
    new Promise<number>((resolve) => {
      begun.push(number)
      ends.set(number, () => resolve(number))
    })
  const end = async (number: number) => {
    ends.get(number)!()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { begun, work, end }
}

test('so much runs at once, the rest in its order, also after a failure', async () => {
  const inTurn = createSemaphore({ atOnce: 2 })
  const { begun, work, end } = works()
  const all = [1, 2, 3, 4].map((number) => inTurn(work(number)))
  assert.deepEqual(begun, [1, 2])
  await end(2)
  assert.deepEqual(begun, [1, 2, 3])
  await end(1)
  await end(3)
  await end(4)
  assert.deepEqual(await Promise.all(all), [1, 2, 3, 4])
  await assert.rejects(
    inTurn(async () => {
      throw new Error('failed')
    }),
    /failed/,
  )
  assert.equal(await inTurn(async () => 5), 5)
})

test('where the queue has an end, one more is refused', async () => {
  const inTurn = createSemaphore({ atOnce: 1, waitingMax: 1, full: 'Too many wait.' })
  const { work, end } = works()
  const all = [1, 2].map((number) => inTurn(work(number)))
  await assert.rejects(inTurn(work(3)), (error) => isEngineError(error, 'overloaded') && error.detail === 'Too many wait.')
  await end(1)
  await end(2)
  assert.deepEqual(await Promise.all(all), [1, 2])
})

test('what is over begins nothing more', async () => {
  let isOver = false
  const inTurn = createSemaphore({ atOnce: 1, isOver: () => isOver })
  const { begun, work, end } = works()
  const [first] = [1, 2, 3].map((number) => inTurn(work(number)))
  isOver = true
  await end(1)
  assert.equal(await first, 1)
  assert.deepEqual(begun, [1])
})
