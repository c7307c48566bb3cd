// Mail that comes in: what is taken is stored before it is said so, what could be two messages to another server is refused, and what nobody can
// read is kept. Spoken to by hand over real sockets.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { systemDns } from '../../src/base/dns.ts'
import { limits } from '../../src/base/limits.ts'
import { certificateIn } from '../../src/cli/mail-receiver.ts'
import { and, eq } from '../../src/contract/filter.ts'
import { type AuthenticateMail, unknownAuthentication } from '../../src/domains/emails/authentication.ts'
import { type Email, emails, suppressions } from '../../src/domains/emails/collections.ts'
import { composeMessage } from '../../src/domains/emails/compose-message.ts'
import { emailThreads } from '../../src/domains/emails/threads.ts'
import type { MailTransport, Message } from '../../src/domains/emails/transport.ts'
import { type InboundMail, inboundMails } from '../../src/domains/inbound/collections.ts'
import { createMailAuthenticator } from '../../src/domains/inbound/mail-authenticator.ts'
import { rawOf } from '../../src/domains/inbound/receive-mail.ts'
import { createSmtpReceiver, type SmtpReceiver, type SmtpReceiverOptions } from '../../src/domains/inbound/smtp-receiver.ts'
import { effectInvariants } from '../../src/observe/invariants/effects.ts'
import { inboundInvariants } from '../../src/observe/invariants/inbound.ts'
import { recordInvariants } from '../../src/observe/invariants/records.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { checkOut, fillCart, openWorld, testConfig, type World } from '../support/api-harness.ts'
import { selfSigned } from '../support/certificate.ts'
import { cleanUp } from '../support/clean-up.ts'
import { startDnsServer } from '../support/dns-server.ts'
import { eventually } from '../support/eventually.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { type SmtpTalk, talkTo } from '../support/smtp-talk.ts'

const config = { ...testConfig, mail: { inbound: { domain: 'in.shop.test', addresses: ['help'] } } }
let world: World
let receiver: SmtpReceiver
let talk: SmtpTalk

async function open(options: Partial<SmtpReceiverOptions> = {}): Promise<number> {
  receiver = createSmtpReceiver({
    name: 'in.shop.test',
    isKnown: world.engine.isMailTaken,
    receive: world.engine.receiveMail,
    clock: systemClock,
    log: { write: (level, message, fields) => void world.log.push({ level, message, fields }) },
    ...options,
  })
  return await receiver.listen(0, '127.0.0.1')
}

beforeEach(async () => {
  world = await openWorld({ config })
  await world.engine.start()
  talk = await talkTo(await open())
})
afterEach(async () => {
  talk.hangUp()
  await receiver.close()
  const { storage, model } = world.engine.parts
  const { reader, commitsAfter } = storage
  const groups = [inboundInvariants, effectInvariants, recordInvariants]
  // On a server the log begins with what other tests left in it.
  const look = async () =>
    (await verifyDatabase({ read: reader, commitsAfter, model, now: world.clock.now(), groups })).filter(
      ({ invariant }) => invariant !== 'commits.readable',
    )
  // Letters are still being read, so a look is of no one moment: what is wrong stays wrong.
  let wrong = await look()
  for (let again = 0; wrong.length > 0 && again < 3; again++) wrong = await look()
  await world.close()
  assert.deepEqual(wrong, [])
})

const read = () => world.engine.parts.storage.reader
const arrived = async (): Promise<InboundMail[]> => await read().find(inboundMails, { limit: 200 })
const letters = async (): Promise<Email[]> => await read().find(emails, { where: eq('direction', 'in'), limit: 200 })
/** The letter that was made of what was stored under this answer. */
async function letterOf(answer: string): Promise<Email> {
  const [, id] = /^250 2\.0\.0 Stored as (inm_\w+)$/.exec(answer) ?? assert.fail(answer)
  return await eventually(`${id} is read`, async () => {
    const mail = await read().get(inboundMails, id!)
    return mail?.state === 'parsed' ? await read().get(emails, mail.email!) : null
  })
}

const letter = (lines: readonly string[], head: readonly string[] = []) =>
  [
    'From: Ann Lee <ann@mail.example>',
    'To: help@in.shop.test',
    'Subject: Hello',
    'Message-ID: <one@mail.example>',
    ...head,
    '',
    ...lines,
  ].join('\r\n')

