// What staff do with letters: whose they are, what is written down about them, answers that they have ready, what nobody could read; and what
// code of a project is told. The world has one order, and its owner writes.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { after as afterAll, before as beforeAll, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { eq } from '../../src/contract/filter.ts'
import { users } from '../../src/domains/accounts/collections.ts'
import { type Email, emails } from '../../src/domains/emails/collections.ts'
import { type EmailThread, emailThreads } from '../../src/domains/emails/threads.ts'
import { inboundMails, inboundPieces } from '../../src/domains/inbound/collections.ts'
import { threadNotes } from '../../src/domains/inbound/thread-notes.ts'
import { effects } from '../../src/effects/effect.ts'
import { after, before, collection, command, defineErrors, defineMail, field, emails as letters, staff, Type } from '../../src/index.ts'
import { inboundInvariants } from '../../src/observe/invariants/inbound.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { checkOut, fillCart, openWorld, testConfig, type World } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'

const tickets = collection('tickets', {
  prefix: 'tic',
  fields: { letter: field.text({ required: true, unique: true }), words: field.text(), about: field.text() },
})
let told: { readonly hidden: readonly string[]; readonly thread: string }[] = []
const open = after({
  name: 'tickets.open',
  on: 'email.received',
  run: ({ email, thread }) =>
    void told.push({ hidden: Object.keys(email).filter((name) => name === 'secret' || name === 'html'), thread: thread.id }),
  async settle({ email, thread, records }) {
    await records(tickets).create({ letter: email.id, words: email.reply, about: thread.record })
  },
})
/** As somebody writes it who thinks of no other program. */
const acknowledgment = defineMail('acknowledgment', {
  data: Type.Object({}, { additionalProperties: false }),
  subject: 'Acknowledge',
  text: 'We have got your letter.',
})
const acknowledged: boolean[] = []
const acknowledge = before({
  name: 'letters.acknowledge',
  on: 'email.received',
  async run({ email, thread, mail }) {
    if (email.subject === 'Acknowledge') acknowledged.push(await mail.send(acknowledgment, { to: thread.address, data: {} }))
  },
})
const acknowledgeLater = after({
  name: 'letters.acknowledgeLater',
  on: 'email.received',
  run: () => {},
  async settle({ email, mail }) {
    if (email.subject === 'Acknowledge later') acknowledged.push(await mail.send(acknowledgment, { to: email.from, data: {} }))
  },
})
const errors = defineErrors({ shut: { status: 422, message: 'Nobody is there.' } })
let isShut = false
const answered: boolean[] = []
const takeTicket = command({
  name: 'tickets.take',
  route: 'POST /api/tickets/take',
  summary: 'A letter that was sent to the tickets',
  input: Type.Object({ email: Type.String(), part: Type.Optional(Type.String()) }, { additionalProperties: false }),
  output: Type.Object({ ticket: Type.String() }),
  errors: [errors.shut],
  access: staff,
  async run({ input: { email, part }, records, mail }) {
    const letter = await records(letters).get(email)
    if (letter!.subject === 'Answer') answered.push(await mail.send(acknowledgment, { to: letter!.from, data: {} }))
    const { id } = await records(tickets).create({ letter: `taken ${email}`, words: letter!.reply, about: part ?? null })
    // What was written before is not written where it ends so.
    if (isShut) throw errors.shut()
    return { output: { ticket: id } }
  },
})
const config = {
  ...testConfig,
  collections: [...testConfig.collections!, tickets],
  operations: [takeTicket],
  hooks: [open, acknowledge, acknowledgeLater],
  mails: [acknowledgment],
  mail: {
    inbound: {
      domain: 'in.shop.test',
      addresses: ['help'],
      routes: [
        { to: 'Tickets', operation: 'tickets.take' },
        { to: 'order-*', record: { collection: 'orders', field: 'number' } },
        { to: '*', operation: 'tickets.take' },
      ],
    },
  },
}
let world: World
let order: { readonly id: string; readonly number: string }
let receipt: Email

