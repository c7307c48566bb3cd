import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestBackend } from 'kingpost/testing'
import { backend } from './kingpost.config.ts'

test('guests see public events, members all of them', async () => {
  await using club = await openTestBackend(backend, { seed: true })
  const guest = club.guest()
  assert.deepEqual(
    (await guest.events.list({ sort: 'startsAt' })).items.map(({ title }) => title),
    ['First row of the year', 'Lightning tournament'],
  )
  const ada = await club.signIn('ada@example.com')
  assert.equal((await ada.events.list()).items.length, 3)
  await assert.rejects(ada.events.create({ title: 'Mine', startsAt: '2030-01-01T12:00:00Z' }), { status: 403 })
})

test('members speak for themselves; organisers invite, suspend and take away', async () => {
  await using club = await openTestBackend(backend, { seed: true })
  const ada = await club.signIn('ada@example.com')
  const grace = await club.signIn('grace@example.com')
  const olga = await club.signIn('olga@example.com', { roles: ['organiser'] })
  const [adaHerself, graceHerself] = [await ada.members.create({ name: 'Ada' }), await grace.members.create({ name: 'Grace' })]
  await assert.rejects(ada.members.create({ name: 'Ada again' }), { code: 'already_exists' })

  const event = await olga.events.create({ title: 'Summer feast', startsAt: '2030-07-01T18:00:00Z', isPublic: false })
  const comment = await ada.comments.create({ event: event.id, author: adaHerself.id, text: 'I bring cake.' })
  assert.deepEqual((await club.guest().comments.list()).items, [])
  assert.equal((await grace.comments.list()).items.length, 1)
  await assert.rejects(grace.comments.create({ event: event.id, author: adaHerself.id, text: 'I do not.' }), { status: 403 })
  await assert.rejects(grace.comments.delete(comment.id), { status: 403 })
  await assert.rejects(ada.members.update(adaHerself.id, { isSuspended: false }), { status: 403 })

  await olga.members.update(graceHerself.id, { isSuspended: true })
  await assert.rejects(grace.comments.create({ event: event.id, author: graceHerself.id, text: 'Hello?' }), { status: 403 })
  await olga.comments.delete(comment.id)
  assert.equal((await ada.comments.list({ filter: { event: event.id } })).items.length, 0)
})
