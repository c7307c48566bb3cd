// PostgreSQL that is killed between what a mail server says and what is written of it, with Postfix on the other side: while a letter is being stored, before
// and after its COMMIT is there, and between the 250 for a mail of ours and the note that it went. Counted is by Message-ID, at whoever received it.
// databases: postgres
// ci
// waits
import assert from 'node:assert/strict'
import { type AddressInfo, createServer, connect as netConnect } from 'node:net'
import { after, before, describe, type TestContext, test } from 'node:test'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus } from '../support/http-client.ts'
import { customers, headerOf, type MailRig, openMailRig, type RigShop, skipsMailRig } from '../support/mail-rig.ts'
import { createProxy } from '../support/proxy.ts'
import type { DatabaseServer } from '../support/servers/database-server.ts'
import { effectsAtRest } from '../support/shop.ts'
import { talkTo } from '../support/smtp-talk.ts'

const skip = skipsMailRig()
const ends: (() => unknown)[] = []
const all: Pick<TestContext, 'after'> = { after: (end) => void ends.unshift(end as () => unknown) }
const guest = `guest@${customers}`

let rig: MailRig
let database: DatabaseServer
let cable: Awaited<ReturnType<typeof createProxy>>
let shop: RigShop
/** Called once when Postfix has taken a message, before or after our shop hears of it. */
let onTaken: { readonly before?: () => Promise<void>; readonly after?: () => Promise<void> } | null = null

before(async () => {
  if (skip !== false) return
  rig = await openMailRig(all)
  await rig.dovecot.addUser(guest)
  database = await testDatabase().startServer()
  ends.unshift(() => database.kill())
  const url = await database.createDatabase()
  cable = await createProxy(url)
  ends.unshift(() => cable.close())
  const way = createServer((client) => {
    const peer = netConnect(rig.postfix.port, '127.0.0.1')
    for (const socket of [client, peer]) socket.on('error', () => {})
    client.pipe(peer)
    client.on('close', () => peer.destroy())
    peer.on('close', () => client.destroySoon())
    peer.on('data', (answer: Buffer) => void handOn(answer).catch((error) => client.destroy(error as Error)))
    async function handOn(answer: Buffer): Promise<void> {
      const now = answer.includes('queued as') ? onTaken : null
      if (now !== null) onTaken = null
      await now?.before?.()
      client.write(answer)
      await now?.after?.()
    }
  })
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve))
  ends.unshift(() => way.close())
  shop = await rig.openShop('shop.test', { smtpPort: (way.address() as AddressInfo).port, database: cable.url(url) })
})
after(async () => {
  for (const end of ends) await end()
})

const lettersOf = async (messageId: string): Promise<Body[]> =>
  (await shop.staff.all('/api/emails?filter[direction]=in')).filter((one) => one.messageId === messageId)

async function restart(): Promise<void> {
  await database.kill()
  cable.cut()
  await database.start()
}

describe('PostgreSQL is killed', { skip }, () => {
  // proves P-048
  for (const [name, at] of [
    ['before what stores a letter is there', 'request'],
    ['once what stores a letter is there, before its answer', 'answer'],
  ] as const)
    test(`${name}: Postfix brings the letter again, and it is there once`, async () => {
      const messageId = `<${at}@cust.test>`
      const restarted = new Promise<void>((resolve, reject) => {
        // What the commit of it is called: it goes with the COMMIT.
        cable.strikeAt('mail.receive', at, () => void restart().then(resolve, reject))
      })
      const talk = await talkTo(rig.postfix.port)
      const raw = `From: ${guest}\r\nMessage-ID: ${messageId}\r\nSubject: Hello\r\n\r\nHello.\r\n`
      assert.match(await talk.mail(guest, 'help@in.shop.test', raw), /^250 /)
      talk.hangUp()
      await restarted
      await eventually('Postfix has handed it over', async () => (rig.postfix.queue().length === 0 ? true : null), 90_000)
      await effectsAtRest(shop.staff, 90_000)
      const stored = (await shop.staff.all('/api/inboundMails')).filter(({ from }) => from === guest)
      assert.equal((await lettersOf(messageId)).length, 1)
      assert.equal(stored.length, at === 'request' ? 1 : 2)
    })

  for (const [name, strike] of [
    ['before our shop hears the 250', { before: restart }],
    ['right after our shop has heard the 250', { after: restart }],
  ] as const)
    test(`${name} for a mail of ours: it is there once, or said to be doubtful`, async () => {
      onTaken = strike
      const { id, messageId } = expectStatus(await shop.staff.post('/api/emails', { to: guest, subject: name, text: 'Hello.' }), 201).body
      const email = await eventually(
        'the mail has an end',
        async () => {
          const { body } = expectStatus(await shop.staff.get(`/api/emails/${id}`), 200)
          return ['sent', 'ambiguous'].includes(body.status) ? body : null
        },
        90_000,
      )
      assert.equal(onTaken, null, 'PostgreSQL was killed then')
      const count = rig.dovecot.messages(guest).filter((message) => headerOf(message.toString('latin1'), 'Message-ID') === messageId).length
      if (email.status === 'sent') assert.ok(count >= 1)
      if (count !== 1) assert.notEqual(email.uncertainAt, null, `${count} copies`)
    })
})
