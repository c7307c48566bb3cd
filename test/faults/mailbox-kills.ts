/**
 * Kill -9 while a mailbox is read, again and again on the same data: each message that lies there becomes one letter, and all of them are marked as read.
 *
 * `node --disable-warning=ExperimentalWarning test/faults/mailbox-kills.ts --database sqlite --kills 50`, or `postgres`, `mariadb`.
 * `TEST_SEED=123` before it draws as the run that printed seed 123.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ImapFlow } from 'imapflow'
import { createChance } from '../support/chance.ts'
import type { Cleanable } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { type ServerProcess, startServer, temporaryFolder, verify } from '../support/server-process.ts'
import { mailPassword, startDovecot } from '../support/servers/dovecot.ts'
import { signInAdmin } from '../support/shop.ts'

const config = join(import.meta.dirname, '../support/mailbox.config.ts')
const user = 'box@in.shop.test'
/** More than are held at once. */
const lettersPerKill = 120

export type MailboxKilled = { readonly kills: number; readonly letters: number; readonly read: number }

export async function killWhilePolling(
  t: Cleanable,
  { kills, say }: { readonly kills: number; readonly say: (line: string) => void },
): Promise<MailboxKilled> {
  const chance = createChance(say)
  const dovecot = await startDovecot()
  t.after(() => dovecot.stop())
  dovecot.addUser(user)
  const dataFolder = temporaryFolder(t)
  const env = { TEST_IMAP_PORT: String(dovecot.imapPort), TEST_IMAP_PASSWORD: mailPassword }
  const open = async () => await startServer(t, { dataFolder, config, env })
  let letters = 0
  const post = () => {
    for (let more = 0; more < lettersPerKill; more++) dovecot.store(user, letterOf(letters++))
  }
  let server = await open()
  const token = (await signInAdmin(server)).headers['authorization']!
  const staffOf = ({ guest }: ServerProcess) => guest.with({ authorization: token })
  let read = 0
  for (let kill = 1; kill <= kills; kill++) {
    post()
    const before = await takenOf(staffOf(server))
    await eventually('some of them are taken', async () => ((await takenOf(staffOf(server))) > before ? true : null), 120_000)
    await sleep(chance.below(80))
    server.kill('SIGKILL')
    await server.ended
    server = await open()
    read = await takenOf(staffOf(server))
    if (kill % 10 === 0 || kill === kills) say(`${kill} kills: ${read} of ${letters} letters were stored when it began again`)
  }
  const staff = staffOf(server)
  // On a database server the lease of the process that was killed has to end.
  await eventually('all are taken', async () => ((await boxOf(staff))?.lastUid >= letters ? true : null), 240_000)
  const idle = async () => (await staff.get('/api/effects?filter[state][in]=ready,running&limit=1')).body.items.length === 0
  await eventually('all are read', async () => ((await idle()) ? true : null), 240_000)
  const there = new Map<string, number>()
  for (const { subject } of await staff.all('/api/emails?filter[direction]=in')) there.set(subject, (there.get(subject) ?? 0) + 1)
  const wrong = Array.from({ length: letters }, (_, number) => `letter ${number}`).filter((subject) => there.get(subject) !== 1)
  assert.deepEqual([wrong, there.size], [[], letters])
  assert.equal(await unseen(dovecot.imapPort), 0)
  await server.stop()
  const checked = await verify(dataFolder, config)
  assert.equal(checked.code, 0, `${checked.stdout}${checked.stderr}`)
  return { kills, letters, read }
}

type Staff = ServerProcess['guest']

const boxOf = async (staff: Staff) => (await staff.get('/api/inboundMailboxes')).body.items[0]
/** As the database has it, whatever the mailbox says. */
const takenOf = async (staff: Staff): Promise<number> => (await staff.get('/api/inboundMails?limit=1&count=true')).body.count

const letterOf = (number: number) =>
  `From: Ann <ann${number % 9}@mail.example>\r\nTo: ${user}\r\nSubject: letter ${number}\r\nMessage-ID: <${number}@mail.example>\r\n\r\nWhere is it?\r\n`

async function unseen(port: number): Promise<number | undefined> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass: mailPassword },
    logger: false,
  })
  await client.connect()
  const status = await client.status('INBOX', { unseen: true })
  await client.logout()
  return status ? status.unseen : undefined
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { database: { type: 'string', default: 'sqlite' }, kills: { type: 'string', default: '50' } } })
  process.env['DATABASES'] = values.database
  const cleanUps: (() => unknown)[] = []
  try {
    const done = await killWhilePolling(
      { after: (clean: () => unknown) => void cleanUps.push(clean) },
      { kills: Number(values.kills), say: (line: string) => console.log(line) },
    )
    console.log(
      `${values.database}: ${done.kills} kills, ${done.letters} letters, each there once and marked as read, and all invariants hold.`,
    )
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  }
}
