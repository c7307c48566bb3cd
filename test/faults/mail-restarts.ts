/**
 * A database server that is killed and started again at any moment while letters come in by Postfix and mails go out by it: each letter is there once, and each
 * mail as often as its record says.
 *
 * `node --disable-warning=ExperimentalWarning test/faults/mail-restarts.ts --database postgres --restarts 50`, or `mariadb`.
 * `TEST_SEED=123` before it draws as the run that printed seed 123.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createChance } from '../support/chance.ts'
import { type Cleanable, cleanUp } from '../support/clean-up.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus } from '../support/http-client.ts'
import { customers, headerOf, type MailRig, openMailRig, type RigShop } from '../support/mail-rig.ts'
import { createProxy } from '../support/proxy.ts'
import type { DatabaseServer } from '../support/servers/database-server.ts'
import { effectsAtRest } from '../support/shop.ts'
import { talkTo } from '../support/smtp-talk.ts'

export const guest = `guest@${customers}`
/** At each restart: letters in, and as many mails out. */
const mailsAtOnce = 5
const restMs = 120_000

export type RestartRig = {
  readonly rig: MailRig
  readonly shop: RigShop
  readonly database: DatabaseServer
  /** Between the shop and its database. */
  readonly cable: Awaited<ReturnType<typeof createProxy>>
  /** Kill -9, and start. */
  restart(): Promise<void>
}

/** `wayOf`: the port that the shop sends by, where it is not Postfix itself. */
export async function openRestartRig(
  t: Cleanable,
  wayOf: (postfix: number) => Promise<number> = async (port) => port,
): Promise<RestartRig> {
  const rig = await openMailRig(t)
  await rig.dovecot.addUser(guest)
  const database = await testDatabase().startServer()
  cleanUp(t, () => database.kill())
  const url = await database.createDatabase()
  const cable = await createProxy(url)
  cleanUp(t, () => cable.close())
  const shop = await rig.openShop('shop.test', { smtpPort: await wayOf(rig.postfix.port), database: cable.url(url) })
  async function restart(): Promise<void> {
    await database.kill()
    cable.cut()
    await database.start()
  }
  return { rig, shop, database, cable, restart }
}

/** Hands letters of these Message-IDs to Postfix. */
export async function handLetters({ rig }: Pick<RestartRig, 'rig'>, ids: readonly string[]): Promise<void> {
  const talk = await talkTo(rig.postfix.port)
  for (const id of ids) {
    const raw = `From: ${guest}\r\nMessage-ID: ${id}\r\nSubject: ${id}\r\n\r\nHello.\r\n`
    assert.match(await talk.mail(guest, 'help@in.shop.test', raw), /^250 /)
  }
  talk.hangUp()
}

/** Until Postfix has handed all over, and nothing is owed here. */
export async function mailAtRest({ rig, shop }: Pick<RestartRig, 'rig' | 'shop'>): Promise<void> {
  await eventually('Postfix has handed all over', async () => (rig.postfix.queue().length === 0 ? true : null), restMs)
  await effectsAtRest(shop.staff, restMs)
  await eventually('what went out is delivered', async () => (rig.postfix.queue().length === 0 ? true : null), restMs)
}

/** The copies of a mail in its reader's mailbox. */
export function copiesOf({ rig }: Pick<RestartRig, 'rig'>, messageId: string): number {
  return rig.dovecot.messages(guest).filter((raw) => headerOf(raw.toString('latin1'), 'Message-ID') === messageId).length
}

export async function restartWhileMailGoes(
  parts: RestartRig,
  { restarts, say }: { readonly restarts: number; readonly say: (line: string) => void },
): Promise<{ readonly letters: number; readonly mails: number; readonly doubtful: number }> {
  const { shop, restart } = parts
  const chance = createChance(say)
  const letters: string[] = []
  const mails: Body[] = []
  for (let round = 1; round <= restarts; round++) {
    const ids = Array.from({ length: mailsAtOnce }, (_, index) => `<${round}.${index}@cust.test>`)
    const sending = Promise.all([handLetters(parts, ids), ...ids.map(async (subject) => void mails.push(await send(shop, subject)))])
    await sleep(chance.below(400))
    await restart()
    await sending
    letters.push(...ids)
    if (round % 10 === 0) say(`${round} restarts`)
  }
  await mailAtRest(parts)
  const there = Map.groupBy(await shop.staff.all('/api/emails?filter[direction]=in'), ({ messageId }) => messageId)
  assert.deepEqual(
    letters.filter((id) => there.get(id)?.length !== 1),
    [],
    'each letter is there once',
  )
  let doubtful = 0
  for (const { id } of mails) {
    const email = expectStatus(await shop.staff.get(`/api/emails/${id}`), 200).body
    const count = copiesOf(parts, email.messageId)
    assert.ok(['sent', 'ambiguous'].includes(email.status), `${id} is ${email.status}`)
    if (email.uncertainAt !== null) doubtful++
    else assert.deepEqual([email.status, count], ['sent', 1], `${count} copies of ${id}, and nothing says so`)
    if (email.status === 'sent') assert.ok(count > 0, `${id} is lost`)
  }
  return { letters: letters.length, mails: mails.length, doubtful }
}

/** As a client does that hears nothing: again, under the same key. */
async function send({ staff }: RigShop, subject: string): Promise<Body> {
  const headers = { 'idempotency-key': randomUUID() }
  return await eventually(
    `a mail ${subject} is owed`,
    async () => expectStatus(await staff.post('/api/emails', { to: guest, subject, text: 'Hello.' }, headers), 201).body,
    restMs,
  )
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { database: { type: 'string', default: 'postgres' }, restarts: { type: 'string', default: '50' } },
  })
  process.env['DATABASES'] = values.database
  const cleanUps: (() => unknown)[] = []
  try {
    const parts = await openRestartRig({ after: (done: () => unknown) => void cleanUps.push(done) })
    const done = await restartWhileMailGoes(parts, { restarts: Number(values.restarts), say: (line) => console.log(line) })
    console.log(
      `${values.database}: ${values.restarts} restarts, ${done.letters} letters in, each once; ${done.mails} mails out, none lost, ${done.doubtful} said to be doubtful.`,
    )
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  }
}
