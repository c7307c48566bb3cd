// Mailboxes of others, read by IMAP from a real Dovecot and from servers that lie: each message is taken once, none is lost and none stops those behind it.
// databases: sqlite, postgres
// ci
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { ImapFlow } from 'imapflow'
import { systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { eq } from '../../src/contract/filter.ts'
import { type Email, emails } from '../../src/domains/emails/collections.ts'
import { emailThreads } from '../../src/domains/emails/threads.ts'
import type { MailTransport, Message } from '../../src/domains/emails/transport.ts'
import { type InboundMail, type InboundMailbox, inboundMailboxes, inboundMails } from '../../src/domains/inbound/collections.ts'
import { type MailboxPlace, openMailbox, withoutSecrets } from '../../src/domains/inbound/mailbox-client.ts'
import { createMailboxPoller, type MailboxPoller, type MailboxPollerOptions } from '../../src/domains/inbound/poll-mailbox.ts'
import { rawOf } from '../../src/domains/inbound/receive-mail.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { checkOut, fillCart, openWorld, testConfig, type World } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'
import { lyingImap } from '../support/lying-imap.ts'
import { type Dovecot, mailPassword, skipsDovecot, startDovecot } from '../support/servers/dovecot.ts'

const config = { ...testConfig, mail: { inbound: { domain: 'in.shop.test', addresses: ['help'] } } }
const skip = skipsDovecot()
let dovecot: Dovecot
let world: World
let pollers: MailboxPoller[]
let user: string
let users = 0
const nameOf = (number: number) => `box${number}@shop.test`

before(async () => {
  if (skip !== false) return
  dovecot = await startDovecot()
  // All of them now: it looks for new ones once in a second.
  for (let number = 1; number <= 20; number++) dovecot.addUser(nameOf(number))
})
after(async () => await dovecot?.stop())
beforeEach(async () => {
  world = await openWorld({ config })
  await world.engine.start()
  pollers = []
  user = nameOf(++users)
})
afterEach(async () => {
  for (const poller of pollers) await poller.stop()
  await world.close()
})

async function reopen(mail: MailTransport): Promise<void> {
  await world.close()
  world = await openWorld({ config, mail })
  await world.engine.start()
}

type Reading = Partial<MailboxPlace> & Pick<Partial<MailboxPollerOptions>, 'since' | 'pauses' | 'open' | 'receive' | 'clock'>

function read({
  since = 'all',
  pauses = {},
  open = openMailbox,
  receive = world.engine.receiveMail,
  clock = systemClock,
  ...place
}: Reading = {}): MailboxPoller {
  const poller = createMailboxPoller({
    place: { ...home(), ...place },
    ...{ since, domain: 'in.shop.test', open, receive, parts: world.engine.parts, clock },
    log: { write: (level, message, fields) => void world.log.push({ level, message, fields }) },
    pauses: { pauseMs: 20, refusedMs: 20, renewMs: 50, ...pauses },
  })
  pollers.push(poller)
  poller.start()
  return poller
}

function home(): MailboxPlace {
  const { imapPort: port } = dovecot ?? { imapPort: 0 }
  return { host: '127.0.0.1', port, tls: 'none', user, password: mailPassword, folder: 'INBOX', settling: { to: 'seen' } }
}

const reader = () => world.engine.parts.storage.reader
const arrived = async (): Promise<InboundMail[]> => await reader().find(inboundMails, { limit: 200 })
const letters = async (): Promise<Email[]> => await reader().find(emails, { where: eq('direction', 'in'), limit: 200 })
const row = async (): Promise<InboundMailbox> => (await reader().find(inboundMailboxes, { limit: 2 }))[0]!
const readTo = async (uid: number): Promise<InboundMailbox> =>
  await eventually(`all up to ${uid} is read`, async () => {
    const found = await row()
    return found?.state === 'waiting' && found.lastUid >= uid ? found : null
  })

const letter = (subject: string, head: readonly string[] = [], body = 'Where is it?') =>
  [`Return-Path: <ann@mail.example>`, `Delivered-To: ${user}`, 'From: Ann Lee <ann@mail.example>', `To: ${user}`, `Subject: ${subject}`]
    .concat([`Message-ID: <${subject.replaceAll(' ', '.')}@mail.example>`, ...head, '', body, ''])
    .join('\r\n')

/** What somebody with a mail program does. */
async function asOwner<T>(work: (client: ImapFlow) => Promise<T>): Promise<T> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: dovecot.imapPort,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass: mailPassword },
    logger: false,
  })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.logout()
  }
}

