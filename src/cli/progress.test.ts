import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStatusLine } from './progress.ts'

function written(isTTY: boolean, times: readonly number[]): string[] {
  let at = 0
  const texts: string[] = []
  const line = createStatusLine(() => `at ${at}`, {
    clock: { monotonic: () => at },
    out: { isTTY, write: (text) => void texts.push(text) },
  })
  for (at of times) line.tick()
  line.done()
  return texts
}

test('a terminal has one line that rewrites itself and goes, a log a line every few seconds', () => {
  const times = [100, 300, 400, 5_000, 5_100, 11_000]
  assert.deepEqual(written(true, times), ['\r\u001b[Kat 300', '\r\u001b[Kat 5000', '\r\u001b[Kat 11000', '\r\u001b[K'])
  assert.deepEqual(written(false, times), ['at 5000\n', 'at 11000\n'])
  assert.deepEqual(written(false, [100, 400]), [])
})
