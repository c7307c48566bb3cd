// Mail among programs of others: our shops send through Postfix to mailboxes of Dovecot, whose owners answer by swaks and by Postfix. What comes back is
// what those write: notices of Postfix, answers of Sieve. What is signed is verified by three who know nothing of us.
// databases: sqlite
// ci
// waits
import assert from 'node:assert/strict'
import { Resolver } from 'node:dns/promises'
import { after, before, describe, type TestContext, test } from 'node:test'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus } from '../support/http-client.ts'
import {
  customers,
  headerOf,
  impostors,
  type MailRig,
  openMailRig,
  type RigShop,
  skipsMailRig,
  swaks,
  tapMail,
} from '../support/mail-rig.ts'
import { checkOut, effectsAtRest, makeArticle, makeCart } from '../support/shop.ts'
import { createFaultyWay, type Fault, type FaultyWay, phases, ways } from '../support/smtp-faults.ts'
import { talkTo } from '../support/smtp-talk.ts'

const skip = skipsMailRig()

let rig: MailRig
let shop: RigShop
/** By the name of a fault: a way into our receiver that has it. */
const broken = new Map<string, { readonly way: FaultyWay; readonly fault: Fault | 'trickle' }>()
let tap: Awaited<ReturnType<typeof tapMail>>
const ends: (() => unknown)[] = []
const all = { after: (end: () => unknown) => void ends.unshift(end) } as Pick<TestContext, 'after'>

before(async () => {
  if (skip !== false) return
  const faults: (Fault | 'trickle')[] = [...phases.flatMap((phase) => ways.map((way) => ({ phase, way }))), 'trickle']
  for (const fault of faults) {
    const way = await createFaultyWay(() => ({ host: rig.hostOf('shop.test'), port: 25 }))
    ends.unshift(() => way.close())
    broken.set(fault === 'trickle' ? fault : `${fault.way}-${fault.phase}`.toLowerCase(), { way, fault })
  }
  rig = await openMailRig(all, {
    // Nobody listens there.
    [`later@${customers}`]: 'smtp:[127.0.0.1]:1',
    ...Object.fromEntries([...broken].map(([name, { way }]) => [`help+${name}@in.shop.test`, `smtp:[127.0.0.1]:${way.port}`])),
  })
  tap = await tapMail(all, rig.postfix.port)
  shop = await rig.openShop('shop.test', { smtpPort: tap.port })
})
after(async () => {
  for (const end of ends) await end()
})

/** What is in somebody's mailbox, as text of one byte a character. */
const mailbox = (name: string) => rig.dovecot.messages(`${name}@${customers}`).map((raw) => raw.toString('latin1'))
/** The messages of that id in somebody's mailbox, once there is one. */
const arrived = async (name: string, messageId: string) =>
  await eventually(`${messageId} with ${name}`, async () => {
    const found = mailbox(name).filter((raw) => headerOf(raw, 'Message-ID') === messageId)
    return found.length === 0 ? null : found
  })
const _write = async (to: string, given: object = {}): Promise<Body> =>
  expectStatus(await shop.staff.post('/api/emails', { to, subject: 'Hello', text: 'Hello.', ...given }), 201).body
const _emailWhen = async (id: string, is: (email: Body) => boolean): Promise<Body> =>
  await eventually(`the e-mail ${id} as expected`, async () => {
    const { body } = expectStatus(await shop.staff.get(`/api/emails/${id}`), 200)
    return is(body) ? body : null
  })
const write = async (to: string, given: object = {}): Promise<Body> =>
  expectStatus(await shop.staff.post('/api/emails', { to, subject: 'Hello', text: 'Hello.', ...given }), 201).body
const emailWhen = async (id: string, is: (email: Body) => boolean): Promise<Body> =>
  await eventually(`the e-mail ${id} as expected`, async () => {
    const { body } = expectStatus(await shop.staff.get(`/api/emails/${id}`), 200)
    return is(body) ? body : null
  })
const lettersTo = async ({ staff }: RigShop = shop): Promise<Body[]> => await staff.all('/api/emails?filter[direction]=in')
const letterWhen = async (is: (letter: Body) => boolean, at: RigShop = shop): Promise<Body> =>
  await eventually('a letter as expected', async () => (await lettersTo(at)).find(is))
/** Hands a mail to Postfix, as a mail program does. */
async function hand(from: string, to: string, message: string): Promise<void> {
  const talk = await talkTo(rig.postfix.port)
  assert.match(await talk.mail(from, to, message), /^250 /)
  talk.hangUp()
}

