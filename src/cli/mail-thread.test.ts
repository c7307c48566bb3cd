import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMailThread } from './mail-thread.ts'

const letter = (text: string) => Buffer.from(`From: a@b.example\r\n\r\n${text}`)
/** Parts of parts: each one more than the last takes longer than the last. */
const long = Buffer.from(
  `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n'.repeat(200_000)}--b--`,
)

test('one that takes too long is given up, and the others are read', async () => {
  const thread = createMailThread({ readMs: 1_500 })
  // Begun before the time of the next one counts.
  assert.equal((await thread.read(letter('one'))).text, 'one')
  const [slow, two, three] = await Promise.allSettled([thread.read(long), thread.read(letter('two')), thread.read(letter('three'))])
  assert.equal(slow.status, 'rejected')
  assert.match(String(slow.status === 'rejected' && slow.reason), /took longer than 1500 ms|memory/)
  assert.deepEqual(
    [two, three].map((one) => one.status === 'fulfilled' && one.value.text),
    ['two', 'three'],
  )
  thread.stop()
  await assert.rejects(thread.read(letter('four')), { code: 'overloaded' })
})

test('one that takes too much memory is given up, and the next one is read', async () => {
  const thread = createMailThread({ memoryMb: 24, readMs: 120_000 })
  await assert.rejects(thread.read(long), /memory/i)
  assert.equal((await thread.read(letter('two'))).text, 'two')
  thread.stop()
})
