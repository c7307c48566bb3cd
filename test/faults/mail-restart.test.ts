// PostgreSQL that is killed between what a mail server says and what is written of it, with Postfix on the other side: while a letter is being stored, before
// and after its COMMIT is there, and between the 250 for a mail of ours and the note that it went. Counted is by Message-ID, at whoever received it.
// databases: postgres
// ci
// waits
import assert from 'node:assert/strict'
import { type AddressInfo, createServer, connect as netConnect } from 'node:net'
import { after, before, describe, type TestContext, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { expectStatus } from '../support/http-client.ts'
import { skipsMailRig } from '../support/mail-rig.ts'
import { copiesOf, guest, handLetters, mailAtRest, openRestartRig, type RestartRig, restartWhileMailGoes } from './mail-restarts.ts'

const skip = skipsMailRig()
const restarts = 3
const ends: (() => unknown)[] = []
const all: Pick<TestContext, 'after'> = { after: (end) => void ends.unshift(end as () => unknown) }

let parts: RestartRig
/** Called once when Postfix has taken a message, before or after our shop hears of it. */
let onTaken: { readonly before?: () => Promise<void>; readonly after?: () => Promise<void> } | null = null

before(async () => {
  if (skip === false) parts = await openRestartRig(all, wayThatStrikes)
})
after(async () => {
  for (const end of ends) await end()
})

async function wayThatStrikes(target: number): Promise<number> {
  const way = createServer((client) => {
    const peer = netConnect(target, '127.0.0.1')
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
  return (way.address() as AddressInfo).port
}

describe('PostgreSQL is killed', { skip }, () => {
  // proves P-048
  for (const [name, at] of [
    ['before what stores a letter is there', 'request'],
    ['once what stores a letter is there, before its answer', 'answer'],
  ] as const)
    test(`${name}: Postfix brings the letter again, and it is there once`, async () => {
      const messageId = `<${at}@cust.test>`
      const { cable, restart, shop } = parts
      const restarted = new Promise<void>((resolve, reject) => {
        // What the commit of it is called: it goes with the COMMIT.
        cable.strikeAt('mail.receive', at, () => void restart().then(resolve, reject))
      })
      await handLetters(parts, [messageId])
      await restarted
      await mailAtRest(parts)
      const stored = (await shop.staff.all('/api/inboundMails')).filter(({ from }) => from === guest)
      const letters = (await shop.staff.all('/api/emails?filter[direction]=in')).filter((one) => one.messageId === messageId)
      assert.equal(letters.length, 1)
      assert.equal(stored.length, at === 'request' ? 1 : 2)
    })

  for (const [name, strike] of [
    ['before our shop hears the 250', { before: () => parts.restart() }],
    ['right after our shop has heard the 250', { after: () => parts.restart() }],
  ] as const)
    test(`${name} for a mail of ours: it is there once, or said to be doubtful`, async () => {
      const { shop } = parts
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
      const count = copiesOf(parts, messageId)
      if (email.status === 'sent') assert.ok(count >= 1)
      if (count !== 1) assert.notEqual(email.uncertainAt, null, `${count} copies`)
    })

  // proves P-048
  test(`${restarts} times at any moment: each letter is there once, and each mail as often as its record says`, async (t) => {
    const done = await restartWhileMailGoes(parts, { restarts, say: (line) => t.diagnostic(line) })
    t.diagnostic(`${done.letters} letters, ${done.mails} mails, ${done.doubtful} doubtful`)
  })
})
