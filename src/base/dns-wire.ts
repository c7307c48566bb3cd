// Questions to the DNS and their answers, as bytes (RFC 1035). Pure. Whoever answers may be anybody, so every place in an answer is bounded, and what
// is not an answer to the question is none.
import { limits } from './limits.ts'

export const dnsTypes = { A: 1, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28, TLSA: 52 } as const
export type DnsType = keyof typeof dnsTypes

/** What a record of a type says. Names are in small letters, without the dot at their end; `exchange` of a null MX (RFC 7505) is ''. */
export type DnsRecord = {
  readonly A: string
  readonly AAAA: string
  readonly CNAME: string
  readonly PTR: string
  readonly MX: { readonly preference: number; readonly exchange: string }
  /** Its strings, which belong together without anything between them. */
  readonly TXT: readonly string[]
  readonly TLSA: { readonly usage: number; readonly selector: number; readonly match: number; readonly bytes: Uint8Array }
}

export type DnsReply<T extends DnsType> = {
  /** RFC 1035 section 4.1.1: 0 is an answer, 2 a failure, 3 that there is no such name. */
  readonly code: number
  /** It did not fit, and is to be asked again by TCP. */
  readonly isCut: boolean
  /** The resolver says that it has verified it by DNSSEC. */
  readonly isAuthentic: boolean
  readonly records: readonly DnsRecord[T][]
}

type Question = { readonly id: number; readonly name: string; readonly type: DnsType }

const inClass = 1
const optType = 41
/** What no path on the Internet cuts into pieces (RFC 9715). */
const answerBytes = 1_232

/** Null: it is no name that the DNS can have. */
export function encodeQuestion({ id, name, type }: Question): Buffer | null {
  const labels = name.replace(/\.$/, '').split('.')
  const encoded = labels.map((label) => Buffer.from(label, 'latin1'))
  const isName = /^[\x21-\x7e]+$/.test(name) && encoded.every(({ length }) => length > 0 && length < 64)
  if (!isName || encoded.reduce((sum, { length }) => sum + length + 1, 1) > 255) return null
  const head = Buffer.alloc(12)
  head.writeUInt16BE(id, 0)
  // Recursion is wanted, and whether it is authentic (RFC 6840 section 5.7).
  head.writeUInt16BE(0x01_20, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(1, 10)
  const tail = Buffer.alloc(4)
  tail.writeUInt16BE(dnsTypes[type], 0)
  tail.writeUInt16BE(inClass, 2)
  const opt = Buffer.alloc(11)
  opt.writeUInt16BE(optType, 1)
  opt.writeUInt16BE(answerBytes, 3)
  return Buffer.concat([head, ...encoded.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0]), tail, opt])
}

/** Null: it is no answer to this question. */
export function decodeReply<T extends DnsType>(bytes: Buffer, question: Question & { readonly type: T }): DnsReply<T> | null {
  try {
    return read(bytes, question)
  } catch (error) {
    // It ends before it should, or points into nowhere.
    if (error instanceof RangeError) return null
    throw error
  }
}

function read<T extends DnsType>(bytes: Buffer, { id, name, type }: Question & { readonly type: T }): DnsReply<T> | null {
  const flags = bytes.readUInt16BE(2)
  if (bytes.readUInt16BE(0) !== id || (flags & 0x80_00) === 0 || bytes.readUInt16BE(4) !== 1) return null
  const asked = readName(bytes, 12)
  const isOurs = asked.name === name.toLowerCase().replace(/\.$/, '') && bytes.readUInt16BE(asked.end) === dnsTypes[type]
  if (!isOurs) return null
  const code = flags & 0x0f
  const reply = { code, isCut: (flags & 0x02_00) !== 0, isAuthentic: (flags & 0x00_20) !== 0 }
  const rows = readRows(bytes, { from: asked.end + 4, count: bytes.readUInt16BE(6) })
  return { ...reply, records: recordsOf(bytes, { rows, name: asked.name, type }) }
}

type Row = { readonly owner: string; readonly type: number; readonly at: number; readonly length: number }

