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

test('photos are their team’s, bytes included, until an organiser suspends somebody', async () => {
  await using club = await openTestBackend(backend, { seed: true })
  const [ada, grace, hugo] = [
    await club.signIn('ada@example.com'),
    await club.signIn('grace@example.com'),
    await club.signIn('hugo@example.com'),
  ]
  const olga = await club.signIn('olga@example.com', { roles: ['organiser'] })
  const [rowing = '', , chess = ''] = (await ada.teams.list({ sort: '-name' })).items.map(({ id }) => id)
  const adaHerself = await ada.members.create({ name: 'Ada', team: rowing })
  const graceHerself = await grace.members.create({ name: 'Grace', team: rowing })
  const hugoHimself = await hugo.members.create({ name: 'Hugo', team: chess })

  const dot = Uint8Array.fromBase64('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')
  const picture = await ada.files.upload(new File([dot], 'boat.png', { type: 'image/png' }))
  const photo = await ada.photos.create({ team: rowing, by: adaHerself.id, picture })
  // Whoever may read a file may have a link to it.
  const linkTo = (who: typeof ada) => who.call('POST', `/api/files/${picture.id}/link`)
  await linkTo(grace)
  await assert.rejects(linkTo(hugo), { status: 404 })
  assert.equal((await grace.photos.list()).items.length, 1)
  assert.equal((await hugo.photos.list()).items.length, 0)
  assert.equal((await club.guest().photos.list()).items.length, 0)
  await assert.rejects(hugo.photos.create({ team: rowing, by: hugoHimself.id, picture }), { status: 403 })
  await assert.rejects(grace.photos.delete(photo.id), { status: 403 })
  await olga.members.update(graceHerself.id, { isSuspended: true })
  assert.equal((await grace.photos.list()).items.length, 0)
  await assert.rejects(linkTo(grace), { status: 404 })
  await olga.photos.delete(photo.id)
  assert.equal((await ada.photos.list()).items.length, 0)
})

test('a team by invitation takes those whom an organiser puts in, and lets them go', async () => {
  await using club = await openTestBackend(backend, { seed: true })
  const ada = await club.signIn('ada@example.com')
  const olga = await club.signIn('olga@example.com', { roles: ['organiser'] })
  const [committee = ''] = (await ada.teams.list({ filter: { isOpen: false } })).items.map(({ id }) => id)
  await assert.rejects(ada.members.create({ name: 'Ada', team: committee }), { code: 'by_invitation' })
  const { id } = await ada.members.create({ name: 'Ada' })
  await assert.rejects(ada.members.update(id, { team: committee }), { status: 403, code: 'by_invitation' })
  await olga.members.update(id, { team: committee })
  assert.equal((await ada.members.update(id, { name: 'Ada L.' })).team, committee)
  assert.equal((await ada.members.update(id, { team: null })).team, null)
})
