import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCpuUs, parseField } from './proc.ts'

test('CPU time is user plus system ticks, whatever the program is called', () => {
  const stat = '42 (a (b) c) S 1 42 42 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 11 0 100 0'
  assert.equal(parseCpuUs(stat), 2_000_000)
})

test('a field is found by its whole name', () => {
  const io = 'rchar: 6976\nwchar: 12\nwrite_bytes: 4096\ncancelled_write_bytes: 7\n'
  assert.equal(parseField(io, 'write_bytes'), 4096)
  assert.equal(parseField(io, 'wchar'), 12)
  assert.ok(Number.isNaN(parseField(io, 'char')))
  assert.equal(parseField('VmRSS:\t  118784 kB\n', 'VmRSS'), 118_784)
})
