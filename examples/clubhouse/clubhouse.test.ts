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

type Club = Awaited<ReturnType<typeof openTestBackend<typeof backend>>>

/** With an address that was confirmed, by the link of its mail. */
async function signInConfirmed(club: Club, email: string) {
  const caller = await club.signIn(email)
  const mail = (await club.mails()).find(({ to, text }) => to === email && text.includes('token=verify_'))
  await caller.call('POST', '/api/auth/verify', { body: { token: /verify_[\w-]+/.exec(mail!.text)![0] } })
  return caller
}

/** Invited by `host`, and in. */
async function letIn(host: Awaited<ReturnType<Club['signIn']>>, guest: typeof host, group: string) {
  await host.groupInvitations.create({ group, email: (await guest.auth.me()).email })
  const { items } = await guest.groupInvitations.mine()
  return await guest.groupInvitations.accept({ id: items.at(-1)!.id })
}

test('a group is its members’ alone: they are invited by mail, and may be in two', async () => {
  await using club = await openTestBackend(backend)
  const [ada, hugo] = [await club.signIn('ada@example.com'), await club.signIn('hugo@example.com')]
  const grace = await club.signIn('grace@example.com')
  const [rowers, readers] = [await ada.groups.found({ title: 'Early rowers' }), await hugo.groups.found({ title: 'Readers' })]
  await ada.notices.create({ group: rowers.group, text: 'Six o’clock.' })
  await hugo.notices.create({ group: readers.group, text: 'Emma, to chapter ten.' })
  assert.equal((await grace.notices.list()).items.length + (await grace.groups.list()).items.length, 0)
  const itself = { group: rowers.group, user: (await grace.auth.me()).id, role: 'owner' }
  await assert.rejects(grace.call('POST', '/api/memberships', { body: itself }), { status: 405 })
  await assert.rejects(grace.groupInvitations.create({ group: rowers.group, email: 'grace@example.com' }), { status: 403 })

  const { id } = await ada.groupInvitations.create({ group: rowers.group, email: 'Grace@example.com' })
  await hugo.groupInvitations.create({ group: readers.group, email: 'grace@example.com' })
  const mails = (await club.mails()).filter(({ subject }) => subject === 'You are invited to a group')
  assert.deepEqual([mails.length, mails[0]?.to, mails[0]?.text.includes('rowers')], [1, 'grace@example.com', false])
  await assert.rejects(grace.groupInvitations.mine(), { code: 'address_unconfirmed' })
  await assert.rejects(grace.groupInvitations.accept({ id }), { code: 'address_unconfirmed' })
  const token = /verify_[\w-]+/.exec((await club.mails()).find(({ to }) => to === 'grace@example.com')!.text)![0]
  await grace.call('POST', '/api/auth/verify', { body: { token } })
  const another = await signInConfirmed(club, 'another@example.com')
  await assert.rejects(another.groupInvitations.accept({ id }), { status: 404 })
  const { items } = await grace.groupInvitations.mine()
  assert.deepEqual(items.map(({ title }) => title).toSorted(), ['Early rowers', 'Readers'])
  for (const { id } of items) assert.equal((await grace.groupInvitations.accept({ id })).role, 'member')
  await assert.rejects(grace.groupInvitations.accept({ id }), { status: 404 })

  assert.deepEqual(
    (await grace.notices.list({ sort: 'createdAt' })).items.map(({ text }) => text),
    ['Six o’clock.', 'Emma, to chapter ten.'],
  )
  assert.equal((await grace.memberships.list({ filter: { group: rowers.group } })).items.length, 2)
  await assert.rejects(grace.groups.update(rowers.group, { title: 'Mine' }), { status: 403 })
  await assert.rejects(grace.memberships.delete(rowers.id), { status: 403 })
})

test('an invitation is good for two weeks, and for as long as whoever sent it is an owner', async () => {
  await using club = await openTestBackend(backend)
  const [ada, grace] = [await club.signIn('ada@example.com'), await signInConfirmed(club, 'grace@example.com')]
  const hugo = await signInConfirmed(club, 'hugo@example.com')
  const { group, id: adas } = await ada.groups.found({ title: 'Early rowers' })
  const { id } = await letIn(ada, grace, group)
  await ada.memberships.update(id, { role: 'owner' })
  const first = await grace.groupInvitations.create({ group, email: 'hugo@example.com' })
  await ada.memberships.update(id, { role: 'member' })
  await assert.rejects(hugo.groupInvitations.accept({ id: first.id }), { status: 404 })
  await ada.groupInvitations.delete(first.id)
  const second = await ada.groupInvitations.create({ group, email: 'hugo@example.com' })
  await club.advance(14 * 86_400_000)
  await ada.auth.login({ email: 'ada@example.com', password: 'a test of one mind' })
  await hugo.auth.login({ email: 'hugo@example.com', password: 'a test of one mind' })
  assert.deepEqual((await hugo.groupInvitations.mine()).items, [])
  await assert.rejects(hugo.groupInvitations.accept({ id: second.id }), { status: 404 })
  assert.equal((await ada.memberships.get(adas)).role, 'owner')
})

