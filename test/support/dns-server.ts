// A DNS of the tests' own, on real sockets by UDP and TCP: it knows what a test has given it, and does wrong what a test asks of it.
import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer } from 'node:net'
import { type DnsType, dnsTypes } from '../../src/base/dns-wire.ts'

export type Zone = {
  readonly A?: readonly string[]
  readonly AAAA?: readonly string[]
  readonly CNAME?: string
  readonly PTR?: string
  /** `10 mx.example`; `0 .` is a null MX. */
  readonly MX?: readonly string[]
  /** Longer ones are several strings of one record. */
  readonly TXT?: readonly string[]
  /** `3 1 1 <hex>` */
  readonly TLSA?: readonly string[]
  /** All that is asked of it goes wrong: no answer, SERVFAIL, or an answer to something else before the right one. */
  readonly fails?: 'silent' | 'servfail' | 'lies'
  /** By UDP alone that there is more. */
  readonly isLong?: boolean
  /** Not verified by DNSSEC, though the server says so of the others. */
  readonly isUnsigned?: boolean
}

export type DnsPeer = {
  readonly host: string
  readonly port: number
  /** What was asked, such as `MX shop.example`. */
  readonly asked: string[]
  /** What is there from now on. */
  set(zones: Readonly<Record<string, Zone>>): void
  close(): Promise<void>
}

type DnsPlace = {
  /** It says that its answers are verified. */
  readonly isSigned?: boolean
  /** Where programs ask it that know no other port: `127.7.7.7` and 53. */
  readonly host?: string
  readonly port?: number
}

export async function startDnsServer(given: Readonly<Record<string, Zone>> = {}, place: DnsPlace = {}): Promise<DnsPeer> {
  const { isSigned = false, host = '127.0.0.1' } = place
  let zones = given
  const asked: string[] = []
  const answer = (query: Buffer, by: 'udp' | 'tcp') => {
    const { name, type, end } = questionOf(query)
    asked.push(`${type} ${name}`)
    return repliesTo({ query, end, name, type, zone: zones[name], by, isSigned })
  }
  const tcp = createServer((socket) => {
    socket.on('error', () => {})
    let read: Buffer = Buffer.alloc(0)
    socket.on('data', (part: Buffer) => {
      read = Buffer.concat([read, part])
      if (read.length < 2 || read.length < 2 + read.readUInt16BE(0)) return
      for (const reply of answer(read.subarray(2), 'tcp')) socket.write(Buffer.concat([two(reply.length), reply]))
    })
  })
  await new Promise<void>((resolve) => tcp.listen(place.port ?? 0, host, resolve))
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4')
  udp.on('message', (query, from) => {
    for (const reply of answer(query, 'udp')) udp.send(reply, from.port, from.address)
  })
  await new Promise<void>((resolve) => udp.bind(port, host, resolve))
  return {
    host,
    port,
    asked,
    set: (next) => void (zones = next),
    async close() {
      udp.close()
      await new Promise((resolve) => tcp.close(resolve))
    },
  }
}

type Asked = {
  readonly query: Buffer
  readonly end: number
  readonly name: string
  readonly type: DnsType
  readonly zone: Zone | undefined
  readonly by: 'udp' | 'tcp'
  readonly isSigned: boolean
}

function repliesTo({ query, end, name, type, zone, by, isSigned }: Asked): Buffer[] {
  if (zone?.fails === 'silent') return []
  const isCut = by === 'udp' && zone?.isLong === true
  const alias = type === 'CNAME' ? undefined : zone?.CNAME
  const of = (owner: string, rows: readonly Buffer[], kind: DnsType) => rows.map((content) => record(owner, kind, content))
  const records =
    zone === undefined || isCut
      ? []
      : [...of(name, alias === undefined ? [] : [wireName(alias)], 'CNAME'), ...of(alias ?? name, contentsOf(zone, type), type)]
  const code = zone?.fails === 'servfail' ? 2 : zone === undefined ? 3 : 0
  const flags = 0x81_80 | (isCut ? 0x02_00 : 0) | (isSigned && zone?.isUnsigned !== true ? 0x00_20 : 0) | code
  const head = Buffer.concat([query.subarray(0, 2), two(flags), two(1), two(records.length), two(0), two(0)])
  const reply = Buffer.concat([head, query.subarray(12, end), ...records])
  return zone?.fails === 'lies' ? [...liesBefore(reply), reply] : [reply]
}

/** Under another id, to another question, cut off, and with a name that goes round for ever. */
function liesBefore(reply: Buffer): Buffer[] {
  const otherId = Buffer.from(reply)
  otherId[0]! ^= 0xff
  const otherName = Buffer.from(reply)
  otherName[13]! ^= 1
  const round = Buffer.concat([reply.subarray(0, 12), Buffer.from([0xc0, 12]), reply.subarray(-4)])
  return [otherId, otherName, reply.subarray(0, 14), round, Buffer.alloc(0)]
}

function contentsOf(zone: Zone, type: DnsType): Buffer[] {
  switch (type) {
    case 'A':
      return (zone.A ?? []).map((address) => Buffer.from(address.split('.').map(Number)))
    case 'AAAA':
      return (zone.AAAA ?? []).map((address) => Buffer.concat(groupsOf(address).map((group) => two(Number.parseInt(group, 16)))))
    case 'CNAME':
      return zone.CNAME === undefined ? [] : [wireName(zone.CNAME)]
    case 'PTR':
      return zone.PTR === undefined ? [] : [wireName(zone.PTR)]
    case 'MX':
      return (zone.MX ?? []).map((text) => {
        const [preference, exchange] = text.split(' ')
        return Buffer.concat([two(Number(preference)), wireName(exchange!)])
      })
    case 'TXT':
      return (zone.TXT ?? []).map((text) =>
        Buffer.concat((text.match(/.{1,255}/gs) ?? ['']).flatMap((piece) => [Buffer.from([piece.length]), Buffer.from(piece, 'latin1')])),
      )
    case 'TLSA':
      return (zone.TLSA ?? []).map((text) => {
        const [usage, selector, match, hex] = text.split(' ')
        return Buffer.concat([Buffer.from([Number(usage), Number(selector), Number(match)]), Buffer.from(hex!, 'hex')])
      })
  }
}

function groupsOf(address: string): string[] {
  const [left = '', right] = address.split('::')
  const [before, after] = [left, right ?? ''].map((part) => (part === '' ? [] : part.split(':'))) as [string[], string[]]
  return right === undefined ? before : [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
}

function record(owner: string, type: DnsType, content: Buffer): Buffer {
  return Buffer.concat([wireName(owner), two(dnsTypes[type]), two(1), two(0), two(60), two(content.length), content])
}

function wireName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]), Buffer.from([0])])
}

function questionOf(query: Buffer): { readonly name: string; readonly type: DnsType; readonly end: number } {
  const labels: string[] = []
  let at = 12
  for (; query[at] !== 0; at += query[at]! + 1) labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!))
  const number = query.readUInt16BE(at + 1)
  const [type] = Object.entries(dnsTypes).find(([, value]) => value === number)!
  return { name: labels.join('.').toLowerCase(), type: type as DnsType, end: at + 5 }
}

function two(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
