// The parts of a ZIP archive (PKWARE APPNOTE 6.3.10), as far as this needs them: entries whose size and checksum are known before
// they are written, packed or as they are, names in UTF-8, and ZIP64 where a number has no room in 32 bits. An archive is made in
// pieces, perhaps by several processes one after another, which no library does.
import { crc32, deflateRawSync } from 'node:zlib'

/** What the directory at the end says of an entry. */
export type ZipEntry = {
  readonly name: string
  readonly crc: number
  readonly size: number
  readonly packed: number
  /** Deflate, or none. */
  readonly method: 0 | 8
  /** Of its header, from the beginning of the archive. */
  readonly offset: number
}

const most = 0xffff_ffff
/** Names in UTF-8 (section 4.4.4, bit 11). */
const flags = 1 << 11
/** 1 January 1980, the first there is: what an entry is of says when it was. */
const date = (1 << 5) | 1

/** An entry of text, with its header, and the bytes that both are. */
export function textEntry(name: string, text: string, offset: number): { readonly entry: ZipEntry; readonly bytes: Buffer } {
  const whole = Buffer.from(text)
  const data = deflateRawSync(whole)
  const entry = { name, crc: crc32(whole), size: whole.length, packed: data.length, method: 8, offset } as const
  return { entry, bytes: Buffer.concat([localHeader(entry), data]) }
}

/** What stands before the bytes of an entry (section 4.3.7). */
export function localHeader({ name, crc, size, packed, method }: ZipEntry): Buffer {
  const isLarge = size >= most || packed >= most
  const extra = isLarge ? extraField([size, packed]) : Buffer.alloc(0)
  const path = Buffer.from(name)
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x0403_4b50, 0)
  head.writeUInt16LE(isLarge ? 45 : 20, 4)
  head.writeUInt16LE(flags, 6)
  head.writeUInt16LE(method, 8)
  head.writeUInt16LE(date, 12)
  head.writeUInt32LE(crc, 14)
  head.writeUInt32LE(isLarge ? most : packed, 18)
  head.writeUInt32LE(isLarge ? most : size, 22)
  head.writeUInt16LE(path.length, 26)
  head.writeUInt16LE(extra.length, 28)
  return Buffer.concat([head, path, extra])
}

/** The end of an archive: its directory, and where that begins (sections 4.3.12 to 4.3.16). */
export function directoryOf(entries: readonly ZipEntry[], offset: number): Buffer {
  const lines = Buffer.concat(entries.map(directoryLine))
  const isLarge = entries.length >= 0xffff || offset >= most || lines.length >= most
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x0605_4b50, 0)
  const count = Math.min(entries.length, 0xffff)
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(isLarge ? most : lines.length, 12)
  end.writeUInt32LE(isLarge ? most : offset, 16)
  return Buffer.concat(isLarge ? [lines, largeEnd(entries.length, lines.length, offset), end] : [lines, end])
}

function directoryLine({ name, crc, size, packed, method, offset }: ZipEntry): Buffer {
  const isLarge = size >= most || packed >= most || offset >= most
  const extra = isLarge ? extraField([size, packed, offset]) : Buffer.alloc(0)
  const path = Buffer.from(name)
  const line = Buffer.alloc(46)
  line.writeUInt32LE(0x0201_4b50, 0)
  line.writeUInt16LE(45, 4)
  line.writeUInt16LE(isLarge ? 45 : 20, 6)
  line.writeUInt16LE(flags, 8)
  line.writeUInt16LE(method, 10)
  line.writeUInt16LE(date, 14)
  line.writeUInt32LE(crc, 16)
  line.writeUInt32LE(isLarge ? most : packed, 20)
  line.writeUInt32LE(isLarge ? most : size, 24)
  line.writeUInt16LE(path.length, 28)
  line.writeUInt16LE(extra.length, 30)
  line.writeUInt32LE(isLarge ? most : offset, 42)
  return Buffer.concat([line, path, extra])
}

/** ZIP64's own numbers (section 4.5.3). */
function extraField(numbers: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + numbers.length * 8)
  field.writeUInt16LE(1, 0)
  field.writeUInt16LE(numbers.length * 8, 2)
  for (const [index, value] of numbers.entries()) field.writeBigUInt64LE(BigInt(value), 4 + index * 8)
  return field
}

function largeEnd(count: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(56 + 20)
  end.writeUInt32LE(0x0606_4b50, 0)
  end.writeBigUInt64LE(44n, 4)
  end.writeUInt16LE(45, 12)
  end.writeUInt16LE(45, 14)
  end.writeBigUInt64LE(BigInt(count), 24)
  end.writeBigUInt64LE(BigInt(count), 32)
  end.writeBigUInt64LE(BigInt(bytes), 40)
  end.writeBigUInt64LE(BigInt(offset), 48)
  end.writeUInt32LE(0x0706_4b50, 56)
  end.writeBigUInt64LE(BigInt(offset + bytes), 64)
  end.writeUInt32LE(1, 72)
  return end
}
