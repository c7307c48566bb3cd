import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directoryOf, localHeader, textEntry, type ZipEntry } from './zip.ts'

const large = 0x1_2345_6789

test('what has no room in 32 bits stands in the fields of ZIP64', () => {
  const entry: ZipEntry = { name: 'film.mp4', crc: 1, size: large, packed: large, method: 0, offset: large + 1 }
  const head = localHeader(entry)
  assert.deepEqual([head.readUInt16LE(4), head.readUInt32LE(18), head.readUInt32LE(22)], [45, 0xffff_ffff, 0xffff_ffff])
  const extra = head.subarray(30 + entry.name.length)
  assert.deepEqual([extra.readUInt16LE(0), extra.readUInt16LE(2), extra.readBigUInt64LE(4)], [1, 16, BigInt(large)])
  const end = directoryOf([entry], 2 * large)
  const line = end.subarray(46 + entry.name.length)
  assert.deepEqual([line.readUInt16LE(2), line.readBigUInt64LE(20)], [24, BigInt(large + 1)])
  const large64 = end.subarray(end.indexOf(Buffer.from('PK\x06\x06')))
  assert.deepEqual([large64.readBigUInt64LE(24), large64.readBigUInt64LE(48)], [1n, BigInt(2 * large)])
  assert.equal(large64.readBigUInt64LE(64), BigInt(2 * large + end.indexOf(Buffer.from('PK\x06\x06'))))
})

test('more than 65,535 entries are counted there, too', () => {
  const { entry } = textEntry('a.json', '[]', 0)
  const end = directoryOf(Array<ZipEntry>(70_000).fill(entry), 10)
  assert.equal(end.readUInt16LE(end.length - 12), 0xffff)
  assert.equal(end.subarray(end.indexOf(Buffer.from('PK\x06\x06'))).readBigUInt64LE(24), 70_000n)
})