describe('the receiver', () => {
  test('stores what it takes, byte for byte, before it says so', async () => {
    const raw = Buffer.from(letter(['Grüße \x80\xff', '..dots', '']), 'latin1')
    const answer = await talk.mail(
      'ann@mail.example',
      'help@in.shop.test',
      Buffer.from(raw.toString('latin1').replace('\r\n..', '\r\n...'), 'latin1'),
    )
    const [mail] = await arrived()
    assert.equal(answer, `250 2.0.0 Stored as ${mail!.id}`)
    assert.deepEqual(
      [mail!.from, mail!.recipients, mail!.helo, mail!.door],
      ['ann@mail.example', ['help@in.shop.test'], 'peer.example', 'smtp'],
    )
    assert.deepEqual(await rawOf(read(), mail!), Buffer.concat([raw, Buffer.from('\r\n')]))
    const email = await letterOf(answer)
    assert.deepEqual(
      [email.from, email.fromName, email.to, email.subject, email.status],
      ['ann@mail.example', 'Ann Lee', 'help@in.shop.test', 'Hello', 'received'],
    )
  })

  test('takes the same again from one that did not hear the answer, and makes nothing of it', async () => {
    const first = await talk.mail('ann@mail.example', 'help@in.shop.test', letter(['Hello?']))
    assert.equal(await talk.mail('ann@mail.example', 'help@in.shop.test', letter(['Hello?'])), first)
    await letterOf(first)
    assert.equal((await arrived()).length, 1)
    // By another way: with another line in its head it is other bytes, and the same letter.
    const again = await talk.mail('ann@mail.example', 'help@in.shop.test', `Received: from there\r\n${letter(['Hello?'])}`)
    await letterOf(again)
    assert.notEqual(again, first)
    assert.equal((await letters()).length, 1)
    // The same id with other words is another letter: some senders give one twice.
    await letterOf(await talk.mail('ann@mail.example', 'help@in.shop.test', letter(['Another one'])))
    assert.equal((await letters()).length, 2)
  })

  test('refuses recipients that there are not, at RCPT', async () => {
    await talk.say('MAIL FROM:<ann@mail.example>')
    for (const address of [
      'nobody@in.shop.test',
      'help@elsewhere.example',
      'help@in.shop.test.example',
      `reply+a${'0'.repeat(46)}@in.shop.test`,
      'postmaster@[127.0.0.1]',
    ])
      assert.match(await talk.say(`RCPT TO:<${address}>`), /^550 5\.1\.1 /, address)
    for (const address of ['help@in.shop.test', 'HELP+order@IN.SHOP.TEST', 'postmaster@in.shop.test'])
      assert.match(await talk.say(`RCPT TO:<${address}>`), /^250 /, address)
    for (let tried = 5; tried < limits.inboundUnknownMax; tried++) await talk.say(`RCPT TO:<try${tried}@in.shop.test>`)
    assert.equal(await talk.say('RCPT TO:<help@in.shop.test>'), '')
    assert.deepEqual(await arrived(), [])
  })

  test('smuggling: what other servers take for the end of a message is none, and is refused', async () => {
    const second = 'MAIL FROM:<boss@shop.test>\r\nRCPT TO:<help@in.shop.test>\r\nDATA\r\nFrom: boss\r\n\r\nPay them.'
    for (const smuggled of ['\n.\n', '\n.\r\n', '\r.\r', '\r\n.\n', '\r\n.\r', 'a\nb', 'a\rb', '\r\n\0.\n']) {
      const answer = await talk.mail('ann@mail.example', 'help@in.shop.test', `${letter(['Hello'])}${smuggled}${second}`)
      assert.match(answer, /^550 5\.5\.2 /, JSON.stringify(smuggled))
      assert.match(await talk.say('NOOP'), /^250 /)
    }
    assert.deepEqual(await arrived(), [])
  })

  test('a first line of two dots, in pieces, ends no message', async () => {
    for (const line of ['MAIL FROM:<ann@mail.example>', 'RCPT TO:<help@in.shop.test>', 'DATA']) await talk.say(line)
    for (const byte of '..\r\nRSET\r\n') {
      talk.push(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.match(await talk.send('.\r\n'), /^250 2\.0\.0 Stored/)
    assert.deepEqual((await rawOf(read(), (await arrived())[0]!))!.toString(), '.\r\nRSET\r\n')
  })

  test('commands before their turn, and envelopes with line breaks in them', async () => {
    assert.match(await talk.say('DATA'), /^503 /)
    for (const line of ['MAIL FROM:<a@b.example> SIZE=99999999999', 'MAIL FROM:<a b@c.example>', 'MAIL FROM:<>\0'])
      assert.match(await talk.say(line), /^5\d\d /, line)
    // A CR ends no command: there is one answer, and no recipient.
    assert.match(await talk.say('MAIL FROM:<ann@mail.example>\rRCPT TO:<help@in.shop.test>'), /^250 /)
    assert.match(await talk.say('DATA'), /^503 /)
    assert.match(await talk.say('AUTH PLAIN AGEAYg=='), /^5\d\d /)
    assert.match(await talk.say('STARTTLS'), /^5\d\d /)
    assert.match(await talk.say('VRFY help'), /^252 /)
    assert.deepEqual(await arrived(), [])
  })

  test('a database that is away: 4xx, and nothing is promised', async () => {
    talk.hangUp()
    await receiver.close()
    talk = await talkTo(await open({ receive: () => Promise.reject(new Error('away')) }))
    assert.match(await talk.mail('ann@mail.example', 'help@in.shop.test', letter(['Hello'])), /^451 4\.3\.0 /)
    talk.hangUp()
    await receiver.close()
    talk = await talkTo(await open({ receive: () => new Promise(() => {}), bounds: { storeMs: 50 } }))
    assert.match(await talk.mail('ann@mail.example', 'help@in.shop.test', letter(['Hello'])), /^451 4\.3\.0 /)
    talk.hangUp()
    await receiver.close()
    talk = await talkTo(await open({ isKnown: () => Promise.reject(new Error('away')) }))
    assert.match(await talk.mail('ann@mail.example', 'help@in.shop.test', letter(['Hello'])), /^451 4\.3\.0 /)
  })

  test('what is too large, too much at once, too often here, or too far travelled', async () => {
    talk.hangUp()
    await receiver.close()
    const port = await open({ bounds: { bytesMax: 20_000, bytesAtOnce: 25_000 } })
    talk = await talkTo(port)
    assert.match(await talk.say('MAIL FROM:<ann@mail.example> SIZE=20001'), /^552 /)
    const lines = (bytes: number) => letter(Array.from({ length: bytes / 50 }, () => 'x'.repeat(48)))
    assert.match(await talk.mail('ann@mail.example', 'help@in.shop.test', lines(30_000)), /^552 5\.3\.4 /)
    // One that is on its way holds most of what there is.
    const slow = await talkTo(port)
    for (const line of ['MAIL FROM:<ann@mail.example>', 'RCPT TO:<help@in.shop.test>', 'DATA']) await slow.say(line)
    slow.push(lines(15_000))
    assert.match(await talk.mail('ann@mail.example', 'help@in.shop.test', lines(15_000)), /^452 4\.3\.1 /)
    assert.match(await slow.send('\r\n.\r\n'), /^250 /)
    assert.match(await talk.mail('ann@mail.example', 'help@in.shop.test', lines(15_100)), /^250 /)
    const travelled = letter(
      ['Hello'],
      Array.from({ length: limits.inboundHopsMax + 1 }, () => 'Received: by a.example'),
    )
    assert.match(await talk.mail('ann@mail.example', 'help@in.shop.test', travelled), /^554 5\.4\.6 /)
    slow.hangUp()
    const many = await Promise.all(Array.from({ length: limits.inboundClientsPerNetwork }, () => talkTo(port, '')))
    const replies = await Promise.all(many.map((one) => one.say('EHLO peer.example')))
    assert.ok(replies.some((reply) => !reply.startsWith('250')))
    for (const one of many) one.hangUp()
  })
})

test('a certificate that is replaced while it runs is used from then on, and one that is half replaced is not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-tls-'))
  cleanUp(t, () => rmSync(folder, { recursive: true }))
  const write = (name: 'key' | 'cert', pem: string) => writeFileSync(join(folder, `${name}.pem`), pem)
  const [one, two] = [selfSigned('in.shop.test'), selfSigned('in.shop.test')]
  write('key', one.key)
  write('cert', one.cert)
  talk.hangUp()
  await receiver.close()
  const time = createFakeClock()
  assert.throws(
    certificateIn(folder, { key: 'key.pem', cert: 'nope.pem' }),
    /^Error: mail\.inbound\.tls\.cert: .*nope\.pem cannot be read \(ENOENT\)\.$/,
  )
  const port = await open({ clock: time.clock, readCertificate: certificateIn(folder, { key: 'key.pem', cert: 'cert.pem' }) })
  /** By whoever trusts no other certificate than this one. */
  const securedBy = async ({ cert }: { readonly cert: string }) => {
    talk.hangUp()
    talk = await talkTo(port)
    const options = { ca: cert, rejectUnauthorized: true, servername: 'in.shop.test', checkServerIdentity: () => undefined }
    const reply = await talk.startTls(options).catch((error: NodeJS.ErrnoException) => String(error.code))
    const answer = reply.startsWith('220') ? await talk.say('EHLO peer.example') : reply
    return answer.startsWith('250')
  }
  const look = () => time.pass(limits.inboundCertificateMs)
  assert.deepEqual([await securedBy(one), await securedBy(two)], [true, false])
  // Two files are not replaced at once.
  write('key', two.key)
  await look()
  assert.deepEqual([await securedBy(one), world.log.filter(({ level }) => level === 'error').length], [true, 1])
  write('cert', two.cert)
  await look()
  assert.deepEqual([await securedBy(one), await securedBy(two)], [false, true])
  await letterOf(await talk.mail('ann@mail.example', 'help@in.shop.test', letter(['Hello'])))
  assert.equal((await arrived())[0]!.isEncrypted, true)
})