describe('a mailbox at Dovecot', { skip }, () => {
  test('is read whole, and then each message as it comes; they are marked as read once they are stored', async () => {
    dovecot.store(user, letter('one'))
    dovecot.store(user, letter('two'))
    read()
    await readTo(2)
    const [first] = (await arrived()).toSorted((a, b) => a.place!.localeCompare(b.place!))
    assert.deepEqual([first!.door, first!.from, first!.recipients], ['imap', 'ann@mail.example', [user]])
    assert.equal(String(await rawOf(reader(), first!)), letter('one'))
    // It tells us: the next look would be in two minutes.
    dovecot.store(user, letter('three'))
    const { taken, waiting, leftThere } = await readTo(3)
    assert.deepEqual([taken, waiting, leftThere], [3, 0, 0])
    const subjects = await eventually('all are letters', async () => {
      const all = (await letters()).map(({ subject }) => subject).toSorted()
      return all.length === 3 ? all : null
    })
    assert.deepEqual(subjects, ['one', 'three', 'two'])
    const seen = await asOwner(async (client) => {
      await client.mailboxOpen('INBOX', { readOnly: true })
      return (await client.search({ seen: true }, { uid: true })) || []
    })
    assert.deepEqual(seen, [1, 2, 3])
  })

  test('leads an answer to its order by what the delivery noted, though subject and references are gone', async () => {
    const sent: Message[] = []
    await reopen({
      send: async (message) => {
        sent.push(message)
        return { status: 'accepted', reply: '250 ok' }
      },
      close: async () => {},
    })
    await checkOut(world, 'guest', await fillCart(world, 'guest'))
    await world.clock.advance(1_500)
    const { replyTo, to } = await eventually('the receipt', async () => sent.find((one) => one.replyTo?.startsWith('reply+')) ?? null)
    const [order] = await reader().find(orders, { limit: 2 })
    dovecot.store(user, `Delivered-To: ${replyTo}\r\nFrom: ${to}\r\nTo: Shop <shop@else.example>\r\n\r\nHurry, please.\r\n`)
    read()
    await readTo(1)
    const thread = await eventually('its thread', async () => (await reader().find(emailThreads, { limit: 2 }))[0] ?? null)
    assert.equal(thread.record, order!.id)
  })

  test('is read from the first look on, or from a day on, or whole; and a moved letter is taken whatever its date', async () => {
    const old = letter('old')
    dovecot.store(user, old)
    read({ since: 'first look' })
    await eventually('the first look', async () => ((await row())?.state === 'waiting' ? true : null))
    await asOwner(async (client) => void (await client.append('INBOX', letter('long ago'), [], new Date('2001-01-01'))))
    await readTo(2)
    assert.deepEqual((await arrived()).length, 1)
    user = nameOf(++users)
    await asOwner(async (client) => {
      for (const day of ['2026-10-30', '2026-10-31T23:59:59Z', '2026-11-01T00:00:00Z', '2026-11-02'])
        await client.append('INBOX', letter(day), [], new Date(day))
    })
    read({ since: Date.parse('2026-11-01') })
    const two = await eventually('both of November', async () => ((await arrived()).length === 3 ? await arrived() : null))
    assert.equal(two.filter(({ place }) => /:[34]$/.test(place!)).length, 2)
  })

  test('has what was taken moved, and is read again without doubles when its server makes it anew', async () => {
    for (const subject of ['one', 'two']) dovecot.store(user, letter(subject))
    await asOwner(async (client) => void (await client.mailboxCreate('Done')))
    const poller = read({ settling: { to: 'folder', folder: 'Done' } })
    await readTo(2)
    await poller.stop()
    const left = await asOwner(async (client) => await client.status('INBOX', { messages: true }))
    assert.deepEqual([(left || undefined)?.messages, dovecot.messages(user, 'Done').length], [0, 2])
    // The same letters under other numbers, with one that is new.
    await asOwner(async (client) => {
      await client.mailboxRename('Done', 'Again')
      await client.mailboxOpen('Again')
      await client.messageCopy('1:*', 'INBOX')
      await client.append('INBOX', letter('three'))
    })
    const before = await row()
    await world.write(async (tx) => void (await tx.touch(inboundMailboxes, before.id, { set: { uidValidity: '1' } })))
    read({ settling: { to: 'nothing' } })
    const after = await eventually('the third', async () => ((await arrived()).length === 3 ? await row() : null))
    assert.notEqual(after.uidValidity, '1')
    assert.ok(world.log.some(({ message }) => message.includes('made anew')))
  })

  test('whose password or folder is wrong says so, tries again, and is read once it is mended', async () => {
    dovecot.store(user, letter('one'))
    const failing = async (pattern: RegExp) =>
      await eventually(String(pattern), async () => {
        const { state, lastError, failingSince } = await row()
        return state === 'failing' && pattern.test(lastError!) && failingSince !== null ? lastError : null
      })
    const wrong = read({ password: 'not this one' })
    assert.ok(!(await failing(/^127\.0\.0\.1 refuses box/))!.includes('not this one'))
    await wrong.stop()
    const nowhere = read({ folder: 'Nowhere' })
    await eventually('no folder', async () =>
      (await reader().find(inboundMailboxes, { where: eq('name', nowhere.name), limit: 2 }))[0]?.lastError?.includes(
        'has no folder Nowhere',
      )
        ? true
        : null,
    )
    await nowhere.stop()
    const away = read({ port: 1 })
    await eventually('nobody there', async () =>
      world.log.some(({ fields }) => String(fields?.['error']).includes('ECONNREFUSED')) ? true : null,
    )
    await away.stop()
    read()
    const mended = await readTo(1)
    assert.deepEqual([mended.failingSince, mended.lastError], [null, null])
    const told = world.log.filter(({ level, fields }) => level === 'warn' && String(fields?.['error']).includes('refuses'))
    assert.equal(told.length, 1, 'said once, however often it is tried')
  })

  test('is read by one process at a time, and by another once its lease is over', async () => {
    dovecot.store(user, letter('one'))
    const first = read()
    await readTo(1)
    const { owner, id } = await row()
    assert.equal(owner, world.engine.parts.worker!().id)
    await first.stop()
    assert.equal((await row()).owner, null)
    // As if another process had it.
    const until = world.clock.now() + 60_000
    await world.write(async (tx) => void (await tx.touch(inboundMailboxes, id, { set: { owner: 'wrk_other', leaseUntil: until } })))
    dovecot.store(user, letter('two'))
    let opened = 0
    read({ open: async (...all) => (opened++, await openMailbox(...all)) })
    if (world.engine.parts.storage.capabilities.isShared) {
      await eventually('it was looked at', async () => (world.log.length >= 0 ? true : null))
      assert.equal(opened, 0)
      await world.write(async (tx) => void (await tx.touch(inboundMailboxes, id, { set: { leaseUntil: world.clock.now() - 1 } })))
    }
    await readTo(2)
  })

  test('over TLS: a certificate that does not hold is refused before the password is sent', async () => {
    dovecot.store(user, letter('one'))
    const { imapsPort: port, certificate: ca } = dovecot
    const wrong = read({ host: 'localhost', port, tls: 'implicit' })
    await eventually('refused', async () => ((await row())?.lastError?.startsWith('The certificate of localhost is refused') ? true : null))
    await wrong.stop()
    const right = read({ host: 'localhost', port, tls: 'implicit', ca })
    await readTo(1)
    await right.stop()
    read({ host: 'localhost', tls: 'starttls', ca })
    await eventually('by STARTTLS', async () =>
      (await reader().find(inboundMailboxes, { limit: 5 })).filter(({ state }) => state === 'waiting').length === 2 ? true : null,
    )
    assert.deepEqual(
      (await arrived()).map(({ isEncrypted }) => isEncrypted),
      [true],
    )
  })

  test('with a message that is too large: its head is shown, it stays where it is, and the next ones come', async () => {
    dovecot.store(user, letter('large', [], 'x'.repeat(limits.inboundMailBytesMax)))
    dovecot.store(user, letter('small'))
    read()
    const { taken, leftThere } = await readTo(2)
    assert.deepEqual([taken, leftThere], [1, 1])
    const large = (await arrived()).find(({ state }) => state === 'quarantined')!
    assert.match(large.reason!, /^It has 26 MiB, and 25 MiB are taken at most\. It was left in box.*message 1\.$/)
    assert.match(String(await rawOf(reader(), large)), /^Subject: large\r$/m)
    const unseen = await asOwner(async (client) => {
      await client.mailboxOpen('INBOX', { readOnly: true })
      return (await client.search({ seen: false }, { uid: true })) || []
    })
    assert.deepEqual(unseen, [1])
  })
})