beforeAll(async () => {
  world = await openWorld({ config })
  await world.engine.start()
  const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 1 }])
  const body = { email: 'ann@mail.example' }
  await world.call('guest', { method: 'PATCH', url: `/api/carts/${cart.id}`, headers: cart.headers, body })
  order = (await checkOut(world, 'guest', cart, 'card_success')).body.order
  receipt = await eventually('there is a receipt', async () => {
    await world.clock.advance(1_000)
    return (await read().find(emails, { where: eq('template', 'order_receipt'), limit: 1 }))[0]
  })
})
afterAll(async () => {
  const { storage, model } = world.engine.parts
  const { reader, commitsAfter } = storage
  const wrong = await verifyDatabase({ read: reader, commitsAfter, model, now: world.clock.now(), groups: [inboundInvariants] })
  await world.close()
  assert.deepEqual(
    wrong.filter(({ invariant }) => invariant !== 'commits.readable'),
    [],
  )
})

const read = () => world.engine.parts.storage.reader
const threadOf = async ({ thread }: Email): Promise<EmailThread> => (await read().get(emailThreads, thread!))!
const ask = (method: string, url: string, body?: object, headers: Record<string, string> = {}) =>
  world.call('staff', { method, url: `/api${url}`, headers, ...(body && { body }) })

let count = 0
/** What arrives and is read. */
async function take(lines: readonly string[], recipients: readonly string[] = ['help@in.shop.test']): Promise<Email> {
  count++
  const raw = Buffer.from([`Message-ID: <${count}@mail.example>`, ...lines].join('\r\n'))
  const { id } = await world.engine.receiveMail(raw, {
    door: 'smtp',
    from: 'ann@mail.example',
    recipients,
    remoteAddress: null,
    helo: null,
    isEncrypted: false,
  })
  return await eventually('it is read', async () => (await read().find(emails, { where: eq('inbound', id), limit: 1 }))[0])
}
const ann = ['From: Ann Lee <ann@mail.example>', 'Subject: Wrapping']