function readRows(bytes: Buffer, { from, count }: { readonly from: number; readonly count: number }): Row[] {
  const rows: Row[] = []
  let at = from
  for (let index = 0; index < Math.min(count, limits.dnsRecordsMax); index++) {
    const { name: owner, end } = readName(bytes, at)
    const length = bytes.readUInt16BE(end + 8)
    if (end + 10 + length > bytes.length) throw new RangeError('it ends before its record does')
    if (bytes.readUInt16BE(end + 2) === inClass) rows.push({ owner, type: bytes.readUInt16BE(end), at: end + 10, length })
    at = end + 10 + length
  }
  return rows
}

/** Of the name, or of the one that it is another name for. */
function recordsOf<T extends DnsType>(bytes: Buffer, asked: { readonly rows: readonly Row[]; readonly name: string; readonly type: T }) {
  const { rows, type } = asked
  let name = asked.name
  for (let hops = 0; type !== 'CNAME' && hops < limits.dnsAliasesMax; hops++) {
    const alias = rows.find((row) => row.owner === name && row.type === dnsTypes.CNAME)
    if (alias === undefined) break
    name = readName(bytes, alias.at).name
  }
  return rows.filter((row) => row.owner === name && row.type === dnsTypes[type]).map((row) => contentOf(bytes, row, type))
}

function contentOf<T extends DnsType>(bytes: Buffer, { at, length }: Row, type: T): DnsRecord[T] {
  return readers[type](bytes.subarray(at, at + length), { bytes, at })
}

/** Names within a record may go on before it, so the whole is at hand. */
type Place = { readonly bytes: Buffer; readonly at: number }
const nameAt = (_content: Buffer, { bytes, at }: Place) => readName(bytes, at).name

const readers: { readonly [K in DnsType]: (content: Buffer, place: Place) => DnsRecord[K] } = {
  A: (content) => exactly(content, 4).join('.'),
  AAAA: (content) => addressOfSix(exactly(content, 16)),
  CNAME: nameAt,
  PTR: nameAt,
  MX: (content, { bytes, at }) => ({ preference: content.readUInt16BE(0), exchange: readName(bytes, at + 2).name }),
  TXT: stringsOf,
  TLSA: (content) => ({
    usage: content.readUInt8(0),
    selector: content.readUInt8(1),
    match: content.readUInt8(2),
    bytes: Uint8Array.from(content.subarray(3)),
  }),
}

function exactly(content: Buffer, length: number): Buffer {
  if (content.length !== length) throw new RangeError(`it has ${content.length} bytes`)
  return content
}

function addressOfSix(content: Buffer): string {
  return Array.from({ length: 8 }, (_, place) => content.readUInt16BE(place * 2).toString(16)).join(':')
}

function stringsOf(content: Buffer): string[] {
  const strings: string[] = []
  for (let at = 0; at < content.length; at += content[at]! + 1) {
    if (at + 1 + content[at]! > content.length) throw new RangeError('it ends before its text does')
    strings.push(content.toString('latin1', at + 1, at + 1 + content[at]!))
  }
  return strings
}

/** A name may go on at an earlier place (section 4.1.4), and never at its own or a later one: so it ends. */
function readName(bytes: Buffer, from: number): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let [at, end, before, characters] = [from, -1, from, 0]
  for (;;) {
    const length = bytes.readUInt8(at)
    if (length >= 0xc0) {
      const to = bytes.readUInt16BE(at) & 0x3f_ff
      if (end < 0) end = at + 2
      if (to >= before) throw new RangeError('it points forward')
      at = before = to
      continue
    }
    if (length >= 0x40) throw new RangeError('it has a label of a kind that there is not')
    if (length === 0) break
    characters += length + 1
    if (characters > 255 || at + 1 + length > bytes.length) throw new RangeError('it is longer than a name')
    // A dot within a label is no end of it: what has one is no host, and is none here either.
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length).replaceAll('.', '\\.'))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), end: end < 0 ? at + 1 : end }
}
