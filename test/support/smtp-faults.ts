// A way between two that speak SMTP, which is cut, reset, stalls or trickles at a phase of one conversation. It hands on what it is given and knows the
// protocol only as far as it has to see where a conversation is.
import { once } from 'node:events'
import { type AddressInfo, createServer, connect as netConnect, type Socket } from 'node:net'

/** Up to what of it passes. `dot`: all but the last dot. `reply`: the dot, and nothing of its answer. `half`: two letters of that. */
export const phases = ['connect', 'greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'body', 'dot', 'reply', 'half', 'QUIT'] as const
export type Phase = (typeof phases)[number]
/** `stall`: both stay, and neither hears anything more. */
export const ways = ['cut', 'reset', 'stall'] as const
export type Fault = { readonly phase: Phase; readonly way: (typeof ways)[number] }

export type FaultyWay = {
  readonly port: number
  /** Of the first conversation from now on, where it gets that far. `trickle`: of all of them, each byte by itself. */
  next(fault: Fault | 'trickle' | null): void
  close(): void
}

/** `target`: whose place is asked for at each conversation. */
export async function createFaultyWay(target: () => { readonly host?: string; readonly port: number }): Promise<FaultyWay> {
  let fault: Fault | 'trickle' | null = null
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const now = fault
    const { host = '127.0.0.1', port } = target()
    const peer = netConnect(port, host)
    for (const socket of [client, peer]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    client.on('close', () => peer.destroy())
    peer.on('close', () => client.destroySoon())
    if (now === 'trickle') return trickle(client, peer)
    if (now === null) return void client.pipe(peer).pipe(client)
    fault = null
    breakAt(now, client, peer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    next: (given) => void (fault = given),
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function breakAt({ phase, way }: Fault, client: Socket, peer: Socket): void {
  let isDown = false
  const strike = () => {
    isDown = true
    if (way === 'stall') return
    // What was handed on before is taken or not by the other one's own mind.
    for (const socket of [client, peer]) way === 'cut' ? socket.end() : socket.resetAndDestroy()
  }
  if (phase === 'connect') return strike()
  let isInBody = false
  let isAnswered = false
  let held = ''
  client.setEncoding('latin1').on('data', (chunk: string) => {
    if (isDown) return
    if (isInBody) return takeBody(chunk)
    // Several commands may come together (RFC 2920), and the body right behind them.
    for (const [index, line] of chunk.split(/(?<=\r\n)/).entries()) {
      const command = line.slice(0, 4).toUpperCase()
      if (command === phase) return strike()
      peer.write(line, 'latin1')
      if (command !== 'DATA') continue
      isInBody = true
      const rest = chunk
        .split(/(?<=\r\n)/)
        .slice(index + 1)
        .join('')
      return rest === '' ? undefined : takeBody(rest)
    }
  })
  function takeBody(chunk: string): void {
    held += chunk
    const end = held.indexOf('\r\n.\r\n')
    if (phase === 'body' && held.length > 1_000) {
      peer.write(held.slice(0, 1_000), 'latin1')
      return strike()
    }
    if (end < 0) return
    if (phase === 'dot') {
      peer.write(held.slice(0, end + 2), 'latin1')
      return strike()
    }
    isAnswered = true
    peer.write(held.slice(0, end + 5), 'latin1')
    isInBody = false
    const rest = held.slice(end + 5)
    held = ''
    if (phase === 'QUIT' && rest.startsWith('QUIT')) return strike()
    peer.write(rest, 'latin1')
  }
  peer.on('data', (chunk) => {
    if (isDown) return
    if (phase === 'greeting') return strike()
    if (isAnswered && (phase === 'reply' || phase === 'half')) {
      if (phase === 'half') client.write('25')
      return strike()
    }
    client.write(chunk)
  })
}

/** Replies and dots fall into pieces. */
function trickle(client: Socket, peer: Socket): void {
  for (const [from, to] of [
    [client, peer],
    [peer, client],
  ] as const) {
    to.setNoDelay(true)
    from.on('data', (chunk: Buffer) => {
      for (const byte of chunk) to.write(Buffer.from([byte]))
    })
    from.on('end', () => to.end())
  }
}
