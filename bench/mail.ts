/**
 * Mail out and in: `node bench/mail.ts [--messages 10000] [--only create,out,smtp,imap,postfix]`. Messages of two kilobytes. Out: written by `POST /api/emails` and
 * sent to a mail server in this process, beside the same kept by the engine (`create`), so that the difference is sending alone. In: brought by twenty
 * conversations of SMTP, or read out of a mailbox of Dovecot; told are the time until the last was taken, and until the last was read. Beside them
 * Postfix alone, which takes the same by SMTP and hands it to the same mail server. Databases and queues lie in memory where the system has room there. Told
 * is the processor time of the server's processes, all threads and children that have ended included, for each message, and the most memory they held.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { HttpClient } from '../test/support/http-client.ts'
import { type ServerProcess, startServer, temporaryFolder } from '../test/support/server-process.ts'
import { mailPassword, startDovecot } from '../test/support/servers/dovecot.ts'
import { startPostfix } from '../test/support/servers/postfix.ts'
import { signInAdmin } from '../test/support/shop.ts'
import { talkTo } from '../test/support/smtp-talk.ts'
import { integerOption } from './options.ts'
import { parseField } from './proc.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '10000' }, only: { type: 'string', default: 'create,out,smtp,imap,postfix' } },
})
const count = integerOption('messages', values.messages, { min: 100, max: 1_000_000 })
const works = values.only.split(',')
const config = join(import.meta.dirname, 'kingpost/mail.config.ts')
const conversations = 20

const cleanUps: (() => unknown)[] = []
const t = { after: (done: () => unknown) => void cleanUps.push(done) }
const rows: string[][] = []

type Measured = { readonly seconds: number; readonly cpuUs: number; readonly mostMb: number }

/** Of a process and all that it has begun. */
async function measured(pid: number, work: () => Promise<unknown>): Promise<Measured> {
  const before = cpuUsOf(pid)
  const beganAt = performance.now()
  let mostMb = residentMbOf(pid)
  const timer = setInterval(() => {
    mostMb = Math.max(mostMb, residentMbOf(pid))
  }, 100)
  await work()
  clearInterval(timer)
  return { seconds: (performance.now() - beganAt) / 1_000, cpuUs: cpuUsOf(pid) - before, mostMb }
}

function cpuUsOf(pid: number): number {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ')
  // Its own, and of children that have ended; in steps of 10 ms.
  const own = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0) * 10_000
  return childrenOf(pid).reduce((sum, child) => sum + cpuUsOf(child), own)
}

function residentMbOf(pid: number): number {
  const own = (parseField(read(`/proc/${pid}/status`), 'VmRSS') * 1_024) / 1e6
  return childrenOf(pid).reduce((sum, child) => sum + residentMbOf(child), Number.isNaN(own) ? 0 : own)
}

function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number))
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function say(name: string, { seconds, cpuUs, mostMb }: Measured): void {
  rows.push([name, formatCount(count / seconds), formatCount(cpuUs / count), formatCount(mostMb), formatDecimal(seconds, 1)])
  console.error(rows.at(-1)!.join('  '))
}

const letterOf = (number: number) =>
  [
    `From: Ann Lee <ann${number % 500}@mail.example>`,
    'To: help@in.shop.test',
    `Subject: Where is my order ${number}?`,
    `Message-ID: <${number}@mail.example>`,
    'Date: Tue, 01 Dec 2026 10:00:00 +0000',
    '',
    ...Array.from(
      { length: 24 },
      (_, line) => `Line ${line} of letter ${number}: I have waited for it since Monday, and nobody knows where it is.`,
    ),
    '',
  ].join('\r\n')

/** A mail server that takes everything, and what it took. */
async function startSink(): Promise<{ readonly port: number; taken(): number }> {
  let taken = 0
  const server = createServer((socket) => {
    let isData = false
    let text = ''
    socket.on('error', () => {})
    socket.write('220 sink\r\n')
    socket.on('data', (part) => {
      text += part.toString('latin1')
      for (;;) {
        const mark = isData ? '\r\n.\r\n' : '\r\n'
        const end = text.indexOf(mark)
        if (end < 0) return
        const line = text.slice(0, end)
        text = text.slice(end + mark.length)
        if (isData) taken++
        const begins = !isData && /^DATA/i.test(line)
        isData = begins
        if (/^QUIT/i.test(line) && !begins) socket.end('221 bye\r\n')
        else socket.write(begins ? '354 go on\r\n' : /^EHLO/i.test(line) ? '250-sink\r\n250 PIPELINING\r\n' : '250 2.0.0 ok\r\n')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return { port: (server.address() as { port: number }).port, taken: () => taken }
}

async function until(isDone: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 100))
}

async function atOnce(work: (number: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: conversations }, async () => {
      while (next < count) await work(next++)
    }),
  )
}

/** Each has all its letters to bring, one after the other. */
async function bring(port: number): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: conversations }, async () => {
      const talk = await talkTo(port)
      while (next < count) {
        const reply = await talk.mail('ann@mail.example', 'help@in.shop.test', letterOf(next++).trimEnd())
        if (!reply.startsWith('250')) throw new Error(`a letter was answered by ${reply || 'nothing'}`)
      }
      talk.hangUp()
    }),
  )
}