describe('a stranger', () => {
  const begin = async (one: SmtpTalk, text: string) => {
    for (const line of ['MAIL FROM:<eve@mail.example>', 'RCPT TO:<help@in.shop.test>', 'DATA']) await one.say(line)
    one.push(text)
  }
  const reopen = async (options: Partial<SmtpReceiverOptions>) => {
    talk.hangUp()
    await receiver.close()
    const port = await open(options)
    talk = await talkTo(port)
    return port
  }
  const long = letter(Array.from({ length: 300 }, () => 'x'.repeat(48)))

  test('who ends no message holds only so much from one address, and others are heard', async () => {
    const port = await reopen({ bounds: { bytesMax: 20_000, bytesPerNetwork: 25_000, bytesAtOnce: 100_000 } })
    const others = await Promise.all([talkTo(port), talkTo(port)])
    for (const other of others) await begin(other, long)
    // One of the two is refused at its end: until then it holds nothing either.
    assert.match(await talk.mail('eve@mail.example', 'help@in.shop.test', long), /^452 4\.3\.1 Too much mail from your address /)
    const ann = await talkTo(port, 'EHLO ann.example', '127.0.0.2')
    await letterOf(await ann.mail('ann@mail.example', 'help@in.shop.test', long))
    ann.hangUp()
    const ends = await Promise.all(others.map((other) => other.send('\r\n.\r\n')))
    const [taken = '', refused] = ends.toSorted()
    await letterOf(taken)
    assert.match(refused!, /^452 /)
    // What is over is held no longer.
    await letterOf(await talk.mail('eve@mail.example', 'help@in.shop.test', `X: y\r\n${long}`))
    for (const other of others) other.hangUp()
  })

  test('who falls silent in the middle of a message is cut off, and holds nothing from then on', async () => {
    const time = createFakeClock()
    const port = await reopen({ bounds: { bytesMax: 20_000, bytesAtOnce: 25_000, sessionMs: Infinity }, clock: time.clock })
    const silent = await talkTo(port)
    await begin(silent, long)
    let isGone = false
    const gone = silent.answer().then((answer) => {
      isGone = true
      return answer
    })
    // As often as it takes: what comes begins the time anew.
    await eventually('it is cut off', async () => {
      await time.pass(limits.inboundDataSilenceMs)
      return isGone || null
    })
    assert.equal(await gone, '')
    const ann = await talkTo(port)
    await letterOf(await ann.mail('ann@mail.example', 'help@in.shop.test', long))
    // Between commands it may take longer.
    await time.pass(limits.inboundDataSilenceMs * 2)
    assert.match(await ann.say('NOOP'), /^250 /)
    ann.hangUp()
    assert.deepEqual(
      world.log.filter(({ level }) => level === 'error'),
      [],
    )
  })
})