describe('a conversation', () => {
  test('is open until it is answered, then waits; is closed, and opened again by the next letter', async () => {
    const letter = await take([...ann, '', 'Could you wrap it?'])
    const first = await threadOf(letter)
    assert.deepEqual([first.status, first.isUnread, first.isVerified, first.name], ['open', true, false, 'Ann Lee'])
    assert.equal((await ask('PATCH', `/emailThreads/${first.id}`, { isUnread: false })).body.isUnread, false)
    assert.equal((await ask('POST', `/emailThreads/${first.id}/reply`, { text: 'Yes.' })).status, 201)
    assert.equal((await threadOf(letter)).status, 'waiting')
    assert.equal((await ask('PATCH', `/emailThreads/${first.id}`, { status: 'closed' })).body.status, 'closed')
    const next = await take([...ann, 'In-Reply-To: <1@mail.example>', '', 'Thanks.'])
    const now = await threadOf(next)
    assert.deepEqual([now.id, now.status, now.isUnread], [first.id, 'open', true])
    // Whoever else answers a mail of ours gives its owner no name.
    const eve = await take(['From: Eve <eve@other.example>', `In-Reply-To: ${receipt.messageId}`, '', 'To me, please.'])
    const { address, name, isVerified } = await threadOf(eve)
    assert.deepEqual([address, name, isVerified], ['ann@mail.example', null, false])
    for (const [filter, found] of [
      ['status]=open', 1],
      ['isUnread]=true', 1],
      ['assignee][null]=true', 1],
      ['isVerified]=true', 0],
    ] as const)
      assert.equal((await ask('GET', `/emailThreads?filter[${filter}&filter[id]=${first.id}`)).body.items.length, found, filter)
  })

  test('two of the staff do not answer at once: what one has not seen stops their answer', async () => {
    const letter = await take([...ann, '', 'Is it red?'])
    const seen = await ask('GET', `/emailThreads/${letter.thread}`)
    const match = { 'if-match': String(seen.headers['etag']) }
    assert.equal((await ask('POST', `/emailThreads/${letter.thread}/reply`, { text: 'Yes.' }, match)).status, 201)
    for (const [method, url, body] of [
      ['POST', '/reply', { text: 'No.' }],
      ['PATCH', '', { status: 'closed' }],
    ] as const)
      assert.equal((await ask(method, `/emailThreads/${letter.thread}${url}`, body, match)).status, 412)
    assert.equal((await read().find(emails, { where: eq('thread', letter.thread!), limit: 10 })).length, 2)
  })

  test('its notes are for staff, and no mail', async () => {
    const { thread } = await take([...ann, '', 'Is it blue?'])
    const mails = async () => (await read().find(emails, { where: eq('direction', 'out'), limit: 200 })).length
    const before = await mails()
    const note = await ask('POST', `/emailThreads/${thread}/notes`, { text: 'She has called, too.' })
    assert.deepEqual([note.status, note.body.author, note.body.text], [201, world.ids['staff'], 'She has called, too.'])
    assert.equal(await mails(), before)
    assert.equal((await ask('GET', `/threadNotes?filter[thread]=${thread}`)).body.items.length, 1)
    for (const as of ['guest', 'owner', 'other'] as const)
      assert.ok([401, 403, 404].includes((await world.call(as, { method: 'GET', url: `/api/threadNotes/${note.body.id}` })).status), as)
    assert.equal((await ask('POST', '/emailThreads/eth_nothing/notes', { text: 'x' })).status, 404)
    for (const text of ['', ' ', '\u202e', 'x'.repeat(2_001)])
      assert.equal((await ask('POST', `/emailThreads/${thread}/notes`, { text })).status, 400)
  })

  test('is put to a record that staff may see, and taken away from it; what a receipt is of stays', async () => {
    const letter = await take([...ann, '', 'About my order'])
    const url = `/emailThreads/${letter.thread}`
    for (const record of ['ord_00000000000000000000000000', 'order', 'inp_00000000000000000000000000', '']) {
      const refused = await ask('PATCH', url, { record })
      assert.deepEqual([refused.status, refused.body.errors?.[0]?.path], [400, '/record'], record)
    }
    const put = await ask('PATCH', url, { record: order.id })
    assert.deepEqual([put.status, put.body.record], [200, order.id], put.text)
    assert.equal((await read().get(emails, letter.id))!.record, order.id)
    const answer = await ask('POST', `${url}/reply`, { text: 'Yes.' })
    assert.equal(answer.body.record, order.id)
    // What is written about the same order and by the same address is there, too.
    const other = await take([...ann, `In-Reply-To: ${receipt.messageId}`, '', 'And this?'])
    assert.notEqual(other.thread, letter.thread)
    // A mail of ours is gone on with where it was answered first; both are of the order, and stay two.
    assert.equal((await threadOf(other)).record, order.id)
    assert.equal((await ask('PATCH', url, { record: null })).body.record, null)
    assert.deepEqual(await Promise.all([letter.id, answer.body.id, receipt.id].map(async (id) => (await read().get(emails, id))!.record)), [
      null,
      null,
      order.id,
    ])
    // The first one of a record and an address is the one that is gone on with.
    const keys = async () => (await Promise.all([letter, other].map(threadOf))).map(({ key }) => key)
    for (const { thread } of [letter, other])
      assert.equal((await ask('PATCH', `/emailThreads/${thread}`, { record: world.ids['owner'] })).status, 200)
    assert.deepEqual(await keys(), [`${world.ids['owner']}:ann@mail.example`, `letter:${other.thread}`])
  })
})