const open = async (env: Record<string, string>) =>
  await startServer(t, { dataFolder: temporaryFolder(t), config, env: { KINGPOST_RATE_LIMITS: 'off', KINGPOST_SMTP_PORT: '0', ...env } })

const areAtRest = async (staff: HttpClient) =>
  (await staff.get('/api/effects?filter[state][in]=ready,running&limit=1')).body.items.length === 0

async function write(staff: HttpClient): Promise<void> {
  const text = letterOf(0)
    .slice(letterOf(0).indexOf('\r\n\r\n') + 4)
    .replaceAll('\r', '')
  await atOnce(async (number) => {
    const { status } = await staff.post('/api/emails', { to: `ann${number}@mail.example`, subject: `About order ${number}`, text })
    if (status !== 201) throw new Error(`a mail was answered by ${status}`)
  })
}

/** Until the last was taken, and until the last was read. */
async function sayBoth(name: string, server: ServerProcess, take: (staff: HttpClient) => Promise<void>): Promise<void> {
  const staff = await signInAdmin(server)
  const all = await measured(server.pid, async () => {
    say(`${name}, until the last was taken`, await measured(server.pid, () => take(staff)))
    await until(() => areAtRest(staff))
  })
  say(`${name}, until the last was read`, all)
  await server.stop()
}

const load = loadavg()[0]!
try {
  if (works.includes('create')) {
    const server = await open({ KINGPOST_MAIL: 'capture' })
    const staff = await signInAdmin(server)
    say(
      'out: written, and kept',
      await measured(server.pid, async () => {
        await write(staff)
        await until(() => areAtRest(staff))
      }),
    )
    await server.stop()
  }
  if (works.includes('out')) {
    const sink = await startSink()
    const server = await open({ KINGPOST_SMTP_URL: `smtp://127.0.0.1:${sink.port}` })
    const staff = await signInAdmin(server)
    say(
      'out: written, and sent',
      await measured(server.pid, async () => {
        await write(staff)
        await until(() => sink.taken() >= count)
      }),
    )
    await server.stop()
  }
  if (works.includes('smtp')) {
    const server = await open({})
    await sayBoth('in by SMTP', server, async () => await bring(Number(new URL(server.links['mail']!).port)))
  }
  if (works.includes('imap')) {
    const dovecot = await startDovecot()
    t.after(() => dovecot.stop())
    dovecot.addUser('bench@in.shop.test')
    for (let number = 0; number < count; number++) dovecot.store('bench@in.shop.test', letterOf(number))
    const server = await open({ BENCH_IMAP_PORT: String(dovecot.imapPort), BENCH_PASSWORD: mailPassword })
    await sayBoth('in by IMAP', server, async (staff) => {
      await until(async () => {
        const [box] = (await staff.get('/api/inboundMailboxes')).body.items
        return box?.state === 'waiting' && box.lastUid >= count
      })
    })
  }
  if (works.includes('postfix')) {
    const sink = await startSink()
    const postfix = await startPostfix({
      ...{ name: 'relay.test', domains: [], lmtpSocket: '/nowhere', nameServer: '127.0.0.1' },
      ways: { '*': `smtp:[127.0.0.1]:${sink.port}` },
    })
    t.after(() => postfix.stop())
    const all = await measured(postfix.pid(), async () => {
      say('Postfix, until the last was taken', await measured(postfix.pid(), () => bring(postfix.port)))
      await until(() => sink.taken() >= count)
    })
    say('Postfix, until the last was handed on', all)
  }
} finally {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
}
console.log(
  `${formatCount(count)} messages, load average ${formatDecimal(load, 1)} before and ${formatDecimal(loadavg()[0], 1)} after, Node ${process.versions.node}\n`,
)
console.log(renderTable(['', 'messages/s', 'CPU us each', 'most MB', 'seconds'], rows))