describe('a server that lies', () => {
  /** As if an hour went by in six seconds: what a server may take is over at once. */
  const hurried = { ...systemClock, after: (ms: number, task: () => void) => systemClock.after(ms / 600, task) }
  const readAt = (port: number, reading: Reading = {}) =>
    read({ port, clock: hurried, pauses: { pauseMs: 1, lookMs: 3_600_000 }, ...reading })
  const there = async () =>
    (await arrived())
      .map(({ state, reason, place }) => `${place!.split(':').at(-1)} ${state === 'quarantined' ? reason!.split('.', 1)[0] : 'taken'}`)
      .toSorted()

  for (const way of ['cut', 'trickle', 'huge', 'silence', 'nothing'] as const)
    test(`(${way}) about one message is left that one, and hands over those before and behind it`, async (t) => {
      const { port } = await lyingImap(t, [{ raw: letter('one') }, { raw: letter('two'), way }, { raw: letter('three') }])
      readAt(port)
      const { taken, leftThere, lastUid, troubles } = await readTo(3)
      assert.deepEqual(await there(), ['1 taken', '2 It could not be fetched 3 times', '3 taken'])
      assert.deepEqual([taken, leftThere, lastUid, troubles], [2, 1, 3, 0])
      // What is too much is not waited for.
      if (way === 'huge') assert.ok(world.log.some(({ fields }) => String(fields?.['error']).includes('LiteralTooLarge')))
    })

  test('about sizes: what is larger than was said is taken as it is, or left there', async (t) => {
    const { port } = await lyingImap(t, [
      { raw: letter('small', [], 'x'.repeat(100_000)), said: 1 },
      { raw: letter('large', [], 'x'.repeat(limits.inboundMailBytesMax)), said: 1 },
      { raw: letter('none'), said: 4_000_000_000 },
      { raw: letter('last') },
    ])
    readAt(port, { clock: systemClock })
    await readTo(4)
    assert.deepEqual(await there(), [
      '1 taken',
      '2 It has 26 MiB, and 25 MiB are taken at most',
      '3 It has 3815 MiB, and 25 MiB are taken at most',
      '4 taken',
    ])
  })

  test('about its numbers: made anew each time, it is read again and again, and each letter is there once', async (t) => {
    const server = await lyingImap(t, [{ raw: letter('one') }, { raw: letter('two') }])
    let times = 0
    server.uidValidity = () => ++times
    for (let round = 1; round <= 3; round++) {
      const poller = readAt(server.port, { since: 'all' })
      await eventually('read again', async () =>
        (await row())?.uidValidity === String(round) && (await row()).state === 'waiting' ? true : null,
      )
      await poller.stop()
    }
    assert.deepEqual(await there(), ['1 taken', '2 taken'])
  })

  test('and refuses to search is not believed to have nothing', async (t) => {
    const server = await lyingImap(t, [{ raw: letter('one') }, { raw: letter('two'), way: 'nothing' }])
    server.refusesSearch = true
    readAt(server.port)
    await eventually('it is told', async () => ((await row())?.lastError?.includes('it refuses to search') ? true : null))
    server.refusesSearch = false
    await readTo(2)
    assert.deepEqual(await there(), ['1 taken', '2 It could not be fetched 3 times'])
  })

  test('and repeats the password has it hidden', async (t) => {
    const server = await lyingImap(t, [])
    server.refusal = `LOGIN failed for "${mailPassword}"`
    readAt(server.port)
    const said = await eventually('refused', async () => (await row())?.lastError)
    assert.match(said, /^127\.0\.0\.1 refuses .* and the password: .*LOGIN failed for "…"/)
    assert.ok(!JSON.stringify(world.log.map(({ fields }) => String(fields?.['error']))).includes(mailPassword))
  })

  test('and repeats it as it was sent has it hidden, too', () => {
    const secrets = { user: 'ann', password: 'a"b\\c' }
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const forms = ['a"b\\c', 'a\\"b\\\\c', base64('a"b\\c'), base64('\0ann\0a"b\\c')]
    for (const form of forms) assert.equal(withoutSecrets(`no: ${form}.`, secrets), 'no: ….', form)
  })

  test('is told what was taken only once that is stored: what could not be stored is fetched again', async (t) => {
    const server = await lyingImap(t, [{ raw: letter('one') }])
    let isAway = true
    const marked = () => server.heard.some((line) => line.startsWith('UID STORE'))
    readAt(server.port, {
      receive: async (...all) => {
        assert.equal(marked(), false)
        if (isAway) throw new Error('the database is away')
        return await world.engine.receiveMail(...all)
      },
    })
    await eventually('it failed', async () => ((await row())?.lastError === 'What it holds could not be stored.' ? true : null))
    assert.equal(marked(), false)
    isAway = false
    const { taken, troubles } = await readTo(1)
    assert.deepEqual([taken, troubles, marked()], [1, 0, true])
  })
})