describe('a saved reply', () => {
  const save = (text: string) => ask('POST', '/savedReplies', { title: text.split('\n')[0], text })

  test('is filled with what the conversation and its record say, once, and looked at before it is sent', async () => {
    const { thread } = await take(['From: "{{record.id}} Lee" <ann@mail.example>', 'Subject: Where?', '', 'Where is it?'])
    const saved = await save('Dear {{name}},\nyour order {{record.number}} over {{ record.total }} of {{record.placedAt}}.\n{{shop}}')
    assert.equal(saved.status, 201, saved.text)
    const filled = () => ask('GET', `/emailThreads/${thread}/savedReplies/${saved.body.id}`)
    assert.deepEqual((await filled()).body.missing, ['record.number', 'record.total', 'record.placedAt'])
    // Nobody is sent the braces.
    const refused = await ask('POST', `/emailThreads/${thread}/reply`, { savedReply: saved.body.id })
    assert.deepEqual([refused.status, refused.body.errors[0].path], [400, '/savedReply'])
    await ask('PATCH', `/emailThreads/${thread}`, { record: order.id })
    const { body } = await filled()
    assert.deepEqual(body.missing, [])
    assert.match(
      body.text,
      new RegExp(`^Dear \\{\\{record.id\\}\\} Lee,\nyour order ${order.number} over [\\d.]+ EUR of 24 November 2026\\.\n`),
    )
    const sent = await ask('POST', `/emailThreads/${thread}/reply`, { savedReply: saved.body.id, status: 'closed' })
    assert.deepEqual([sent.status, sent.body.text], [201, body.text])
  })

  test('shows nothing that staff may not read, and holds no place that there is not', async () => {
    const { thread } = await take([...ann, '', 'The token, please'])
    await ask('PATCH', `/emailThreads/${thread}`, { record: order.id })
    const hidden = await save('{{record.tokenHash}} {{record.constructor}} {{record.lines.length}} {{record.number.length}}')
    const { missing } = (await ask('GET', `/emailThreads/${thread}/savedReplies/${hidden.body.id}`)).body
    assert.deepEqual(missing, ['record.tokenHash', 'record.constructor', 'record.lines.length', 'record.number.length'])
    for (const text of ['{{#record}}x{{/record}}', '{{nothing}}', '{{{name}}}', 'a }} b', '{{ name', '{{record}}'])
      assert.deepEqual([(await save(text)).status, text], [400, text])
    for (const body of [{}, { text: 'x', savedReply: hidden.body.id }, { savedReply: 'srep_nothing' }])
      assert.equal((await ask('POST', `/emailThreads/${thread}/reply`, body)).status, 400)
    assert.equal((await ask('PATCH', `/savedReplies/${hidden.body.id}`, { text: '{{oh}}' })).status, 400)
  })
})