test('a group keeps an owner, who hands it on before leaving, or deletes it', async () => {
  await using club = await openTestBackend(backend)
  const [ada, grace] = [await club.signIn('ada@example.com'), await signInConfirmed(club, 'grace@example.com')]
  const { group, id } = await ada.groups.found({ title: 'Early rowers' })
  const { id: graces } = await letIn(ada, grace, group)
  await assert.rejects(ada.memberships.delete(id), { status: 409, code: 'last_group_owner' })
  await assert.rejects(ada.memberships.update(id, { role: 'member' }), { code: 'last_group_owner' })
  await assert.rejects(grace.memberships.update(graces, { role: 'owner' }), { status: 403 })
  await ada.memberships.update(graces, { role: 'owner' })
  await ada.memberships.delete(id)
  assert.deepEqual((await ada.groups.list()).items, [])
  await assert.rejects(grace.memberships.delete(graces), { code: 'last_group_owner' })
  await grace.groups.delete(group)
  assert.deepEqual((await grace.memberships.list()).items, [])
})

test('a live list loses a group’s records once its reader is removed, and hears of none after that', { timeout: 20_000 }, async (t) => {
  await using club = await openTestBackend(backend)
  const [ada, hugo] = [await club.signIn('ada@example.com'), await club.signIn('hugo@example.com')]
  const grace = await signInConfirmed(club, 'grace@example.com')
  const [{ group: rowers }, { group: readers }] = [
    await ada.groups.found({ title: 'Rowers' }),
    await hugo.groups.found({ title: 'Readers' }),
  ]
  const { id } = await letIn(ada, grace, rowers)
  await letIn(hugo, grace, readers)
  await ada.notices.create({ group: rowers, text: 'Six o’clock.' })
  await hugo.notices.create({ group: readers, text: 'Emma.' })
  const seen: string[] = []
  let look = () => {}
  const live = grace.notices.live({ sort: 'createdAt' }, (all) => {
    seen.push(all.map(({ text }) => text).join(' '))
    look()
  })
  t.after(() => live.close())
  const shows = (texts: string) =>
    new Promise<void>((resolve) => {
      look = () => seen.at(-1) === texts && resolve()
      look()
    })
  await shows('Six o’clock. Emma.')
  await ada.memberships.delete(id)
  await shows('Emma.')
  await ada.notices.create({ group: rowers, text: 'Seven.' })
  await hugo.notices.create({ group: readers, text: 'Dracula.' })
  await shows('Emma. Dracula.')
  assert.deepEqual(
    seen.filter((texts) => texts.includes('Seven.')),
    [],
  )
})

test('a person who is erased is in no group, and staff give a group an owner that has lost its last one by that', async () => {
  await using club = await openTestBackend(backend)
  const [ada, grace] = [await club.signIn('ada@example.com'), await signInConfirmed(club, 'grace@example.com')]
  const olga = await club.signIn('olga@example.com', { roles: ['admin'] })
  const { group, user } = await ada.groups.found({ title: 'Early rowers' })
  const { id } = await letIn(ada, grace, group)
  await ada.notices.create({ group, text: 'Six o’clock.' })
  await ada.groupInvitations.create({ group, email: 'hugo@example.com' })
  await olga.call('POST', `/api/users/${user}/erase`, { body: { now: true } })
  await club.advance(10 * 60_000)
  const { items } = await olga.memberships.list({ filter: { group } })
  assert.deepEqual(
    items.map((one) => [one.id, one.role]),
    [[id, 'member']],
  )
  assert.deepEqual((await grace.notices.list()).items, [])
  await olga.memberships.update(id, { role: 'owner' })
  assert.deepEqual((await grace.groupInvitations.list()).items, [])
  await grace.groups.update(group, { title: 'Late rowers' })
})