describe('what came in', () => {
  const take = async (raw: string | Uint8Array, to = 'help@in.shop.test') => await letterOf(await talk.mail('ann@mail.example', to, raw))

  test('starts a conversation of its own, where it answers nothing', async () => {
    const first = await take(letter(['Do you have Emma?']))
    const [thread] = await read().find(emailThreads, { limit: 10 })
    assert.deepEqual(
      [thread!.address, thread!.record, thread!.status, thread!.isUnread, thread!.name, first.thread],
      ['ann@mail.example', null, 'open', true, 'Ann Lee', thread!.id],
    )
    // An answer to their own letter goes where that is; the subject alone leads nowhere.
    const second = await take(['From: ann@mail.example', 'Subject: Re: Hello', 'In-Reply-To: <one@mail.example>', '', 'Well?'].join('\r\n'))
    assert.equal(second.thread, thread!.id)
    const third = await take(['From: eve@mail.example', 'Subject: Re: Hello', '', 'Me too'].join('\r\n'))
    assert.notEqual(third.thread, thread!.id)
  })

  test('is answered to one good address, or to nobody', async () => {
    const addressOf = async (email: Email) => (await read().get(emailThreads, email.thread!))!.address
    assert.equal(await addressOf(await take('From: <eve@mail.example>,vic@other.example\r\nSubject: a\r\n\r\nx')), 'eve@mail.example')
    assert.equal(await addressOf(await take('From: <eve@mail.example,vic@other.example>\r\nSubject: b\r\n\r\nx')), 'ann@mail.example')
    assert.equal(await addressOf(await take('From: form@shop.test\r\nReply-To: Bea@mail.example\r\n\r\nx')), 'bea@mail.example')
    const none = await letterOf(await talk.mail('', 'help@in.shop.test', 'From: nobody\r\nSubject: c\r\n\r\nx'))
    const answer = await world.call('staff', { method: 'POST', url: `/api/emailThreads/${none.thread}/reply`, body: { text: 'Yes.' } })
    assert.deepEqual([answer.status, answer.body.code], [409, 'conflict'])
  })

  test('says who wrote, where they want an answer and when, as far as a letter tells it', async () => {
    const told = async (head: string, raw = `${head}\r\nSubject: a\r\n\r\n${head}`) => {
      const { from, fromName, replyTo, sentAt } = await take(raw)
      return [from, fromName, replyTo, sentAt]
    }
    const written = 'Date: Sat, 01 Jan 2022 10:00:00 +0100'
    assert.deepEqual(await told(`From: Bea <Bea@mail.example>\r\nReply-To: "Desk" <Desk@Mail.example>\r\n${written}`), [
      ...['Bea@mail.example', 'Bea', 'desk@mail.example'],
      Date.parse('2022-01-01T09:00:00Z'),
    ])
    assert.deepEqual(await told('From: nobody'), ['ann@mail.example', 'nobody', null, null])
    assert.deepEqual(await told('From: <a@b.example,c@d.example>\r\nDate: 1\r\nReply-To: <not an address>'), [
      ...['ann@mail.example', 'a@b.example,c@d.example', null, null],
    ])
    const ahead = new Date(world.clock.now() + 2 * 86_400_000).toUTCString()
    assert.deepEqual(await told(`From: a@b.example\r\nDate: ${ahead}`), ['a@b.example', null, null, null])
  })

  test('goes on with nobody else’s letter, whatever Message-ID that has', async () => {
    const own = await take(letter(['Do you have Emma?']))
    const eve = await take('From: eve@mail.example\r\nSubject: x\r\nMessage-ID: <one@mail.example>\r\n\r\nMine')
    assert.notEqual(eve.thread, own.thread)
    const next = await take('From: ann@mail.example\r\nSubject: y\r\nIn-Reply-To: <one@mail.example>\r\n\r\nWell?')
    assert.equal(next.thread, own.thread)
    const third = await take('From: bea@mail.example\r\nSubject: z\r\nIn-Reply-To: <one@mail.example>\r\n\r\nAnd I?')
    assert.ok(third.thread !== own.thread && third.thread !== eve.thread)
  })

  test('odd ones are read, or kept', async () => {
    const odd: Record<string, string | Buffer> = {
      empty: '',
      'no head': 'just words',
      'no end of a head': 'Subject: x',
      'NULs and half characters': Buffer.from('Subject: a\0b =?utf-8?q?=ED=A0=80?=\r\n\r\nNUL \0 and \xed\xa0\x80', 'latin1'),
      'a charset that there is not': 'Content-Type: text/plain; charset=x-nothing\r\n\r\nHello',
      'a date that is none': 'Date: the day after\r\nSubject: x\r\n\r\nHello',
      'no sender': 'Subject: x\r\n\r\nHello',
      'a thousand recipients': `To: ${Array.from({ length: 1_000 }, (_, n) => `a${n}@b.example`).join(',\r\n ')}\r\n\r\nHello`,
      '5,000 parts': `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(5_000)}--b--`,
    }
    for (const [name, raw] of Object.entries(odd)) {
      const email = await take(raw)
      assert.ok(!/[\0\ud800-\udfff]/.test(`${email.text}${email.subject}`), name)
    }
    // Deeper than anybody writes: nothing can be made of it, and nothing is lost.
    const deep = Array.from({ length: 300 }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`).join('')
    assert.match(await talk.mail('ann@mail.example', 'help@in.shop.test', deep), /^250 /)
    const kept = await eventually('it is quarantined', async () => {
      await world.clock.advance(5_000)
      return (await arrived()).find(({ state }) => state === 'quarantined')
    })
    assert.match(kept.reason!, /nesting/i)
    assert.equal((await rawOf(read(), kept))!.length, deep.length + 2)
  })

  test('is answered by staff alone as it came, with the files that it brought', async () => {
    const raw = letter(
      [
        '--b',
        '',
        'Look',
        '--b',
        'Content-Type: text/html; name="../a <b>.html"',
        'Content-Disposition: attachment',
        '',
        '<script>alert(1)</script>',
        '--b--',
        '',
      ],
      ['Content-Type: multipart/mixed; boundary=b'],
    )
    const { id, enclosed, inbound } = await take(raw)
    assert.deepEqual(enclosed, [{ place: 0, name: '.._a <b>.html', type: 'text/html', size: 26 }])
    const get = (url: string) => world.call('staff', { method: 'GET', url })
    for (const url of [`/api/emails/${id}/raw`, `/api/inboundMails/${inbound}/raw`]) assert.equal((await get(url)).text, `${raw}\r\n`)
    const file = await get(`/api/emails/${id}/attachments/0`)
    assert.equal(file.text, '<script>alert(1)</script>\n')
    assert.equal(file.headers['content-type'], 'application/octet-stream')
    assert.match(String(file.headers['content-disposition']), /^attachment; filename="\.\._a <b>\.html"; /)
    assert.match(String(file.headers['content-security-policy']), /sandbox/)
    for (const place of ['1', '999', 'x', '0x0'])
      assert.ok([400, 404].includes((await get(`/api/emails/${id}/attachments/${place}`)).status))
    const body = { to: 'ann@mail.example', subject: 'Hello', text: 'Hello' }
    const { body: own } = await world.call('staff', { method: 'POST', url: '/api/emails', body })
    for (const url of [`/api/emails/${own.id}/raw`, `/api/emails/${own.id}/attachments/0`]) assert.equal((await get(url)).status, 404)
  })
})

describe('an answer to a mail of ours', () => {
  let order: string
  const sent: Message[] = []
  const mail: MailTransport = {
    async send(message) {
      sent.push(message)
      return { status: 'accepted', reply: '250 taken' }
    },
    close: async () => {},
  }
  /** Who vouches for letters: nobody, where a test says nothing else. */
  let vouch: AuthenticateMail
  beforeEach(async () => {
    vouch = async () => unknownAuthentication('none')
    talk.hangUp()
    await receiver.close()
    await world.close()
    sent.length = 0
    world = await openWorld({ config, mail, authenticateMail: (raw, carrier) => vouch(raw, carrier) })
    await world.engine.start()
    talk = await talkTo(await open())
  })

  /** The receipt that Ann got, where she answers it to, and where mail systems tell what became of it. */
  async function bought(): Promise<{ readonly out: Email; readonly replyTo: string; readonly returnPath: string }> {
    const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 1 }])
    const body = { email: 'ann@mail.example' }
    await world.call('guest', { method: 'PATCH', url: `/api/carts/${cart.id}`, headers: cart.headers, body })
    order = (await checkOut(world, 'guest', cart, 'card_success')).body.order.id
    const out = await eventually('the receipt is sent', async () => {
      await world.clock.advance(1_000)
      const [email] = await read().find(emails, { where: and(eq('record', order), eq('template', 'order_receipt')), limit: 1 })
      return email?.status === 'sent' ? email : null
    })
    const { replyTo, returnPath } = sent.find(({ messageId }) => messageId === out.messageId)!
    return { out, replyTo: replyTo!, returnPath: returnPath! }
  }
  const take = async (lines: readonly string[], to: string, from = 'ann@mail.example') =>
    await letterOf(await talk.mail(from, to, lines.join('\r\n')))

  test('finds the order by the address alone, which nobody else can make up', async () => {
    const { out, replyTo } = await bought()
    assert.match(replyTo, /^reply\+[0-9a-z]{47}@in\.shop\.test$/)
    const letter = await take(['From: Ann <ann@mail.example>', '', 'When, then?', '', '> It is late.'], replyTo.toUpperCase())
    assert.deepEqual([letter.record, letter.reply, letter.text], [order, 'When, then?', 'When, then?\n\n> It is late.'])
    const [thread] = await read().find(emailThreads, { limit: 10 })
    assert.deepEqual([thread!.record, thread!.address, thread!.subject, letter.thread], [order, out.to, out.subject, thread!.id])
    // Some mail systems know no plus.
    const minus = await take(['From: ann@mail.example', '', 'Again'], replyTo.replace('+', '-'))
    assert.equal(minus.thread, thread!.id)
    // One character of it is another: refused while the sender still speaks.
    await talk.say('MAIL FROM:<eve@mail.example>')
    for (let place = 6; place < 53; place++) {
      const other = replyTo[place] === '0' ? '1' : '0'
      assert.match(await talk.say(`RCPT TO:<${replyTo.slice(0, place)}${other}${replyTo.slice(place + 1)}>`), /^550|^$/)
    }
  })

  test('is kept without the secret of the link that it quotes, which opens the order; as it came it stays', async () => {
    const { out, replyTo } = await bought()
    const { text } = sent.find(({ messageId }) => messageId === out.messageId)!
    const [, secret] = /#token=(order_[\w-]+)/.exec(text)!
    const boundary = 'Content-Type: multipart/alternative; boundary=b'
    const quoted = [`Where?`, '', ...text.split('\n').map((line) => `> ${line}`)]
    const html = ['--b', 'Content-Type: text/html', '', `<p>Where?</p><a href="https://shop.test/orders/x#token=${secret}">`, '--b--']
    const letter = await take(['From: ann@mail.example', boundary, '', '--b', '', ...quoted, ...html], replyTo)
    assert.match(letter.text, /#token=…/)
    for (const kept of [letter.text, letter.html!, letter.reply!]) assert.ok(!kept.includes(secret!))
    const raw = await world.call('staff', { method: 'GET', url: `/api/emails/${letter.id}/raw` })
    assert.ok(raw.text.includes(secret!))
  })

  test('to two orders at once stands at both, and in both conversations', async () => {
    const first = await bought()
    const one = order
    const second = await bought()
    assert.notEqual(order, one)
    const raw = ['From: Ann <ann@mail.example>', 'Message-ID: <both@mail.example>', '', 'One parcel for both, please.'].join('\r\n')
    const answer = await talk.mail('ann@mail.example', [first.replyTo, second.replyTo, 'help@in.shop.test'], raw)
    await letterOf(answer)
    const found = await letters()
    assert.deepEqual(found.map(({ record }) => record).toSorted(), [one, order].toSorted())
    assert.equal(new Set(found.map(({ thread }) => thread)).size, 2)
    assert.equal(new Set(found.map(({ inbound }) => inbound)).size, 1)
    // Brought again by another way: still one at each.
    await letterOf(await talk.mail('ann@mail.example', [second.replyTo, 'help@in.shop.test', first.replyTo], `X-Way: other\r\n${raw}`))
    assert.equal((await letters()).length, 2)
  })

  test('finds it by the Message-ID of ours, however far back; and by no subject', async () => {
    const { out } = await bought()
    const near = await take(['From: ann@mail.example', 'Subject: Re: x', `In-Reply-To: ${out.messageId}`, '', 'One'], 'help@in.shop.test')
    assert.equal(near.record, order)
    const far = await take(
      ['From: ann@mail.example', `References: ${out.messageId} <a@b.example> <c@d.example>`, '', 'Two'],
      'help@in.shop.test',
    )
    assert.equal(far.thread, near.thread)
    for (const id of [out.messageId.replace('@', '@x.'), `<${out.id}@shop.example>`, `<${out.id}>`])
      assert.equal(
        (await take(['From: ann@mail.example', `In-Reply-To: ${id}`, `Subject: Re: ${out.subject}`, '', id], 'help@in.shop.test')).record,
        null,
      )
  })

  test('staff answer in the same thread, and whoever got hold of the address is not written to', async () => {
    const { out, replyTo } = await bought()
    const letter = await take(['From: eve@mail.example', 'Message-ID: <first@mail.example>', '', 'Send it to me.'], replyTo)
    assert.deepEqual([letter.record, letter.isVerified], [order, false])
    const ask = (method: string, url: string, body: object) =>
      world.call('staff', { method, url: `/api/emailThreads/${letter.thread}${url}`, body })
    const answer = await ask('POST', '/reply', { text: 'No.', status: 'closed' })
    assert.equal(answer.status, 201, answer.text)
    const message = await eventually('it is sent', async () => sent.find(({ messageId }) => messageId === answer.body.messageId))
    assert.deepEqual([out.isAutomatic, message.isAutomatic], [true, false])
    assert.deepEqual(
      [message.to, message.subject, message.text, message.inReplyTo, message.references],
      ['ann@mail.example', `Re: ${out.subject}`, 'No.', '<first@mail.example>', [out.messageId, '<first@mail.example>']],
    )
    const thread = async () => (await read().get(emailThreads, letter.thread!))!
    assert.deepEqual([(await thread()).status, (await thread()).isUnread], ['closed', false])
    // To the address of the answer, whose thread it is; it opens again.
    const next = await take(['From: ann@mail.example', `In-Reply-To: ${message.messageId}`, '', 'Thanks.'], message.replyTo!)
    assert.deepEqual([next.thread, (await thread()).status, (await thread()).isUnread], [letter.thread, 'open', true])
    const all = await world.call('staff', { method: 'GET', url: `/api/emails?filter[thread]=${letter.thread}&fields=id` })
    assert.deepEqual(all.body.items.map(({ id }: { id: string }) => id).toSorted(), [out.id, letter.id, answer.body.id, next.id].toSorted())
    assert.equal((await ask('PATCH', '', { assignee: world.ids['staff'] })).body.assignee, world.ids['staff'])
    for (const assignee of [world.ids['other'], 'usr_nobody']) assert.equal((await ask('PATCH', '', { assignee })).status, 400)
    assert.equal((await ask('PATCH', '', { assignee: null, status: 'closed' })).body.assignee, null)
  })

  test('is the customer’s where their domain vouches for it, and nobody else’s whoever has the address', async () => {
    const { replyTo } = await bought()
    const dns = await startDnsServer({
      'mail.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
      '_dmarc.mail.example': { TXT: ['v=DMARC1; p=none'] },
      'evil.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    })
    vouch = createMailAuthenticator({ dns: systemDns([dns]), clock: systemClock, name: 'in.shop.test' })
    try {
      const named = async (email: Email) => (await read().get(emailThreads, email.thread!))!.name
      const own = await take(['From: Ann <Ann@mail.example>', '', 'Mine'], replyTo)
      assert.deepEqual([own.isVerified, own.record, own.authentication?.dmarc.result], [true, order, 'pass'])
      // Of her domain, and of another one that vouches for its own; and what says it is hers.
      const near = await take(['From: bob@mail.example', '', 'Bob'], replyTo, 'bob@mail.example')
      const eve = await take(['From: eve@evil.example', 'Message-ID: <e@evil.example>', '', 'Eve'], replyTo, 'eve@evil.example')
      const forged = await take(['From: Eve <ann@mail.example>', '', 'Forged'], replyTo, 'eve@evil.example')
      assert.equal(await named(forged), 'Ann')
      assert.deepEqual(
        [near, eve, forged].map(({ isVerified, authentication, record }) => [isVerified, authentication?.isAuthentic, record]),
        [
          [false, true, order],
          [false, true, order],
          [false, false, order],
        ],
      )
      // Who answers their own letter in it is nobody else by that.
      const again = await take(
        ['From: eve@evil.example', 'In-Reply-To: <e@evil.example>', '', 'Me'],
        'help@in.shop.test',
        'eve@evil.example',
      )
      assert.deepEqual([again.isVerified, again.thread], [false, own.thread])
      // One that answers nothing is of whoever wrote it.
      const first = await take(['From: eve@evil.example', '', 'Hello'], 'help@in.shop.test', 'eve@evil.example')
      assert.deepEqual([first.isVerified, first.record], [true, null])
      // But not of whoever it names for the answer.
      const other = await take(
        ['From: eve@evil.example', 'Reply-To: ann@mail.example', '', 'Send it here'],
        'help@in.shop.test',
        'eve@evil.example',
      )
      const { address, isVerified } = (await read().get(emailThreads, other.thread!))!
      assert.deepEqual([address, isVerified, other.isVerified, other.authentication?.isAuthentic], ['ann@mail.example', false, false, true])
      // What cannot be looked up keeps no letter back.
      vouch = async () => assert.fail('the thread was ended')
      const unknown = await take(['From: ann@mail.example', '', 'Late'], replyTo)
      assert.deepEqual([unknown.isVerified, unknown.authentication?.spf.result], [false, 'temperror'])
      const seen = await world.call('staff', { method: 'GET', url: `/api/emails/${own.id}` })
      assert.deepEqual(seen.body.authentication.spf, { result: 'pass', domain: 'mail.example' })
    } finally {
      await dns.close()
    }
  })

  test('a program’s answer opens nothing again, and nothing answers it', async () => {
    const { replyTo } = await bought()
    for (const head of [
      'Auto-Submitted: auto-replied',
      'Precedence: bulk',
      'X-Autoreply: yes',
      'List-Id: <a.example>',
      'Subject: Automatische Antwort: weg',
    ]) {
      const letter = await take(['From: ann@mail.example', head, '', `I am away. ${head}`], replyTo)
      assert.deepEqual([letter.isAutomatic, letter.record], [true, order], head)
    }
    const [thread] = await read().find(emailThreads, { limit: 10 })
    assert.equal(thread!.status, 'waiting')
    assert.equal(sent.length, 1)
    // What a person writes in answer is none of a program, and names what it answers.
    const last = await take(
      ['From: ann@mail.example', 'Auto-Submitted: auto-replied', 'Message-ID: <away@mail.example>', '', 'Away.'],
      replyTo,
    )
    const body = { text: 'When are you back?' }
    const answer = await world.call('staff', { method: 'POST', url: `/api/emailThreads/${last.thread}/reply`, body })
    assert.deepEqual([answer.body.isAutomatic, answer.body.inReplyTo], [false, '<away@mail.example>'])
  })

  /** As mail systems write it: of a message with this Message-ID, with this status. */
  const bounce = (id: string, status: string, kind = 'message/delivery-status') => [
    'From: MAILER-DAEMON@mail.example',
    'Subject: Undelivered Mail Returned to Sender',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    '',
    `It could not be delivered. ${id}`,
    '--b',
    `Content-Type: ${kind}`,
    '',
    'Reporting-MTA: dns; mail.example',
    '',
    'Final-Recipient: rfc822; ann@mail.example',
    `Action: ${status.startsWith('4') ? 'delayed' : 'failed'}`,
    `Status: ${status}`,
    'Diagnostic-Code: smtp; 550 no such user',
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    `Message-ID: ${id}`,
    '--b--',
  ]
  const complaint = (id: string) => [
    'From: feedback@mail.example',
    `Subject: Complaint about message from shop ${id}`,
    'Content-Type: multipart/report; report-type=feedback-report; boundary=b',
    '',
    '--b',
    '',
    'This is an email abuse report.',
    '--b',
    'Content-Type: message/feedback-report',
    '',
    'Feedback-Type: abuse',
    'User-Agent: x/1',
    'Version: 1',
    'Original-Rcpt-To: ann@mail.example',
    '',
    '--b--',
  ]
  const suppressed = async () =>
    (await read().find(suppressions, { limit: 10 })).map(({ address, reason, scope }) => [address, reason, scope])
  const threads = async () => await read().find(emailThreads, { limit: 10 })

  test('a bounce at the return path marks what came back, and is in no conversation', async () => {
    const { out, returnPath } = await bought()
    const now = async () => (await read().get(emails, out.id))!
    // One that only says that it takes longer.
    await take(bounce(out.messageId, '4.4.1'), returnPath, '')
    assert.equal((await now()).status, 'sent')
    const report = await take(bounce(out.messageId, '5.1.1'), returnPath, '')
    assert.deepEqual([(await now()).status, (await now()).lastError], ['bounced', '5.1.1 550 no such user'])
    const [off] = await read().find(suppressions, { limit: 10 })
    assert.deepEqual([off!.address, off!.reason, off!.email], ['ann@mail.example', 'bounce', out.id])
    assert.deepEqual([report.thread, report.record], [null, order])
    assert.deepEqual(await threads(), [])
  })

  test('whoever was handed a mail of ours keeps its customer off nothing, by no report that they make up', async () => {
    const { out, replyTo } = await bought()
    for (const [at, lines] of [
      ['reply', bounce(out.messageId, '5.1.1')],
      ['help', bounce(out.messageId, '5.1.1').with(1, 'Subject: Returned')],
      ['reply', complaint('one')],
      ['reply', ['From: eve@mail.example', 'Subject: Complaint about message from shop', '', 'x']],
    ] as const) {
      const letter = await take(lines, at === 'reply' ? replyTo : 'help@in.shop.test', '')
      // Staff see it where the mail is.
      assert.equal(letter.record, order)
      assert.notEqual(letter.thread, null)
    }
    assert.equal((await read().get(emails, out.id))!.status, 'sent')
    assert.deepEqual(await suppressed(), [])
  })

  test('a complaint ends what nobody asked for, and only in the form that mail systems have for it', async () => {
    const { out, returnPath } = await bought()
    await take(['From: ann@mail.example', 'Subject: Complaint about message from shop', '', 'I want my money back.'], returnPath, '')
    assert.deepEqual(await suppressed(), [])
    await take(complaint('two'), returnPath, '')
    assert.deepEqual(await suppressed(), [['ann@mail.example', 'complaint', 'marketing']])
    assert.equal((await read().get(emails, out.id))!.status, 'sent')
  })

  test('letters of people that read like reports wait for staff', async () => {
    const { out, replyTo, returnPath } = await bought()
    const lines = bounce(out.messageId, '5.1.1', 'text/plain')
    for (const [from, to, text] of [
      ['administrator@school.example', 'help@in.shop.test', ['Subject: Our parcel did not reach us', '', 'Where is it?']],
      [
        'ann@mail.example',
        replyTo,
        ['Subject: What is this?', '', 'I got this:', '', ...lines.slice(lines.indexOf('Reporting-MTA: dns; mail.example'))],
      ],
      ['ann@mail.example', returnPath, ['Subject: And this?', '', 'Final-Recipient: rfc822; ann@mail.example', 'Status: 5.1.1']],
    ] as const) {
      const letter = await take([`From: ${from}`, ...text], to, from)
      const thread = (await read().get(emailThreads, letter.thread!))!
      assert.deepEqual([letter.isAutomatic, thread.status, thread.isUnread], [false, 'open', true], from)
      await world.call('staff', { method: 'PATCH', url: `/api/emailThreads/${thread.id}`, body: { status: 'closed' } })
    }
    assert.equal((await read().get(emails, out.id))!.status, 'sent')
    // A real one, of nothing that is ours: shown, and nobody has to answer it.
    const other = await take(bounce('<eml_other@shop.example>', '5.1.1'), 'help@in.shop.test', '')
    const thread = (await read().get(emailThreads, other.thread!))!
    assert.deepEqual([other.isAutomatic, thread.status, thread.isUnread], [true, 'waiting', true])
    assert.deepEqual(await suppressed(), [])
  })
})

test('a conversation of two shops is one on each side, and answers find it', async (t) => {
  const domains = ['a', 'b'] as const
  const shops = new Map<string, World>()
  const from = (name: string) => ({ from: { name: `Shop ${name}`, address: `shop@${name}.test` } })
  /** Carried from one to the other, as two mail servers would. */
  const mail: MailTransport = {
    async send(message) {
      const shop = shops.get(message.to.slice(message.to.lastIndexOf('@') + 1))!
      assert.ok(await shop.engine.isMailTaken(message.to), message.to)
      const envelope = {
        door: 'smtp',
        from: message.returnPath!,
        recipients: [message.to],
        remoteAddress: null,
        helo: null,
        isEncrypted: true,
      } as const
      await shop.engine.receiveMail(await composeMessage(message), envelope)
      return { status: 'accepted', reply: '250 taken' }
    },
    close: async () => {},
  }
  for (const name of domains) {
    const inbound = { domain: `in.${name}.test`, addresses: ['help'] }
    const shop = await openWorld({ config: { ...testConfig, mail: { ...from(name), inbound } }, mail })
    cleanUp(t, () => shop.close())
    await shop.engine.start()
    shops.set(inbound.domain, shop)
  }
  const [a, b] = [...shops.values()] as [World, World]
  const say = async (shop: World, url: string, body: object) => {
    const answer = await shop.call('staff', { method: 'POST', url, body })
    assert.equal(answer.status, 201, answer.text)
    return answer.body
  }
  const heard = (shop: World, text: string) =>
    eventually(`“${text}” is heard`, async () => {
      const all = await shop.engine.parts.storage.reader.find(emails, { where: eq('direction', 'in'), limit: 50 })
      return all.find((one) => one.text === text)
    })
  await say(a, '/api/emails', { to: 'help@in.b.test', subject: 'Paper', text: 'Do you have paper?' })
  const asked = await heard(b, 'Do you have paper?')
  assert.deepEqual([asked.isAutomatic, asked.fromName, asked.from], [false, 'Shop a', 'shop@a.test'])
  await say(b, `/api/emailThreads/${asked.thread}/reply`, { text: 'How much?' })
  const { thread } = await heard(a, 'How much?')
  // Two in a row, before the other side says anything.
  for (const text of ['A lot.', 'Of the thick one.']) await say(a, `/api/emailThreads/${thread}/reply`, { text })
  for (const text of ['A lot.', 'Of the thick one.']) assert.equal((await heard(b, text)).thread, asked.thread, text)
  await say(b, `/api/emailThreads/${asked.thread}/reply`, { text: 'Tomorrow.' })
  const last = await heard(a, 'Tomorrow.')
  assert.deepEqual([last.thread, last.isAutomatic], [thread, false])
  for (const shop of [a, b]) assert.equal((await shop.engine.parts.storage.reader.find(emailThreads, { limit: 10 })).length, 1)
  // One who did not get an address of ours for answers, and names a letter of theirs that we have: `<eml_…@a.test>`, as ours are.
  const raw = ['From: shop@a.test', 'Subject: Re: Paper', `In-Reply-To: ${asked.messageId}`, '', 'By post, please.'].join('\r\n')
  await b.engine.receiveMail(Buffer.from(raw), {
    ...({
      door: 'smtp',
      from: 'shop@a.test',
      recipients: ['help@in.b.test'],
      remoteAddress: null,
      helo: null,
      isEncrypted: false,
    } as const),
  })
  assert.equal((await heard(b, 'By post, please.')).thread, asked.thread)
})
