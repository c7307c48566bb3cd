// proves P-037: one person erased: nothing anywhere names them afterwards, everything of others stays, and what the books need stays
// without a name.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { anyone } from '../../src/access/rule.ts'
import { limits } from '../../src/base/limits.ts'
import { createLocalBlobs } from '../../src/blobs/local-blobs.ts'
import { createMemoryBlobs } from '../../src/blobs/memory-blobs.ts'
import { always, eq } from '../../src/contract/filter.ts'
import { sessions, users } from '../../src/domains/accounts/collections.ts'
import { proofs } from '../../src/domains/accounts/proofs.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { erasures } from '../../src/domains/personal/collections.ts'
import { dataExports, sizeOf } from '../../src/domains/personal/exports.ts'
import { effects } from '../../src/effects/effect.ts'
import { after as afterHook, before as beforeHook } from '../../src/extend/hook.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { openWorld, type World, work } from '../support/api-harness.ts'
import { testDatabase } from '../support/databases.ts'
import {
  ada,
  adam,
  addPeople,
  asker,
  diaries,
  erasureConfig,
  foundIn,
  leaveTraces,
  type Persons,
  searchFolder,
  searchTables,
} from '../support/erased-person.ts'
import { eventually } from '../support/eventually.ts'
import { createMailbox, secretIn } from '../support/mailbox.ts'
import { entriesOf } from '../support/unzip.ts'
import { verifyFiles } from '../support/verify-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'kingpost-erasure-'))
let world: World
let people: Persons
const mailbox = createMailbox()
const told: string[] = []
const isFile = !testDatabase().isServer
before(async () => {
  world = await openWorld({
    ...mailbox,
    config: erasureConfig,
    blobs: createLocalBlobs(join(folder, 'files')),
    ...(isFile ? { path: join(folder, 'kingpost.db') } : {}),
    webhooks: { egress: { request: async ({ body }) => (told.push(String(body)), { status: 204, body: '' }) } },
  })
  people = await addPeople(world)
  await world.engine.start()
})
after(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

const read = () => world.engine.parts.storage.reader
/** As if orders had been placed so long ago. */
const age = (ms: number) =>
  world.write(async (tx) => {
    for (const order of await tx.find(orders, { limit: 200 }))
      await tx.touch(orders, order.id, { set: { placedAt: (order.placedAt ?? 0) - ms } })
  })
const erasureOf = async (id: string) => (await read().get(erasures, id))!

test('nothing names the person any more, in tables, lines, files or bytes of the database, and all of another stays', async () => {
  const ask = asker(world)
  assert.equal((await ask('admin', 'POST', '/api/webhooks', { url: 'https://hooks.example/kp' })).status, 201)
  const hers = await leaveTraces(world, ask, 'ada')
  const his = await leaveTraces(world, ask, 'adam')
  // What staff search in is written too.
  await work(world, 11_000)
  const needles = [ada.email, ada.name, ada.line1, ada.phone, ada.other]
  const traces = await searchTables(world, needles)
  const places = new Set(traces.map((trace) => trace.split(/[/ ]/)[0]))
  for (const name of [
    'users',
    'orders',
    'orderTexts',
    'carts',
    'emails',
    'diaries',
    'tickets',
    'guests',
    'files',
    'deletedRecords',
    'webhookDeliveries',
    'line',
  ])
    assert.ok(places.has(name), `the person left something in ${name}`)
  const ofHim = (await searchTables(world, [adam.line1])).length

  const asked = await ask('admin', 'POST', `/api/users/${people.ada}/erase`, { now: true })
  assert.equal(asked.status, 202, asked.text)
  assert.equal((await ask('ada', 'GET', '/api/auth/me')).status, 401)
  await work(world, limits.erasureQuietMs + 2_000)
  assert.match((await erasureOf(asked.body.id)).waitsFor!, /^Orders: ord_\w+ is under way\.$/)
  await age(limits.erasureOrderMs + 1)
  await work(world, limits.erasureLookMs + 5_000)
  const erasure = await eventually('it is over', async () => {
    const found = await erasureOf(asked.body.id)
    return found.state === 'done' ? found : null
  })

  assert.deepEqual(await searchTables(world, needles), [])
  assert.deepEqual(searchFolder(folder, needles), [])
  assert.equal((await searchTables(world, [adam.line1])).length, ofHim)
  assert.deepEqual(
    world.log.filter(({ level }) => level === 'error'),
    [],
  )
  // What stays, stays as it has to.
  for (const id of hers.orders) {
    const order = (await read().get(orders, id))!
    assert.deepEqual(
      [order.customer, order.email, order.note, order.addresses.shipping.country],
      [null, 'erased@erased.invalid', null, 'DE'],
    )
    assert.equal(order.total.amount, 1390)
  }
  const get = (url: string) => ask('admin', 'GET', url)
  assert.equal((await get(`/api/diaries/${hers.diary}`)).status, 404)
  assert.equal((await get(`/api/diaries/${hers.quoted}`)).body.text, null)
  assert.deepEqual((await get(`/api/tickets/${hers.ticket}`)).body.state, 'open')
  assert.deepEqual((await get(`/api/likes/${hers.like}`)).body.user, people.ada)
  assert.deepEqual((await get(`/api/guests/${hers.guest}`)).body.people, [world.ids['owner']])
  assert.equal((await get(`/api/diaries/${his.diary}`)).body.text, `${adam.name} was here`)
  assert.equal((await read().get(users, people.adam))!.name, adam.name)
  const lines = new Map(erasure.report.map((line) => [line.collection, line]))
  assert.deepEqual([lines.get('orders')!.pseudonymised, lines.get('diaries')!.removed], [3, 1])
  assert.match(lines.get('orders')!.because!, /law of taxes/)
  assert.ok(told.some((body) => body.includes('user.erased') && body.includes(people.ada)))
})

describe('asking for it', () => {
  let shop: World
  let ids: Persons
  let sent: ReturnType<typeof createMailbox>['sent']
  let ask: ReturnType<typeof asker>
  beforeEach(async () => {
    const box = createMailbox()
    sent = box.sent
    shop = await openWorld({ ...box, config: erasureConfig })
    ids = await addPeople(shop)
    ask = asker(shop)
    await shop.engine.start()
  })
  afterEach(() => shop.close())
  const reader = () => shop.engine.parts.storage.reader
  const only = async () => (await reader().find(erasures, { limit: 10 })).map(({ state }) => state)
  const isOver = () => eventually('it is over', async () => ((await only()).includes('done') ? true : null))
  /** Its days have passed: the clock would run every schedule of them. */
  const comeDue = () =>
    shop.write(async (tx, now) => {
      await tx.touchAll(erasures, eq('state', 'waiting'), { set: { dueAt: now } })
      await tx.touchAll(effects, eq('kind', 'personal.erase'), { set: { dueAt: now } })
    })

  test('the account is closed at once, kept by the link of the mail, once, and never again when it is over', async () => {
    const wrong = await shop.request({ method: 'DELETE', url: '/api/auth/me' })
    assert.equal(wrong.status, 401)
    const asked = await ask('ada', 'DELETE', '/api/auth/me', undefined, { 'accept-language': 'de' })
    assert.equal(asked.status, 202)
    assert.equal(Date.parse(asked.body.dueAt) - shop.clock.now(), limits.erasureWaitMs)
    assert.equal((await ask('ada', 'GET', '/api/auth/me')).status, 401)
    await work(shop)
    const mail = sent.at(-1)!
    assert.deepEqual([mail.to, mail.subject], [ada.email, 'Ihr Konto bei Test shop wird gelöscht'])
    assert.match(mail.text, /am 1\. Dezember 2026 gelöscht/)
    const keep = (token: string) => shop.request({ method: 'POST', url: '/api/auth/me/keep', body: { token } })
    assert.equal((await keep('keepaccount_guess')).status, 403)
    assert.equal((await keep(secretIn(mail))).status, 204)
    assert.equal((await keep(secretIn(mail))).status, 403)
    assert.deepEqual([await only(), (await reader().get(users, ids.ada))!.disabled], [['canceled'], false])
    await comeDue()
    await work(shop)
    assert.equal((await reader().get(users, ids.ada))!.email, ada.email)
  })

  test('whoever takes a stolen account back can keep it as well, though the mail went to the thief', async () => {
    const post = (url: string, body: unknown) => ask('ada', 'POST', `/api/auth/${url}`, body)
    assert.equal((await post('email', { email: 'thief@mail.example' })).status, 202)
    await work(shop)
    assert.equal((await post('email/confirm', { token: secretIn(sent.at(-1)!) })).status, 204)
    await work(shop)
    const back = secretIn(sent.at(-1)!)
    assert.equal((await ask('ada', 'DELETE', '/api/auth/me')).status, 202)
    await work(shop)
    assert.equal(sent.at(-1)!.to, 'thief@mail.example')
    assert.equal((await post('email/undo', { token: back })).status, 204)
    await work(shop)
    const mail = sent.at(-1)!
    assert.deepEqual([mail.to, mail.subject], [ada.email, 'Your account at Test shop will be deleted'])
    assert.equal((await post('me/keep', { token: secretIn(mail) })).status, 204)
    assert.deepEqual([await only(), (await reader().get(users, ids.ada))!.disabled], [['canceled'], false])
  })

  test('an account that an admin shuts meanwhile stays shut when it is kept', async () => {
    await ask('ada', 'DELETE', '/api/auth/me')
    await work(shop)
    const token = secretIn(sent.at(-1)!)
    assert.equal((await ask('admin', 'PATCH', `/api/users/${ids.ada}`, { disabled: true })).status, 200)
    assert.equal((await shop.request({ method: 'POST', url: '/api/auth/me/keep', body: { token } })).status, 204)
    assert.deepEqual([await only(), (await reader().get(users, ids.ada))!.disabled], [['canceled'], true])
  })

  test('an account that an admin opens again meanwhile is kept, its owner hears of it, and it is used as before', async () => {
    await ask('ada', 'DELETE', '/api/auth/me')
    await work(shop)
    const token = secretIn(sent.at(-1)!)
    const open = (body: unknown) => ask('admin', 'PATCH', `/api/users/${ids.ada}`, body, { 'accept-language': 'de' })
    assert.equal((await open({ disabled: false })).status, 200)
    assert.deepEqual([await only(), (await reader().get(users, ids.ada))!.disabled], [['canceled'], false])
    await work(shop)
    assert.deepEqual([sent.at(-1)!.to, sent.at(-1)!.subject], [ada.email, 'Ihr Konto bei Test shop wird nicht gelöscht'])
    assert.equal((await shop.request({ method: 'POST', url: '/api/auth/me/keep', body: { token } })).status, 403)
    await comeDue()
    await work(shop)
    assert.deepEqual([await only(), (await reader().get(users, ids.ada))!.email], [['canceled'], ada.email])
    // It can be asked for again, and is then done; what is gone is not opened.
    assert.equal((await ask('admin', 'POST', `/api/users/${ids.ada}/erase`, { now: true })).status, 202)
    await comeDue()
    await work(shop)
    await isOver()
    const late = await open({ disabled: false })
    assert.deepEqual([late.status, late.body.code], [409, 'account_erased'])
    assert.equal((await reader().get(users, ids.ada))!.disabled, true)
    assert.equal((await open({ disabled: true })).status, 200)
  })

  test('lines of the feed are looked at a few at a time, and others have their turn in between', async () => {
    for (let count = 0; count < 3 * limits.erasureLinesAtOnce; count++)
      assert.ok((await ask('ada', 'POST', '/api/diaries', { text: `${ada.name} day ${count}` })).status < 300)
    const { storage } = shop.engine.parts
    const { commitsAfter } = storage
    let turn = 0
    let next = setImmediate(function pass() {
      turn++
      next = setImmediate(pass)
    })
    const looks: { readonly position: number; readonly turn: number }[] = []
    Object.assign(storage, {
      async commitsAfter(position: number, limit: number) {
        if (limit === limits.erasureLinesAtOnce) looks.push({ position, turn })
        return await commitsAfter(position, limit)
      },
    })
    assert.equal((await ask('admin', 'POST', `/api/users/${ids.ada}/erase`, { now: true })).status, 202)
    await comeDue()
    await work(shop)
    await isOver()
    clearImmediate(next)
    assert.deepEqual(await searchTables(shop, [ada.email, ada.name]), [])
    // By the step that looks for addresses of before, and the one that rewrites.
    assert.ok(looks.length >= 2 * 3)
    for (const [index, { turn: at }] of looks.entries()) assert.ok(index === 0 || at > looks[index - 1]!.turn)
  })

  /** She moves to another address, where the one of before may be another's by then, and is erased. */
  async function movedAndErased(isAnothers: boolean): Promise<void> {
    const write = { to: ada.email, subject: 'Your order', text: `Dear ${ada.line1}` }
    assert.ok((await ask('admin', 'POST', '/api/emails', write)).status < 300)
    assert.equal((await ask('ada', 'POST', '/api/auth/email', { email: 'ada@new.example' })).status, 202)
    await work(shop)
    assert.equal((await ask('ada', 'POST', '/api/auth/email/confirm', { token: secretIn(sent.at(-1)!) })).status, 204)
    await shop.write((tx) => tx.deleteWhere(proofs, eq('purpose', 'undoEmail')))
    if (isAnothers) {
      const other = { email: ada.email, password: 'a long enough one' }
      assert.equal((await shop.request({ method: 'POST', url: '/api/auth/register', body: other })).status, 201)
    }
    await work(shop)
    assert.equal((await ask('admin', 'POST', `/api/users/${ids.ada}/erase`, { now: true })).status, 202)
    await comeDue()
    await work(shop)
    await isOver()
    const left = await searchTables(shop, isAnothers ? [ada.line1] : [ada.email, ada.line1])
    assert.equal(left.length > 0, isAnothers, left.join('\n'))
    assert.deepEqual(await searchTables(shop, ['ada@new.example']), [])
  }

  test('what stands under an address of before goes as well', () => movedAndErased(false))
  test('what stands under an address of before stays where that is another’s by now', () => movedAndErased(true))

  test('after its days it is done, and the address can have another account', async () => {
    await ask('ada', 'DELETE', '/api/auth/me')
    await work(shop)
    const token = secretIn(sent.at(-1)!)
    await comeDue()
    await work(shop)
    await isOver()
    assert.equal((await shop.request({ method: 'POST', url: '/api/auth/me/keep', body: { token } })).status, 403)
    const again = { email: ada.email, password: 'a long enough one' }
    assert.equal((await shop.request({ method: 'POST', url: '/api/auth/register', body: again })).status, 201)
    const signedIn = await shop.request({ method: 'POST', url: '/api/auth/login', body: again })
    assert.notEqual(signedIn.body.user.id, ids.ada)
    const items = (await ask('admin', 'GET', '/api/erasures')).body.items
    assert.deepEqual([items.length, items[0].state, items[0].user], [1, 'done', ids.ada])
    assert.doesNotMatch(JSON.stringify(items), /byron/i)
    assert.equal((await ask('adam', 'GET', '/api/erasures')).body.items?.length ?? 0, 0)
  })

  test('an old proof is not enough, and the last admin stays', async () => {
    assert.equal((await ask('admin', 'DELETE', '/api/auth/me')).body.code, 'last_admin')
    assert.equal((await ask('admin', 'POST', `/api/users/${ids.admin}/erase`, { now: true })).body.code, 'last_admin')
    await shop.write((tx, now) => tx.touchAll(sessions, always, { set: { provenAt: now - limits.freshProofMs - 1 } }))
    await work(shop, limits.sessionRememberedMs + 1)
    assert.equal((await ask('ada', 'DELETE', '/api/auth/me')).body.code, 'proof_needed')
    assert.equal((await ask('admin', 'POST', `/api/users/${ids.ada}/erase`)).body.code, 'proof_needed')
    assert.deepEqual([await only(), (await reader().get(users, ids.ada))!.disabled], [[], false])
  })

  test('an address that nobody has proven takes nothing along that only has the same one', async () => {
    await shop.write(async (tx) => tx.update(users, (await tx.get(users, ids.ada))!, { set: { emailVerified: false } }))
    const body = { email: ada.email, people: [ids.ada, ids.adam], name: 'Guest' }
    const { id } = (await ask('admin', 'POST', '/api/guests', body)).body
    const other = (await ask('admin', 'POST', '/api/guests', { ...body, email: 'x@guest.example', people: [ids.adam] })).body.id
    await ask('admin', 'POST', `/api/users/${ids.ada}/erase`, { now: true })
    await work(shop, limits.erasureQuietMs + 2_000)
    await isOver()
    const found = async (guest: string) => (await ask('admin', 'GET', `/api/guests/${guest}`)).body
    assert.deepEqual([(await found(id)).email, (await found(id)).people, (await found(id)).name], [ada.email, [ids.adam], null])
    assert.deepEqual([(await found(other)).people, (await found(other)).name], [[ids.adam], 'Guest'])
  })

  test('an order that was on its way when the account was closed is met as well', async () => {
    const cart = await ask('ada', 'POST', '/api/carts', {
      lines: [{ variant: shop.ids['free'], quantity: 1 }],
      email: ada.email,
      shippingAddress: { name: ada.name, line1: ada.line1, city: 'Berlin', postalCode: '10115', country: 'DE' },
      shippingMethod: shop.ids['shipping'],
    })
    const headers = { 'cart-token': cart.body.token }
    const [placed, asked] = await Promise.all([
      ask('ada', 'POST', `/api/carts/${cart.body.id}/checkout`, { payment: { provider: 'sandbox', method: 'card_success' } }, headers),
      ask('admin', 'POST', `/api/users/${ids.ada}/erase`, { now: true }),
    ])
    assert.deepEqual([placed.status, asked.status], [201, 202])
    await work(shop, limits.erasureQuietMs + 2_000)
    assert.deepEqual(await only(), ['waiting'])
    await shop.write((tx) => tx.touchAll(orders, always, { set: { placedAt: 1 } }))
    await work(shop, limits.erasureLookMs + 2_000)
    await isOver()
    assert.deepEqual(await searchTables(shop, [ada.email, ada.name, ada.line1]), [])
  })
})

test('what a project has standing before a deletion runs for each, one that fails keeps nobody, and none behind one is told', async () => {
  const tallies = collection('tallies', { fields: { count: field.integer({ default: 0 }) }, access: { read: anyone } })
  const told: string[] = []
  const counted = beforeHook({
    name: 'diaries.count',
    on: diaries,
    action: ['create', 'delete'],
    async run({ action, record, records }) {
      if (action === 'delete' && record.text === 'kept by a hook') throw new Error('No.')
      const all = records(tallies)
      const tally = await all.first()
      const count = (tally?.count ?? 0) + (action === 'create' ? 1 : -1)
      if (tally) await all.update(tally.id, { count })
      else await all.create({ count })
    },
  })
  const behind = afterHook({ name: 'diaries.tell', on: diaries, action: 'delete', run: async ({ record }) => void told.push(record.id) })
  const config = {
    ...erasureConfig,
    collections: [...(erasureConfig.collections as readonly never[]), tallies] as never,
    hooks: [counted, behind],
  }
  const shop = await openWorld({ config })
  try {
    const ids = await addPeople(shop)
    const ask = asker(shop)
    await shop.engine.start()
    const write = async (who: 'ada' | 'adam', text: string) => assert.equal((await ask(who, 'POST', '/api/diaries', { text })).status, 201)
    for (const text of ['one', 'kept by a hook', 'two']) await write('ada', text)
    await write('adam', 'his')
    assert.equal((await ask('admin', 'POST', `/api/users/${ids.ada}/erase`, { now: true })).status, 202)
    await work(shop, limits.erasureQuietMs + 2_000)
    const { reader } = shop.engine.parts.storage
    await eventually('it is over', async () => ((await reader.find(erasures, { limit: 1 }))[0]?.state === 'done' ? true : null))
    await work(shop)
    const texts = (await reader.find(diaries, { limit: 10 })).map(({ text }) => text)
    const [tally] = await reader.find(tallies, { limit: 1 })
    assert.deepEqual([texts, tally?.count, told], [['his'], 2, []])
    const errors = shop.log.filter(({ level }) => level === 'error')
    assert.deepEqual(
      errors.map(({ message }) => message),
      ['A hook failed in an erasure: what it stands before is erased without it.'],
    )
  } finally {
    await shop.close()
  }
})

test('each collection of the engine says what the erasure of a person does to it', () => {
  const { model } = world.engine.parts
  const systems = [...model.collections.values()].filter(({ source }) => source.system)
  const silent = systems.flatMap(({ name, source }) =>
    Object.entries(source.fields)
      .filter(([by, { kind, to, onErase }]) => {
        const namesPeople = (kind.refers !== undefined && to === 'users') || kind.name === 'email' || /^(user|customer|email)$/.test(by)
        return namesPeople && onErase === undefined && source.personal?.by?.[by] === undefined && name !== 'users'
      })
      .map(([by]) => `${name}.${by}`),
  )
  assert.deepEqual(silent, [], 'say onErase at the field, or personal.by at the collection')
})

describe('an export', () => {
  let shop: World
  let ids: Persons
  let ask: ReturnType<typeof asker>
  const blobs = createMemoryBlobs()
  const box = createMailbox()
  before(async () => {
    shop = await openWorld({ ...box, config: erasureConfig, blobs })
    ids = await addPeople(shop)
    ask = asker(shop)
    await shop.engine.start()
    await leaveTraces(shop, ask, 'ada')
    await leaveTraces(shop, ask, 'adam')
    await work(shop)
  })
  after(() => shop.close())
  const isReady = () =>
    eventually('it is ready', async () => {
      await work(shop)
      return (await shop.engine.parts.storage.reader.count(dataExports, eq('state', 'ready'))) === 1 ? true : null
    })
  const content = (who: 'ada' | 'adam' | 'admin', headers = {}) => ask(who, 'GET', '/api/auth/me/export/content', undefined, headers)
  /** Each name, and its text. */
  const unzip = (bytes: Buffer) => [...entriesOf(bytes)].map(([name, one]) => `${name}\n${one}`).join('\n')

  test('holds all of the person and nothing of anybody else, opens nothing, and is read by its owner alone', async () => {
    assert.equal((await ask('ada', 'GET', '/api/auth/me/export')).body.state, 'none')
    const asked = await ask('ada', 'POST', '/api/auth/me/export', undefined, { 'accept-language': 'de' })
    assert.deepEqual([asked.status, asked.body.state, asked.body.url], [202, 'running', null])
    assert.equal((await content('ada')).status, 404)
    await isReady()
    const ready = await ask('ada', 'GET', '/api/auth/me/export')
    assert.deepEqual([ready.body.state, ready.body.url], ['ready', '/api/auth/me/export/content'])
    assert.equal(box.sent.at(-1)!.subject, 'Ihre Daten bei Test shop sind bereit')
    const answer = await content('ada')
    assert.equal(answer.headers['content-type'], 'application/octet-stream')
    assert.equal(answer.bytes.length, ready.body.size)
    const text = unzip(answer.bytes)
    for (const name of ['users', 'sessions', 'orders', 'carts', 'payments', 'emails', 'diaries', 'tickets', 'likes', 'guests'])
      assert.ok(text.includes(`${name}/1.json`), `${name} is in it`)
    for (const one of [ada.email, ada.name, ada.phone, ada.other, `of ${ada.name}`, `scan of ${ada.name}`])
      assert.ok(text.includes(one), one)
    assert.ok(!text.includes(adam.email) && !text.includes(adam.line1))
    assert.doesNotMatch(text, /Hash|kps_|"secret"/)
    assert.equal((await content('ada', { range: 'bytes=0-3' })).text, 'PK\x03\x04')
    for (const who of ['adam', 'admin'] as const) assert.equal((await content(who)).status, 404)
    await shop.write((tx, now) => tx.touchAll(sessions, eq('user', ids.ada), { set: { provenAt: now - limits.freshProofMs - 1 } }))
    await work(shop, limits.sessionRememberedMs + 1)
    assert.equal((await content('ada')).body.code, 'proof_needed')
    await shop.write((tx, now) => tx.touchAll(sessions, eq('user', ids.ada), { set: { provenAt: now } }))
    await work(shop, limits.sessionRememberedMs + 1)
  })

  test('one that a newer one replaces while it is opened is not there, and nothing is broken', async () => {
    const { read } = blobs
    Object.assign(blobs, {
      async read() {
        Object.assign(blobs, { read })
        await ask('ada', 'POST', '/api/auth/me/export')
        return null
      },
    })
    const answer = await content('ada')
    assert.deepEqual([answer.status, answer.body.code], [404, 'not_found'])
    await isReady()
    assert.equal((await content('ada')).status, 200)
  })

  test('a process that dies at any piece leaves one that is taken up there', async () => {
    const whole = unzip((await content('ada')).bytes)
    await ask('ada', 'POST', '/api/auth/me/export')
    await isReady()
    const again = unzip((await content('ada')).bytes)
    assert.equal(again.match(/\.json$/gm)!.length, whole.match(/\.json$/gm)!.length)
    // The attempt of before was cut off behind some pieces: the next one has their row, and goes on.
    for (const pieces of [1, 4]) {
      await shop.write(async (tx) => {
        const [row] = await tx.find(dataExports, { where: eq('user', ids.ada), limit: 1 })
        const parts = row!.parts.slice(0, pieces)
        const size = sizeOf(parts)
        const entries = row!.entries.filter(({ offset }) => offset < size)
        // Each step of those so far had one page.
        await tx.touch(dataExports, row!.id, { set: { state: 'running', parts, entries, step: pieces, after: null, expiresAt: null } })
        await tx.touchAll(effects, eq('kind', 'personal.export'), { set: { state: 'ready', dueAt: 0 } })
      })
      await isReady()
      unzip((await content('ada')).bytes)
    }
  })

  test('an admin has one made, which its owner alone gets; it goes when its time is over, and with its owner', async () => {
    const asked = await ask('admin', 'POST', `/api/users/${ids.ada}/export`)
    assert.deepEqual([asked.status, asked.body.url], [202, null])
    await isReady()
    assert.deepEqual(await verifyFiles(shop, blobs), [])
    assert.equal((await content('ada')).status, 200)
    await shop.write((tx) => tx.touchAll(dataExports, always, { set: { expiresAt: 1 } }))
    assert.equal((await content('ada')).status, 404)
    await work(shop, 3_600_000 + 2_000)
    assert.equal(await shop.engine.parts.storage.reader.count(dataExports), 0)
    await shop.write((tx, now) => tx.touchAll(sessions, always, { set: { provenAt: now } }))
    await work(shop, limits.sessionRememberedMs + 1)
    assert.equal((await ask('admin', 'POST', `/api/users/${ids.ada}/export`)).status, 202)
    await isReady()
    await shop.write((tx) => tx.touchAll(orders, always, { set: { placedAt: 1 } }))
    assert.equal((await ask('admin', 'POST', `/api/users/${ids.ada}/erase`, { now: true })).status, 202)
    await work(shop, limits.erasureQuietMs + 2_000)
    await work(shop, limits.effectLeaseMs + 2_000)
    assert.equal(await shop.engine.parts.storage.reader.count(dataExports), 0)
    assert.deepEqual(await verifyFiles(shop, blobs), [])
    const left: Buffer[] = []
    for await (const key of blobs.keys()) for await (const part of (await blobs.read(key))!) left.push(Buffer.from(part as Uint8Array))
    assert.deepEqual(foundIn('blobs', Buffer.concat(left), [ada.name, ada.email]), [])
  })
})
