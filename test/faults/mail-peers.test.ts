// Mail among programs of others: our shops send through Postfix to mailboxes of Dovecot, whose owners answer by swaks and by Postfix. What comes back is
// what those write: notices of Postfix, answers of Sieve. What is signed is verified by three who know nothing of us.
// databases: sqlite
// ci
// waits
import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus } from '../support/http-client.ts'
import { customers, type MailRig, openMailRig, type RigShop, swaks, tapMail, whyNoMailRig } from '../support/mail-rig.ts'
import { checkOut, makeArticle, makeCart } from '../support/shop.ts'
import { talkTo } from '../support/smtp-talk.ts'

const reason = whyNoMailRig()
if (reason !== null) assert.notEqual(process.env['CI'], 'true', `${reason}. In CI this must run.`)
const skip = reason === null ? false : `NOT RUN: ${reason}`

let rig: MailRig
let shop: RigShop
let tap: Awaited<ReturnType<typeof tapMail>>
const ends: (() => unknown)[] = []
const all = { after: (end: () => unknown) => void ends.unshift(end) } as Pick<TestContext, 'after'>

before(async () => {
  if (skip !== false) return
  rig = await openMailRig(all)
  tap = await tapMail(all, rig.postfix.port)
  shop = await rig.openShop('shop.test', { smtpPort: tap.port })
})
after(async () => {
  for (const end of ends) await end()
})

/** What is in somebody's mailbox, as text of one byte a character. */
const mailbox = (name: string) => rig.dovecot.messages(`${name}@${customers}`).map((raw) => raw.toString('latin1'))
const headerOf = (raw: string, name: string) => {
  const [, value] = new RegExp(`^${name}:(.*(?:\r\n[ \t].*)*)`, 'im').exec(raw.slice(0, raw.indexOf('\r\n\r\n'))) ?? []
  return value?.replaceAll(/\r\n[ \t]+/g, ' ').trim()
}
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
    rig.dovecot.addUser(guest)
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
        if (name === 'Mail::DKIM' && selector === 'ed') continue
        const good = await rig.run(command, `${signature}${rest}`)
        assert.equal(good.code, 0, `${name} on ${selector}: ${good.said}`)
        const bad = await rig.run(command, `${signature}${rest.replaceAll('emma', 'emmy')}`)
        assert.notEqual(bad.code, 0, `${name} on ${selector}, with another text`)
      }
    }
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
      assert.deepEqual([letter.record, letter.isAutomatic, letter.subject], [order.id, false, ''])
    }
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
