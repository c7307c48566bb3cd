// A server that speaks just enough IMAP and says what a test wants: sizes that are not true, messages that break off, no end, or are never handed over.
import { createServer, type Socket } from 'node:net'
import type { Cleanable } from './clean-up.ts'

/** `said`: the size it tells, of what is sent. `whole`: as it is. The others fail each time it is asked for. */
export type LyingMessage = {
  readonly raw: string
  readonly said?: number
  readonly way?: 'whole' | 'cut' | 'trickle' | 'huge' | 'silence' | 'nothing'
}

export type LyingImap = {
  readonly port: number
  readonly messages: Map<number, LyingMessage>
  /** What was said to it, without the tags. */
  readonly heard: string[]
  uidValidity: () => number
  /** Refuses to search. */
  refusesSearch: boolean
  /** The answer to whoever signs in; null: let in. */
  refusal: string | null
}

export async function lyingImap(t: Cleanable, messages: readonly LyingMessage[]): Promise<LyingImap> {
  const imap = {
    messages: new Map(messages.map((one, index) => [index + 1, one])),
    heard: [] as string[],
    uidValidity: () => 7,
    refusesSearch: false,
    refusal: null as string | null,
  }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.write('* OK ready\r\n')
    let text = ''
    socket.on('data', (part) => {
      text += part
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        answer(imap, socket, line)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return Object.assign(imap, { port: (server.address() as { port: number }).port })
}

function answer(imap: Omit<LyingImap, 'port'>, socket: Socket, line: string): void {
  const [tag = '', ...words] = line.split(' ')
  const command = words.join(' ')
  imap.heard.push(command)
  const say = (...lines: readonly string[]) => socket.write(`${lines.join('\r\n')}\r\n`)
  const ok = (...lines: readonly string[]) => say(...lines, `${tag} OK done`)
  const uids = () =>
    (/UID (?:SEARCH UID |FETCH |STORE )([\d,:*]+)/.exec(command)?.[1] ?? '').split(',').flatMap((range) => within(imap, range))
  if (/^CAPABILITY/.test(command)) return void ok('* CAPABILITY IMAP4rev1')
  if (/^LOGIN/.test(command)) return void (imap.refusal === null ? ok() : say(`${tag} NO ${imap.refusal}`))
  if (/^LIST/.test(command)) return void ok('* LIST () "/" INBOX')
  if (/^(?:SELECT|EXAMINE)/.test(command)) {
    const next = Math.max(0, ...imap.messages.keys()) + 1
    return void ok(
      '* FLAGS (\\Seen)',
      `* ${imap.messages.size} EXISTS`,
      `* OK [UIDVALIDITY ${imap.uidValidity()}] x`,
      `* OK [UIDNEXT ${next}] x`,
    )
  }
  if (/^UID SEARCH/.test(command) && imap.refusesSearch) return void say(`${tag} NO not now`)
  if (/^UID SEARCH/.test(command)) return void ok(`* SEARCH ${uids().join(' ')}`)
  if (/^UID FETCH/.test(command) && command.includes('RFC822.SIZE'))
    return void ok(
      ...uids().map((uid) => `* ${uid} FETCH (UID ${uid} INTERNALDATE "01-Nov-2026 10:00:00 +0000" RFC822.SIZE ${sizeOf(imap, uid)})`),
    )
  if (/^UID FETCH/.test(command)) return handOver(imap, socket, uids()) ? void ok() : undefined
  if (tag !== 'DONE') ok()
}

/** False where no more is to be said. */
function handOver({ messages }: Omit<LyingImap, 'port'>, socket: Socket, uids: readonly number[]): boolean {
  for (const uid of uids) {
    const { raw, way = 'whole' } = messages.get(uid)!
    const begin = (size: number) => socket.write(`* ${uid} FETCH (UID ${uid} BODY[] {${size}}\r\n`)
    if (way === 'nothing') continue
    if (way === 'silence') return false
    if (way === 'huge') {
      begin(50_000_000)
      return false
    }
    begin(Buffer.byteLength(raw, 'latin1'))
    if (way === 'cut') socket.end(raw.slice(0, 10))
    if (way === 'trickle') trickle(socket, raw)
    if (way !== 'whole') return false
    socket.write(`${raw})\r\n`, 'latin1')
  }
  return true
}

/** A letter at a time, and never the last. */
function trickle(socket: Socket, raw: string): void {
  let at = 0
  const timer = setInterval(() => {
    if (socket.destroyed || at >= raw.length - 1) clearInterval(timer)
    else socket.write(raw[at++]!)
  }, 20)
  timer.unref()
}

function within({ messages }: Pick<LyingImap, 'messages'>, range: string): number[] {
  const [from = '', to = from] = range.split(':')
  const last = Math.max(0, ...messages.keys())
  const end = to === '*' ? Math.max(last, Number(from)) : Number(to)
  // `*` is the last one, whatever number is before it.
  const begin = to === '*' ? Math.min(Number(from), last) : Number(from)
  return [...messages.keys()].filter((uid) => uid >= begin && uid <= end)
}

function sizeOf({ messages }: Pick<LyingImap, 'messages'>, uid: number): number {
  const { raw, said = raw.length } = messages.get(uid)!
  return said
}