describe('what could not be read', () => {
  const arrive = async (): Promise<string> => {
    count++
    const deep = Array.from({ length: 300 }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`).join('')
    const envelope = {
      door: 'smtp',
      from: null,
      recipients: ['help@in.shop.test'],
      remoteAddress: null,
      helo: null,
      isEncrypted: false,
    } as const
    const { id } = await world.engine.receiveMail(Buffer.from(`X: ${count}\r\n${deep}`), envelope)
    await quarantined(id)
    return id
  }
  const stateOf = async (id: string) => (await read().get(inboundMails, id))?.state
  const quarantined = async (id: string) =>
    await eventually('it is quarantined', async () => {
      await world.clock.advance(5_000)
      return (await stateOf(id)) === 'quarantined' ? true : null
    })

  test('is read again, and thrown away with its bytes', async () => {
    const id = await arrive()
    assert.deepEqual((await ask('POST', `/inboundMails/${id}/read`)).body, { id, state: 'received' })
    await quarantined(id)
    // Its effect was forgotten.
    await world.write(async (tx) => void (await tx.forget(effects, eq('key', `email.parse:${id}`))))
    assert.equal((await ask('POST', `/inboundMails/${id}/read`)).status, 200)
    await quarantined(id)
    assert.equal((await ask('DELETE', `/inboundMails/${id}`)).status, 204)
    assert.deepEqual([await stateOf(id), await read().find(inboundPieces, { where: eq('mail', id), limit: 1 })], [undefined, []])
    assert.equal((await ask('DELETE', `/inboundMails/${id}`)).status, 404)
  })

  test('what was read is neither', async () => {
    const { inbound } = await take([...ann, '', 'Fine'])
    assert.equal((await ask('DELETE', `/inboundMails/${inbound}`)).status, 409)
    assert.equal((await ask('POST', `/inboundMails/${inbound}/read`)).status, 409)
  })
})

describe('a route', () => {
  const taken = async ({ id }: Email) => {
    const found = await read().find(tickets, { where: eq('letter', `taken ${id}`), limit: 2 })
    return found.map(({ words, about }) => [words, about])
  }
  const owed = async ({ inbound }: Email) =>
    await read().find(effects, { where: eq('key', `email.route.tickets.take:${inbound}`), limit: 2 })
  const until = async (what: string, is: () => Promise<boolean>) =>
    await eventually(what, async () => {
      await world.clock.advance(1_000)
      return (await is()) ? true : null
    })

  test('has an operation take each letter once, however many addresses lead to it and however it came', async () => {
    const twice = await take([...ann, '', 'A ticket'], ['TICKETS@in.shop.test', 'other@in.shop.test', 'tickets+a@in.shop.test'])
    await until('it is taken', async () => (await taken(twice)).length > 0)
    assert.deepEqual(await taken(twice), [['A ticket', null]])
    const part = await take([...ann, '', 'And one more'], ['Other.One@in.shop.test'])
    await until('it is taken', async () => (await taken(part)).length > 0)
    assert.deepEqual(await taken(part), [['And one more', 'Other.One']])
    assert.equal((await owed(part))[0]!.state, 'done')
    // What looks like an address that we have signed, and is none.
    for (const to of ['reply+a00000000000000000000000000', 'bounce-x']) {
      const forged = await take([...ann, '', `To ${to}`], [`${to}@in.shop.test`])
      assert.deepEqual(await owed(forged), [])
    }
    const known = await Promise.all(
      ['tickets', 'order-1', 'whatever', 'reply+a0', 'order-1@elsewhere.example'].map((to) =>
        world.engine.isMailTaken(to.includes('@') ? to : `${to}@in.shop.test`),
      ),
    )
    assert.deepEqual(known, [true, true, true, false, false])
    // A program's letter is taken, and not answered.
    for (const head of ['Auto-Submitted: auto-replied', 'X-Mailer: hers']) {
      const letter = await take(['From: ann@mail.example', 'Subject: Answer', head, '', head], ['tickets@in.shop.test'])
      await until('it is taken', async () => (await taken(letter)).length > 0)
    }
    assert.deepEqual(answered, [false, true])
  })

  test('whose operation refuses has written nothing, waits for staff with the reason, and is done once they have it tried again', async () => {
    isShut = true
    const letter = await take([...ann, '', 'Is anybody there?'], ['tickets@in.shop.test'])
    const state = async () => (await owed(letter))[0]!
    await eventually('it was given up', async () => {
      await world.clock.advance(3_600_000)
      return (await state()).state === 'dead' ? true : null
    })
    assert.deepEqual([await taken(letter), (await state()).record], [[], letter.id])
    assert.match((await state()).lastError!, /Nobody is there/)
    isShut = false
    assert.equal((await ask('POST', `/effects/${(await state()).id}/retry`)).status, 200)
    await until('it is taken', async () => (await taken(letter)).length > 0)
    assert.deepEqual(await taken(letter), [['Is anybody there?', null]])
  })

  test('leads to a record by what stands in the address, in any case, and by no subject', async () => {
    const to = (number: string) => `Order-${number}@in.shop.test`
    const bea = ['From: Bea <bea@mail.example>', `Subject: Order ${order.number}`]
    const there = await take([...bea, '', 'About it'], [to(order.number.toLowerCase())])
    assert.deepEqual([there.record, there.isVerified], [order.id, false])
    const { address, status } = await threadOf(there)
    assert.deepEqual([address, status], ['bea@mail.example', 'open'])
    const next = await take([...bea, '', 'And this'], ['help@in.shop.test', to(order.number)])
    assert.equal(next.thread, there.thread)
    for (const other of [`${order.number}x`, '%', "' or 1=1 --", 'order'])
      assert.equal((await take([...bea, '', `About ${other}`], [to(other)])).record, null, other)
    // An answer to a mail of ours stays where that is.
    const answered = await take([...ann, `In-Reply-To: ${receipt.messageId}`, '', 'Here'], [to('none')])
    assert.equal(answered.thread, (await read().get(emails, receipt.id))!.thread)
  })
})

test('a customer reads their letters at the order, and nobody does who has but its secret', async () => {
  const cart = await fillCart(world, 'owner', [{ variant: 'variant', quantity: 1 }])
  const { id, number } = (await checkOut(world, 'owner', cart, 'card_success')).body.order
  const to = [`order-${number}@in.shop.test`]
  const own = await take(['From: owner@example.com', 'Subject: Mine', '', 'Is it red?', '', '> It is yours.'], to)
  const eve = await take(['From: eve@other.example', 'Subject: Not mine', '', 'Where is theirs?'], to)
  // So that it is known which was written first.
  await world.clock.advance(1)
  for (const { thread } of [own, eve]) {
    assert.equal((await ask('POST', `/emailThreads/${thread}/notes`, { text: 'A difficult one.' })).status, 201)
    assert.equal((await ask('POST', `/emailThreads/${thread}/reply`, { text: `To ${thread}` })).status, 201)
  }
  const url = `/api/orders/${id}/letters`
  const seen = async (as: 'owner' | 'staff') => {
    const answer = await world.call(as, { method: 'GET', url })
    return answer.body.items.map(({ direction, text }: { direction: string; text: string }) => `${direction} ${text}`)
  }
  const verify = (emailVerified: boolean) =>
    world.write(async (tx) => void (await tx.update(users, (await tx.get(users, world.ids['owner']!))!, { set: { emailVerified } })))
  await verify(false)
  assert.deepEqual(await seen('owner'), [])
  await verify(true)
  // It is not sure that they wrote it.
  assert.deepEqual(await seen('owner'), [`out To ${own.thread}`])
  await world.write((tx) => tx.touchOrFail(emails, own.id, { set: { isVerified: true } }))
  assert.deepEqual(await seen('owner'), ['in Is it red?', `out To ${own.thread}`])
  assert.deepEqual((await seen('staff')).length, 4)
  const guests = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 1 }])
  await world.call('guest', {
    method: 'PATCH',
    url: `/api/carts/${guests.id}`,
    headers: guests.headers,
    body: { email: 'ann@mail.example' },
  })
  const theirs = (await checkOut(world, 'guest', guests, 'card_success')).body.order
  const letter = await take([...ann, '', 'Mine, too'], [`order-${theirs.number}@in.shop.test`])
  await world.write((tx) => tx.touchOrFail(emails, letter.id, { set: { isVerified: true } }))
  const answer = await world.call('guest', { method: 'GET', url: `/api/orders/${theirs.id}/letters`, headers: guests.headers })
  assert.deepEqual([answer.status, answer.body], [200, { items: [] }])
})

test('code of a project is told of each letter once, without what nobody may read', async () => {
  told = []
  const letter = await take([...ann, '', 'Tell them'])
  const own = await eventually('it has a ticket', async () => {
    const found = await read().find(tickets, { where: eq('letter', letter.id), limit: 2 })
    return found.length > 0 ? found : null
  })
  // What was told of letters of before may come meanwhile.
  assert.deepEqual(
    told.filter(({ thread }) => thread === letter.thread),
    [{ hidden: [], thread: letter.thread }],
  )
  assert.deepEqual(
    own.map(({ words, about }) => [words, about]),
    [['Tell them', null]],
  )
  assert.ok((await ask('GET', '/schema')).body.events.includes('email.received'))
  assert.equal((await read().find(threadNotes, { where: eq('thread', letter.thread!), limit: 1 })).length, 0)
})

test('code of a project that answers letters answers nothing that a program wrote, and nobody without an end', async () => {
  const from = (name: string) => `From: ${name}@peer.example`
  const automatic = 'Auto-Submitted: auto-replied'
  await take([from('robot'), automatic, 'Subject: Acknowledge', '', 'You are answered.'])
  assert.deepEqual(acknowledged, [false])
  await take([from('robot'), automatic, 'Subject: Acknowledge later', '', 'You are answered.'])
  await eventually('the hook has run', async () => {
    await world.clock.advance(100)
    return acknowledged[1]
  })
  // One that does not say what it is, and has another address for each letter.
  for (let round = 0; round < limits.strangerMailsAtOnce + 1; round++)
    await take([from(`bot+${round}`), 'Subject: Acknowledge', '', 'Thanks.'])
  assert.deepEqual(acknowledged, [false, false, ...Array.from({ length: limits.strangerMailsAtOnce }, () => true), false])
  await take([from('eve'), 'Subject: Acknowledge', '', 'A person'])
  assert.equal(acknowledged.at(-1), true)
  const sent = await read().find(emails, { where: eq('template', 'acknowledgment'), limit: 20 })
  assert.equal(sent.filter(({ to }) => to.endsWith('@peer.example')).length, limits.strangerMailsAtOnce + 1)
})
