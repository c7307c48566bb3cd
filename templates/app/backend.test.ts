import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestBackend } from 'kingpost/testing'
import { backend } from './kingpost.config.ts'

test('everybody has tasks of their own', async () => {
  await using world = await openTestBackend(backend)
  const ada = (await world.signIn('ada@example.com')).tasks
  const grace = (await world.signIn('grace@example.com')).tasks

  const { id } = await ada.create({ text: 'Water the plants' })
  await ada.update(id, { isDone: true })
  assert.deepEqual(
    (await ada.list()).items.map(({ text, isDone }) => [text, isDone]),
    [['Water the plants', true]],
  )
  assert.deepEqual((await grace.list()).items, [])
  await assert.rejects(grace.update(id, { isDone: false }), { status: 404 })
})

test('guests see the notices and write none', async () => {
  await using world = await openTestBackend(backend, { seed: true })
  const guest = world.guest()
  assert.equal((await guest.notices.list()).items.length, 1)
  await assert.rejects(guest.notices.create({ text: 'Hello' }), { status: 401 })
})
