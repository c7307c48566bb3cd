import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFractions, renderTransfers, zipfPicker } from './transfers.ts'

test('under Zipf 1.5 the first of many takes more than a third, the second a good third of that', () => {
  const pick = zipfPicker(10_000, createFractions())
  const picked = Array.from({ length: 50_000 }, pick)
  const shareOf = (place: number) => picked.filter((one) => one === place).length / picked.length
  assert.ok(Math.abs(shareOf(0) - 0.386) < 0.02)
  assert.ok(Math.abs(shareOf(1) / shareOf(0) - 2 ** -1.5) < 0.03)
  assert.ok(picked.every((place) => place >= 0 && place < 10_000))
})

test('nobody pays himself, and two servers get the same transfers', () => {
  const caller = { port: 0, headers: {} }
  const ids = Array.from({ length: 50 }, (_, index) => `a${index}`)
  const text = renderTransfers('even', caller, ids)
  assert.equal(text, renderTransfers('even', caller, ids))
  for (const request of text.split('\0')) {
    const { from, to } = JSON.parse(request.slice(request.indexOf('{')))
    assert.notEqual(from, to)
  }
})
