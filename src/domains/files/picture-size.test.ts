// How large a picture is, by what real encoders write, and by heads that nobody would.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import sharp from 'sharp'
import { pictureSize } from './picture-size.ts'

const plain = () => sharp({ create: { width: 80, height: 60, channels: 3, background: 'red' } })
const encoded = {
  'image/jpeg': await plain().jpeg().toBuffer(),
  'image/png': await plain().png().toBuffer(),
  'image/gif': await plain().gif().toBuffer(),
  'image/webp': await plain().webp().toBuffer(),
  'image/avif': await plain().avif({ effort: 0 }).toBuffer(),
}

test('the size is that of the picture as it is shown', async () => {
  for (const [type, bytes] of Object.entries(encoded)) assert.deepEqual(pictureSize(type, bytes), { width: 80, height: 60 }, type)
  const { width, height } = pictureSize('image/webp', await plain().webp({ lossless: true }).toBuffer())!
  assert.deepEqual([width, height], [80, 60])
  for (let orientation = 1; orientation <= 8; orientation++) {
    const bytes = await plain().withMetadata({ orientation }).jpeg().toBuffer()
    const { autoOrient } = await sharp(bytes).metadata()
    assert.deepEqual(pictureSize('image/jpeg', bytes), autoOrient, `orientation ${orientation}`)
  }
})

test('a head that was changed or cut anywhere says a size or none', () => {
  const change = fc.record({
    type: fc.constantFrom(...Object.keys(encoded)),
    at: fc.nat(400),
    bytes: fc.uint8Array({ maxLength: 12 }),
    cut: fc.nat(500),
  })
  fc.assert(
    fc.property(change, ({ type, at, bytes, cut }) => {
      const head = Buffer.from(encoded[type as keyof typeof encoded].subarray(0, cut))
      head.set(bytes.subarray(0, Math.max(0, head.length - at)), Math.min(at, head.length))
      const size = pictureSize(type, head)
      assert.ok(size === null || (size.width > 0 && size.height > 0))
    }),
    { numRuns: 2_000 },
  )
})
