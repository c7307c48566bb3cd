// Reads a ZIP archive as the format says it is read: from the directory at its end. Each entry is unpacked and checked.
import assert from 'node:assert/strict'
import { crc32, inflateRawSync } from 'node:zlib'

export function entriesOf(archive: Buffer): ReadonlyMap<string, string> {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06'))
  const entries = new Map<string, string>()
  let at = archive.readUInt32LE(end + 16)
  for (let count = archive.readUInt16LE(end + 10); count > 0; count--) {
    assert.equal(archive.readUInt32LE(at), 0x0201_4b50)
    const [method, crc, packed, size] = [
      archive.readUInt16LE(at + 10),
      archive.readUInt32LE(at + 16),
      archive.readUInt32LE(at + 20),
      archive.readUInt32LE(at + 24),
    ]
    const [named, extra, start] = [archive.readUInt16LE(at + 28), archive.readUInt16LE(at + 30), archive.readUInt32LE(at + 42)]
    const name = archive.toString('utf8', at + 46, at + 46 + named)
    const data = start + 30 + archive.readUInt16LE(start + 26) + archive.readUInt16LE(start + 28)
    assert.equal(archive.toString('utf8', start + 30, start + 30 + named), name)
    const bytes = archive.subarray(data, data + packed)
    const whole = method === 0 ? bytes : inflateRawSync(bytes)
    assert.deepEqual([whole.length, crc32(whole)], [size, crc], name)
    entries.set(name, whole.toString())
    at += 46 + named + extra
  }
  assert.equal(at, end)
  return entries
}
