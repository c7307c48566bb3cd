// The port to the DNS: one question to a resolver that asks on for us, which is the system's unless another is named. What gets no answer in time is an error, and
// never an empty answer. Invariant: whether an answer is authentic is believed of a resolver on this machine alone, since anybody on the way could say so.
import { createSocket } from 'node:dgram'
import { getServers } from 'node:dns'
import { connect, isIP } from 'node:net'
import { type Clock, systemClock } from './clock.ts'
import { type DnsRecord, type DnsReply, type DnsType, decodeReply, encodeQuestion } from './dns-wire.ts'
import { limits } from './limits.ts'
import { type Random, systemRandom } from './random.ts'

export type DnsAnswer<T extends DnsType> = {
  /** `none`: the name has no record of this type. `missing`: there is no such name. */
  readonly status: 'found' | 'none' | 'missing'
  /** Verified by DNSSEC, by a resolver on this machine. */
  readonly isAuthentic: boolean
  readonly records: readonly DnsRecord[T][]
}

export interface Dns {
  /** @throws DnsFailure where nobody knows: no answer in time, or one that says so */
  resolve<T extends DnsType>(name: string, type: T): Promise<DnsAnswer<T>>
}

/** Nobody knows now, and it may be otherwise in a while. */
export class DnsFailure extends Error {}

export type DnsServer = { readonly host: string; readonly port: number }
type Parts = {
  /** Asked in this order. */
  readonly servers: readonly DnsServer[]
  readonly clock: Pick<Clock, 'after'>
  readonly random: Pick<Random, 'bytes'>
}

/** By the resolvers of this machine. */
export function systemDns(servers: readonly DnsServer[] = getServers().map(parseDnsServer)): Dns {
  return createDns({ servers, clock: systemClock, random: systemRandom })
}

/** `127.0.0.1`, `127.0.0.1:5353`, `::1`, `[::1]:5353`. @throws Error with a sentence */
export function parseDnsServer(text: string): DnsServer {
  const [, six, four, port = '53'] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d{1,5}))?$/.exec(isIP(text) === 6 ? `[${text}]` : text) ?? []
  const host = six ?? four ?? ''
  if (isIP(host) === 0 || Number(port) < 1 || Number(port) > 65_535)
    throw new Error(`${text} is no address of a DNS resolver: it is like 127.0.0.1 or [::1]:5353`)
  return { host, port: Number(port) }
}

export function createDns({ servers, clock, random }: Parts): Dns {
  return {
    async resolve(name, type) {
      const id = new DataView(random.bytes(2).buffer).getUint16(0)
      const question = { id, name, type }
      const bytes = encodeQuestion(question)
      if (bytes === null) return { status: 'missing', isAuthentic: false, records: [] }
      let why = 'there is no resolver'
      for (let turn = 0; turn < limits.dnsTriesMax; turn++)
        for (const server of servers.slice(0, limits.dnsServersMax)) {
          const reply = await ask({ server, bytes, question, clock }).catch((error: Error) => error)
          if (!(reply instanceof Error) && (reply.code === 0 || reply.code === 3)) return answerOf(reply, server)
          why = reply instanceof Error ? reply.message : `${server.host} answers with code ${reply.code}`
        }
      throw new DnsFailure(`The DNS does not tell ${type} of ${name} now: ${why}.`)
    },
  }
}

function answerOf<T extends DnsType>(reply: DnsReply<T>, { host }: DnsServer): DnsAnswer<T> {
  const isAuthentic = reply.isAuthentic && isOnThisMachine(host)
  const status = reply.code === 3 ? 'missing' : reply.records.length === 0 ? 'none' : 'found'
  return { status, isAuthentic, records: reply.records }
}

/** By its network address. Between it and us is nobody. */
export function isOnThisMachine(host: string): boolean {
  return host === '::1' || host.startsWith('127.')
}

type Asked<T extends DnsType> = {
  readonly server: DnsServer
  readonly bytes: Buffer
  readonly question: { readonly id: number; readonly name: string; readonly type: T }
  readonly clock: Pick<Clock, 'after'>
}

async function ask<T extends DnsType>(asked: Asked<T>): Promise<DnsReply<T>> {
  const reply = await byUdp(asked)
  return reply.isCut ? await byTcp(asked) : reply
}

/** From a port of its own, which the system draws: who answers must know it, and the id, and be the server. */
function byUdp<T extends DnsType>({ server, bytes, question, clock }: Asked<T>): Promise<DnsReply<T>> {
  const socket = createSocket(isIP(server.host) === 6 ? 'udp6' : 'udp4')
  return new Promise<DnsReply<T>>((resolve, reject) => {
    const cancel = clock.after(limits.dnsTryMs, () => reject(silent(server)))
    socket.once('close', cancel)
    socket.once('error', reject)
    socket.on('message', (message) => {
      const reply = decodeReply(message, question)
      // Of somebody else, or made up: the answer may still come.
      if (reply !== null) resolve(reply)
    })
    socket.connect(server.port, server.host, () => socket.send(bytes))
  }).finally(() => socket.close())
}

/** RFC 1035 section 4.2.2: its length stands before a message. */
function byTcp<T extends DnsType>({ server, bytes, question, clock }: Asked<T>): Promise<DnsReply<T>> {
  const socket = connect(server.port, server.host)
  return new Promise<DnsReply<T>>((resolve, reject) => {
    const cancel = clock.after(limits.dnsTryMs, () => reject(silent(server)))
    socket.once('close', () => {
      cancel()
      reject(silent(server))
    })
    socket.once('error', reject)
    let read: Buffer = Buffer.alloc(0)
    socket.on('data', (part: Buffer) => {
      read = Buffer.concat([read, part])
      if (read.length < 2 || read.length < 2 + read.readUInt16BE(0)) return
      const reply = decodeReply(read.subarray(2, 2 + read.readUInt16BE(0)), question)
      if (reply === null) reject(new Error(`${server.host} answers something else`))
      else resolve(reply)
    })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(bytes.length)
    socket.write(Buffer.concat([length, bytes]))
  }).finally(() => socket.destroy())
}

function silent({ host }: DnsServer): Error {
  return new Error(`${host} does not answer within ${limits.dnsTryMs} ms`)
}
