/**
 * Kill -9 while letters come in, again and again on the same data: each that was answered by 250 is there once, however often its sender,
 * who did not hear the answer, brought it again; and none waits to be read.
 *
 * `node --disable-warning=ExperimentalWarning test/faults/letter-kills.ts --database sqlite --kills 100`, or `postgres`, `mariadb`.
 * `TEST_SEED=123` before it draws as the run that printed seed 123.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createChance } from '../support/chance.ts'
import type { Cleanable } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { type ServerProcess, startServer, temporaryFolder, verify } from '../support/server-process.ts'
import { effectsAtRest, signInAdmin } from '../support/shop.ts'
import { talkTo } from '../support/smtp-talk.ts'

const config = join(import.meta.dirname, '../support/mail-in.config.ts')
/** Who writes at once. */
const senders = 6

export type Killed = { readonly kills: number; readonly answered: number; readonly brought: number }

/** What one sender has to bring: a letter, until it hears a 250. */
type Book = { letter: number; brought: number; readonly answered: string[] }

export async function killWhileReceiving(
  t: Cleanable,
  { kills, say }: { readonly kills: number; readonly say: (line: string) => void },
): Promise<Killed> {
  const chance = createChance(say)
  const dataFolder = temporaryFolder(t)
  const open = async () => await startServer(t, { dataFolder, config, env: { KINGPOST_SMTP_PORT: '0' } })
  let server = await open()
  const admin = await signInAdmin(server)
  const token = admin.headers['authorization']!
  const books = Array.from({ length: senders }, (): Book => ({ letter: 0, brought: 0, answered: [] }))
  const answered = () => books.flatMap((book) => book.answered)
  for (let kill = 1; kill <= kills; kill++) {
    const before = answered().length
    const running = { isOver: false }
    const sending = Promise.all(books.map((book, sender) => bring(server, { book, sender, running })))
    await eventually('the first letter of this round', async () => (answered().length > before ? true : null))
    await sleep(chance.below(120))
    server.kill('SIGKILL')
    await server.ended
    running.isOver = true
    await sending
    server = await open()
    if (kill % 25 === 0 || kill === kills) say(`${kill} kills: ${answered().length} letters answered`)
  }
  const staff = server.guest.with({ authorization: token })
  // Those that were just being read are free again when their lease ends.
  await effectsAtRest(staff, 120_000)
  const there = new Map<string, number>()
  for (const { subject } of await staff.all('/api/emails?filter[direction]=in')) there.set(subject, (there.get(subject) ?? 0) + 1)
  const lost = answered().filter((subject) => !there.has(subject))
  const doubled = [...there].filter(([, times]) => times !== 1)
  assert.deepEqual([lost, doubled], [[], []])
  await server.stop()
  const checked = await verify(dataFolder, config)
  assert.equal(checked.code, 0, `${checked.stdout}${checked.stderr}`)
  return { kills, answered: answered().length, brought: books.reduce((sum, { brought }) => sum + brought, 0) }
}

type Bringing = { readonly book: Book; readonly sender: number; readonly running: { isOver: boolean } }

/** As a mail server does: the same bytes again until somebody takes them. */
async function bring({ links }: ServerProcess, { book, sender, running }: Bringing): Promise<void> {
  const port = Number(new URL(links['mail']!).port)
  while (!running.isOver) {
    try {
      const talk = await talkTo(port)
      const subject = `letter ${sender}-${book.letter}`
      const raw = [
        `From: Ann <ann${sender}@mail.example>`,
        'To: help@in.shop.test',
        `Subject: ${subject}`,
        `Message-ID: <${sender}.${book.letter}@mail.example>`,
        '',
        'Where is it?',
      ]
      book.brought++
      const reply = await talk.mail(`ann${sender}@mail.example`, 'help@in.shop.test', raw.join('\r\n'))
      talk.hangUp()
      if (!reply.startsWith('250')) continue
      book.answered.push(subject)
      book.letter++
    } catch {
      // It is being killed.
      if (!running.isOver) await sleep(5)
    }
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { database: { type: 'string', default: 'sqlite' }, kills: { type: 'string', default: '100' } } })
  process.env['DATABASES'] = values.database
  const cleanUps: (() => unknown)[] = []
  try {
    const say = (line: string) => console.log(line)
    const { kills, answered, brought } = await killWhileReceiving(
      { after: (done: () => unknown) => void cleanUps.push(done) },
      { kills: Number(values.kills), say },
    )
    console.log(
      `${values.database}: ${kills} kills, ${brought} times a letter was brought, ${answered} answered and there once, and all invariants hold.`,
    )
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  }
}