describe('mail between servers', { skip }, () => {
  const guest = `guest@${customers}`
  let order: Body
  let receipt: Body
  let replyTo: string

  test('a receipt arrives as it was made, and both its signatures hold for programs of others', async () => {
    await rig.dovecot.addUser(guest)
    const { variant } = await makeArticle(shop.staff, { slug: 'emma', onHand: 10 })
    const cart = await makeCart(shop.server.guest, [{ variant }])
    expectStatus(await cart.holder.patch(`/api/carts/${cart.id}`, { email: guest }), 200)
    order = (await checkOut(cart)).order
    receipt = await eventually('the receipt is sent', async () => {
      const [one] = await shop.staff.all(`/api/emails?filter[record]=${order.id}`)
      return one?.status === 'sent' ? one : null
    })
    const copies = await arrived('guest', receipt.messageId)
    assert.equal(copies.length, 1)
    const [raw] = copies
    const made = tap.seen.find((one) => headerOf(one, 'Message-ID') === receipt.messageId)!
    assert.ok(raw!.endsWith(made), 'it is as it was handed over, behind what servers on the way wrote before it')
    replyTo = headerOf(raw!, 'Reply-To')!
    assert.match(replyTo, /^reply\+[a-z0-9]+@in\.shop\.test$/)

    const both = made.match(/^DKIM-Signature:.*\r\n(?:[ \t].*\r\n)+/gm)!
    const rest = made.slice(both.join('').length)
    const signatures = { rsa: both[0]!, ed: both[1]! }
    for (const [selector, signature] of Object.entries(signatures)) {
      assert.match(signature, new RegExp(`s=${selector};`))
      for (const [name, command] of Object.entries(verifiers)) {
        // It knows no Ed25519.
        if (name === 'Mail::DKIM' && selector === 'ed') continue
        const good = await rig.run(command, `${signature}${rest}`)
        assert.equal(good.code, 0, `${name} on ${selector}: ${good.said}`)
        const bad = await rig.run(command, `${signature}${rest.replaceAll('emma', 'emmy')}`)
        assert.notEqual(bad.code, 0, `${name} on ${selector}, with another text`)
      }
    }
    const resolver = new Resolver()
    resolver.setServers([rig.nameServer])
    const options = {
      resolver: (name: string, type: string) => resolver.resolve(name, type),
      curTime: new Date(),
      rejectRsaSha1: true,
    } as const
    const { results } = await dkimVerify(Buffer.from(`${signatures.ed}${rest}`, 'latin1'), options)
    assert.deepEqual(
      results.map(({ status, signingDomain }) => [status.result, signingDomain]),
      [['pass', 'shop.test']],
      'mailauth on ed',
    )
    // One that knows no Ed25519 goes by the other one.
    const whole = await rig.run(verifiers['Mail::DKIM']!, raw!)
    assert.equal(whole.code, 0, whole.said)
  })

  test('an answer without a subject, a reference or a date lands on the order: by swaks over TLS, and by Postfix', async () => {
    await swaks(
      ['--server', `${rig.hostOf('shop.test')}:25`, '-tls', '--helo', 'pc.cust.test', '--from', guest, '--to', replyTo],
      `From: Guest <${guest}>\nTo: ${replyTo}\n\nDirectly from here.\n`,
    )
    await hand(guest, replyTo, `From: Guest <${guest}>\r\nTo: ${replyTo}\r\n\r\nBy my mail server.\r\n`)
    for (const words of ['Directly from here.', 'By my mail server.']) {
      const letter = await letterWhen(({ text }) => text.trim() === words)
      assert.deepEqual([letter.record, letter.isAutomatic, letter.subject, letter.isVerified], [order.id, false, '', true])
      const { body: stored } = expectStatus(await shop.staff.get(`/api/inboundMails/${letter.inbound}`), 200)
      assert.equal(stored.isEncrypted, true)
    }
    // Whoever has the address writes in the customer's name.
    const forged = `From: Guest <${guest}>\n\nSend it to me.\n`
    await swaks(['--server', `${rig.hostOf('shop.test')}:25`, '--helo', 'evil.test', '--from', 'eve@evil.test', '--to', replyTo], forged)
    const fromEve = await letterWhen(({ text }) => text.trim() === 'Send it to me.')
    assert.deepEqual([fromEve.record, fromEve.isVerified], [order.id, false])
    const threads = await shop.staff.all(`/api/emailThreads?filter[record]=${order.id}`)
    assert.deepEqual(
      threads.map(({ address, status }) => [address, status]),
      [[guest, 'open']],
    )
    expectStatus(await shop.staff.post(`/api/emailThreads/${threads[0].id}/reply`, { text: 'It left today.' }), 201)
    const [answer] = await eventually('the answer', async () => {
      const found = mailbox('guest').filter((raw) => raw.includes('It left today.'))
      return found.length === 0 ? null : found
    })
    assert.ok(headerOf(answer!, 'References')!.startsWith(receipt.messageId), 'in the thread that its reader has')
    assert.equal(headerOf(answer!, 'Auto-Submitted'), undefined)
  })

  test('notices of Postfix: no such user, a full mailbox, and a delay that changes nothing', async () => {
    await rig.dovecot.addUser(`full@${customers}`, { quotaBytes: 300 })
    const [gone, full, later] = await Promise.all(['nobody', 'full', 'later'].map((name) => write(`${name}@${customers}`)))
    const hasBounced = ({ status }: Body) => status === 'bounced'
    assert.match((await emailWhen(gone.id, hasBounced)).lastError, /^5\.1\.1 .*User doesn't exist/)
    assert.match((await emailWhen(full.id, hasBounced)).lastError, /^5\.2\.2 .*Mailbox is full/)
    const suppressed = await shop.staff.all('/api/suppressions')
    assert.deepEqual(
      suppressed.map(({ address, reason, scope }) => [address, reason, scope]),
      [[`nobody@${customers}`, 'bounce', 'all']],
    )
    const delay = await letterWhen(({ subject }) => subject === 'Delayed Mail (still being retried)')
    assert.deepEqual([delay.isAutomatic, delay.thread], [true, null])
    assert.equal((await emailWhen(later.id, () => true)).status, 'sent')
    // It is written to no more, and says why.
    const next = await write(`nobody@${customers}`)
    assert.equal((await emailWhen(next.id, ({ status }) => status === 'failed')).failure, 'suppressed')
  })

  test('an answer of Sieve while somebody is away stands in the conversation, and asks for nothing', async () => {
    const away = `away@${customers}`
    await rig.dovecot.addUser(away, { sieve: 'require "vacation";\nvacation :days 1 "I am at the sea.";\n' })
    await hand(away, 'help@in.shop.test', `From: ${away}\r\nTo: help@in.shop.test\r\nSubject: Opening hours\r\n\r\nWhen?\r\n`)
    const letter = await letterWhen(({ subject }) => subject === 'Opening hours')
    assert.deepEqual([letter.isAutomatic, letter.thread === null], [false, false])
    const { body: answer } = expectStatus(await shop.staff.post(`/api/emailThreads/${letter.thread}/reply`, { text: 'Until six.' }), 201)
    const automatic = await letterWhen(({ text }) => text.includes('at the sea'))
    assert.deepEqual([automatic.isAutomatic, automatic.thread, automatic.from], [true, letter.thread, away])
    const { body: thread } = expectStatus(await shop.staff.get(`/api/emailThreads/${letter.thread}`), 200)
    assert.equal(thread.status, 'waiting')
    assert.equal((await emailWhen(answer.id, () => true)).status, 'sent')
  })

  test('smuggling out: what ends a message for old servers is a line of text in ours', async () => {
    const second = 'MAIL FROM:<boss@cust.test>\r\nRCPT TO:<guest@cust.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nPay them.\r\n.\r\n'
    for (const end of ['\n.\n', '\n.\r\n', '\r.\r', '\r.\r\n', '\r\n.\r', '\r\n.\n', '\r\n.\r\n']) {
      const { messageId } = await write(guest, { text: `Hello.${end}${second}The end.` })
      const copies = await arrived('guest', messageId)
      assert.equal(copies.length, 1, JSON.stringify(end))
      assert.match(copies[0]!, /Hello\.\r\n\.\r\nMAIL FROM.*Pay them\.\r\n\.\r\nThe end\.\r\n$/s)
    }
    assert.deepEqual(
      mailbox('guest').filter((raw) => headerOf(raw, 'Subject') === 'smuggled'),
      [],
    )
  })

  test('smuggling in: what Postfix hands on with a lone CR in it is refused, and its sender is told', async () => {
    const second = 'MAIL FROM:<boss@shop.test>\r\nRCPT TO:<help@in.shop.test>\r\nDATA\r\nFrom: boss@shop.test\r\n\r\nPay them.'
    for (const [index, end] of ['\r.\r', '\r\n.\r', 'a\rb'].entries()) {
      const id = `<smuggled.${index}@cust.test>`
      await hand(guest, 'help@in.shop.test', `From: ${guest}\r\nMessage-ID: ${id}\r\nSubject: Hello\r\n\r\nHello.${end}${second}`)
      await eventually(`a notice of ${id}`, async () => mailbox('guest').find((raw) => raw.includes(id) && raw.includes('5.5.2')))
    }
    assert.deepEqual(
      (await lettersTo()).filter(({ text }) => text.includes('Pay them')),
      [],
    )
  })

  // proves P-048
  test('a way into the receiver that breaks at any phase: Postfix brings it again, and each letter is there once', async () => {
    const id = (name: string) => `<${name}@cust.test>`
    const lines = 'A line of a long letter.\r\n'.repeat(100)
    for (const [name, { way, fault }] of broken) {
      way.next(fault)
      const raw = `From: ${guest}\r\nMessage-ID: ${id(name)}\r\nSubject: ${name}\r\n\r\n${lines}.\r\nThe end.\r\n`
      await hand(guest, `help+${name}@in.shop.test`, raw.replaceAll('\r\n.', '\r\n..'))
    }
    const waits = () => rig.postfix.queue().filter(({ recipients }) => recipients.some(({ address }) => address.startsWith('help+')))
    await eventually('all of them are handed over', async () => (waits().length === 0 ? true : null), 60_000)
    await eventually('all of them are read', async () => {
      const found = await lettersTo()
      return [...broken.keys()].every((name) => found.some(({ messageId }) => messageId === id(name))) ? true : null
    })
    const found = await lettersTo()
    for (const name of broken.keys()) {
      const own = found.filter(({ messageId }) => messageId === id(name))
      assert.equal(own.length, 1, name)
      assert.ok(own[0].text.trim().endsWith('\n.\nThe end.'), name)
    }
  })

  test('two shops that write to each other have one conversation on each side, and each letter once', async () => {
    // It brings its mail straight to where MX records lead.
    const club = await rig.openShop('club.test', { smtpUrl: 'mx://mx.club.test' })
    const answer = async (at: RigShop, thread: string, text: string) =>
      void expectStatus(await at.staff.post(`/api/emailThreads/${thread}/reply`, { text }), 201)
    await write('help@in.club.test', { subject: 'Old books', text: 'Do you take them?' })
    const asked = await letterWhen(({ text }) => text.includes('take them'), club)
    await answer(club, asked.thread, 'How many?')
    const back = await letterWhen(({ text }) => text.startsWith('How many'))
    assert.deepEqual([back.authentication.dkim.result, back.authentication.dmarc.result], ['pass', 'pass'])
    await answer(shop, back.thread, 'Ten.')
    // Two in a row: nothing that the other side wrote lies between them.
    await answer(shop, back.thread, 'And a map.')
    const more = [
      await letterWhen(({ text }) => text.startsWith('Ten.'), club),
      await letterWhen(({ text }) => text.startsWith('And a map'), club),
    ]
    assert.deepEqual(
      more.map(({ thread }) => thread),
      [asked.thread, asked.thread],
    )
    await answer(club, asked.thread, 'We take all.')
    const last = await letterWhen(({ text }) => text.startsWith('We take all'))
    assert.equal(last.thread, back.thread)
    const counts = await Promise.all([lettersTo(club), club.staff.all('/api/emailThreads')])
    assert.deepEqual(
      counts.map(({ length }) => length),
      [3, 1],
    )

    // To Postfix by the key that a signed DNS names, and to nobody by another.
    const direct = await club.staff.post('/api/emails', { to: guest, subject: 'Directly', text: 'Hello.' })
    const elsewhere = await club.staff.post('/api/emails', { to: `guest@${impostors}`, subject: 'Directly', text: 'Hello.' })
    const [copy] = await arrived('guest', expectStatus(direct, 201).body.messageId)
    assert.match(copy!, /by mx\.cust\.test \(Postfix\) with ESMTPS/)
    const kept = await eventually('it is not delivered', async () => {
      const { body } = expectStatus(await club.staff.get(`/api/emails/${expectStatus(elsewhere, 201).body.id}`), 200)
      return body.status === 'deferred' ? body : null
    })
    assert.match(kept.lastError, /certificate|DANE|TLSA|key/i)

    // Both have code that answers whatever comes.
    await write('help@in.club.test', { subject: 'Opening hours', text: 'Please acknowledge this.' })
    const answered = await letterWhen(({ subject }) => subject === 'Acknowledged')
    assert.equal(answered.isAutomatic, true)
    await effectsAtRest(shop.staff)
    assert.deepEqual(
      rig.postfix.queue().filter(({ recipients }) => recipients.some(({ address }) => address.includes('@in.'))),
      [],
    )
    assert.equal((await lettersTo(club)).length, 4)
    assert.deepEqual((await club.staff.all('/api/emails?filter[template]=acknowledgment')).length, 1)
    assert.deepEqual(await shop.staff.all('/api/emails?filter[template]=acknowledgment'), [])
  })
})

/** Each by its exit code: whether the first signature holds, by keys of the name server. */
const verifiers: Readonly<Record<string, readonly string[]>> = {
  OpenDKIM: ['opendkim-testmsg'],
  dkimpy: ['/usr/bin/python3', '-c', 'import dkim, sys; sys.exit(0 if dkim.verify(sys.stdin.buffer.read()) else 1)'],
  'Mail::DKIM': [
    'perl',
    '-MMail::DKIM::Verifier',
    '-e',
    'my $v = Mail::DKIM::Verifier->new; binmode STDIN; my $m = do { local $/; <STDIN> }; $v->PRINT($m); $v->CLOSE; print $v->result_detail; exit($v->result eq "pass" ? 0 : 1)',
  ],
}
