// What stands between the provider and the shop: it hands webhooks on doubled, shuffled and late, and everything else as it came, each to
// one of the shop's processes. The provider hears what the shop answered, so one that nobody took comes again.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Chance } from '../../support/chance.ts'
import { type Cleanable, cleanUp } from '../../support/clean-up.ts'

export const webhookWords = ['doubled', 'shuffled', 'late'] as const
export type WebhookWord = (typeof webhookWords)[number]

export type Relay = {
  readonly url: string
  /** Webhooks that came, copies that were handed on, and those that the shop took. */
  readonly counts: { came: number; handedOn: number; taken: number; outOfOrder: number; late: number }
  /** From now on each goes straight on. */
  calm(): void
}

const shuffleMs = 1_500
const lateShare = 10
const lateMs = 6_000
const repeatAfterMs = 3_000

export async function startRelay(
  t: Cleanable,
  shop: { readonly ports: readonly number[]; readonly chance: Chance; readonly words: readonly WebhookWord[] },
): Promise<Relay> {
  const { ports, chance } = shop
  const counts = { came: 0, handedOn: 0, taken: 0, outOfOrder: 0, late: 0 }
  let words = shop.words
  let newest = 0

  function waitMs(): number {
    const isLate = words.includes('late') && chance.below(100) < lateShare
    if (isLate) counts.late++
    return (words.includes('shuffled') ? chance.below(shuffleMs) : 0) + (isLate ? chance.below(lateMs) : 0)
  }

  async function handOn(webhook: Request, number: number): Promise<Answer | null> {
    await sleep(waitMs())
    counts.handedOn++
    if (number < newest) counts.outOfOrder++
    newest = Math.max(newest, number)
    const answer = await ask(chance.pick(ports), webhook)
    if (answer !== null && answer.status < 300) counts.taken++
    return answer
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await read(request)
    const isWebhook = asked.path.startsWith('/api/payments/webhooks/')
    if (isWebhook && words.includes('doubled')) {
      const number = counts.came + 1
      void sleep(chance.below(repeatAfterMs)).then(() => handOn(asked, number))
    }
    const answer = isWebhook ? await handOn(asked, ++counts.came) : await ask(chance.pick(ports), asked)
    if (answer === null) return void response.writeHead(502).end()
    response.writeHead(answer.status, answer.headers).end(answer.body)
  }

  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(t, () => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, counts, calm: () => void (words = []) }
}

type Request = { readonly method: string; readonly path: string; readonly headers: Record<string, string>; readonly body: Uint8Array }
type Answer = { readonly status: number; readonly headers: Record<string, string>; readonly body: Uint8Array }

const ofConnection = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'content-encoding']

async function read(request: IncomingMessage): Promise<Request> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    ofConnection.includes(name) || value === undefined ? [] : [[name, String(value)]],
  )
  return { method: request.method!, path: request.url!, headers: Object.fromEntries(headers), body: Buffer.concat(chunks) }
}

/** Null where nobody answers. */
async function ask(port: number, { method, path, headers, body }: Request): Promise<Answer | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      ...{ method, headers, redirect: 'manual' },
      ...(body.length === 0 ? {} : { body }),
      signal: AbortSignal.timeout(14_000),
    })
    const told = [...answer.headers].filter(([name]) => !ofConnection.includes(name))
    return { status: answer.status, headers: Object.fromEntries(told), body: new Uint8Array(await answer.arrayBuffer()) }
  } catch {
    return null
  }
}
