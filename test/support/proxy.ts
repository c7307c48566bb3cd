// A cable to a database server that can be cut, or lose what goes one way. What is told to it holds for the
// connections there are at that moment; later ones are whole, unless they send what is waited for.
import { createServer, connect as open, type Socket } from 'node:net'

export type Proxy = {
  /** The server's URL by way of the proxy. */
  url(server: string): string
  /** What clients send from now on is kept here and does not arrive. */
  holdRequests(): void
  /** Whether something that a client sent is kept here. */
  isHolding(): boolean
  /** What was held arrives after all, also when the client is gone. Ends when the server has taken it and hung up on those. */
  deliverRequests(): Promise<void>
  /** What the server answers from now on is lost. */
  dropAnswers(): void
  /** The next request that has this text in it arrives, and its connection breaks before the answer. */
  loseAnswerTo(text: string): void
  /**
   * The next request that has this text in it does not arrive, and `strike` is called; or it arrives, and `strike` is called in place of its answer.
   * That connection goes on to be silent.
   */
  strikeAt(text: string, at: 'request' | 'answer', strike: () => void): void
  /** Every client's connection ends; the server does not learn of it while its requests are held. */
  cut(): void
  /** Each connection ends when this many more bytes have come to its client: in the middle of a line, say. */
  cutAfter(bytes: number): void
  /** Every connection ends once this many more bytes have come from clients: in the middle of an upload, say. */
  cutAfterSent(bytes: number): void
  /** Nobody new comes through. */
  refuse(isRefusing: boolean): void
  connections(): number
  close(): Promise<void>
}

type Cable = {
  readonly client: Socket
  readonly server: Socket
  held: Buffer[] | null
  isDropping: boolean
  left: number
  onAnswer: (() => void) | null
}
type Strike = { readonly text: string; readonly at: 'request' | 'answer'; readonly strike: () => void }

export async function createProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const cables = new Set<Cable>()
  let isRefusing = false
  let losing: string | null = null
  let striking: Strike | null = null
  let sendable = Number.POSITIVE_INFINITY
  const cut = () => {
    for (const { client } of cables) client.destroy()
  }
  const listener = createServer((client) => {
    if (isRefusing) return void client.destroy()
    const cable: Cable = {
      client,
      server: open(Number(port), hostname),
      held: null,
      isDropping: false,
      left: Number.POSITIVE_INFINITY,
      onAnswer: null,
    }
    cables.add(cable)
    client.on('data', (bytes: Buffer) => {
      if (losing !== null && bytes.includes(losing)) {
        losing = null
        cable.isDropping = true
        setTimeout(() => client.destroy(), 300)
      }
      if (striking !== null && bytes.includes(striking.text)) {
        const { at, strike } = striking
        striking = null
        cable.isDropping = true
        if (at === 'request') {
          cable.held = []
          return strike()
        }
        cable.onAnswer = strike
      }
      if (cable.held) cable.held.push(bytes)
      else cable.server.write(bytes)
      sendable -= bytes.length
      if (sendable > 0) return
      sendable = Number.POSITIVE_INFINITY
      cut()
    })
    cable.server.on('data', (bytes: Buffer) => {
      cable.onAnswer?.()
      cable.onAnswer = null
      if (cable.isDropping) return
      client.write(bytes.subarray(0, cable.left))
      cable.left -= bytes.length
      if (cable.left <= 0) client.destroySoon()
    })
    client.on('close', () => {
      if (!cable.held) cable.server.destroy()
    })
    cable.server.on('close', () => {
      cables.delete(cable)
      client.destroy()
    })
    for (const socket of [client, cable.server]) socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    url(server) {
      const url = new URL(server)
      url.host = `127.0.0.1:${(listener.address() as { port: number }).port}`
      return url.href
    },
    holdRequests() {
      for (const cable of cables) cable.held ??= []
    },
    isHolding: () => [...cables].some(({ held }) => held !== null && held.length > 0),
    async deliverRequests() {
      const ends: Promise<unknown>[] = []
      for (const cable of cables) {
        for (const bytes of cable.held?.splice(0) ?? []) cable.server.write(bytes)
        if (!cable.client.destroyed) continue
        // Behind them the server learns that nobody is there any more. It closes when it has worked through them.
        ends.push(new Promise((resolve) => cable.server.once('close', resolve)))
        cable.server.end()
      }
      await Promise.all(ends)
    },
    dropAnswers() {
      for (const cable of cables) cable.isDropping = true
    },
    loseAnswerTo: (text) => void (losing = text),
    strikeAt: (text, at, strike) => void (striking = { text, at, strike }),
    cut,
    cutAfter(bytes) {
      for (const cable of cables) cable.left = bytes
    },
    cutAfterSent: (bytes) => void (sendable = bytes),
    refuse: (refusing) => void (isRefusing = refusing),
    connections: () => cables.size,
    async close() {
      for (const { client, server } of cables) {
        client.destroy()
        server.destroy()
      }
      await new Promise<void>((resolve) => listener.close(() => resolve()))
    },
  }
}
