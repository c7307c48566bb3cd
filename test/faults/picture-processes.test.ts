// Processes that make pictures smaller: what a picture does to one, it does to that one alone.
// waits
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import sharp from 'sharp'
import { isEngineError } from '../../src/base/engine-error.ts'
import { createPictureProcesses, hasPictureLibrary, type PictureProcesses } from '../../src/cli/picture-processes.ts'
import type { Recipe } from '../../src/domains/files/picture-recipe.ts'
import type { PictureMaker } from '../../src/domains/files/picture-sizes.ts'
import { png } from '../support/pictures.ts'

const said: string[] = []
const opened: PictureProcesses[] = []
const open = async (options = {}): Promise<PictureMaker> => {
  const processes = createPictureProcesses({ write: (level, message) => void said.push(`${level}: ${message}`) }, options)
  opened.push(processes)
  return (await processes.maker())!
}
after(() => {
  for (const processes of opened) processes.stop()
})

const small: Recipe = { fit: 'inside', type: 'image/webp', width: 64, height: 48 }
const photo = () =>
  sharp({ create: { width: 640, height: 480, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
const sizeOf = async (bytes: Buffer) => (({ format, width, height }) => [format, width, height])(await sharp(bytes).metadata())
const refusal = async (made: Promise<Buffer>) =>
  await made.then(
    () => 'made',
    (error) => (isEngineError(error, 'picture_not_resizable') ? error.detail : String(error)),
  )

test('pictures are made beside the server, several at once, and what is no picture is refused', async () => {
  assert.ok(hasPictureLibrary())
  const make = await open()
  const all = await Promise.all([photo(), photo(), photo()].map(async (original) => await sizeOf(await make(await original, small))))
  assert.deepEqual(all, Array(3).fill(['webp', 64, 48]))
  const bytes = await photo()
  assert.equal(await refusal(make(bytes.subarray(0, 900), small)), 'Its bytes are no whole picture.')
  const drawing = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>')
  assert.equal(await refusal(make(drawing, small)), 'Its bytes are no whole picture.')
  // 100 MiB of black that came as 100 kB: its head says so, and nothing is unpacked.
  assert.equal(await refusal(make(png(10_240, 10_240), small)), 'It has more than 67108864 pixels.')
  assert.deepEqual(await sizeOf(await make(bytes, small)), ['webp', 64, 48])
  assert.deepEqual(said, [])
})

test('one that takes too long is ended, and the next picture has a process of its own', async () => {
  const hasty = await open({ pictureMs: 1 })
  assert.equal(await refusal(hasty(await photo(), small)), 'It takes too long, or breaks what makes it smaller.')
  assert.deepEqual(said.splice(0), ['error: A process that made a picture smaller is lost.'])
  const make = await open({ idleMs: 0 })
  // Between the two it has nothing to do, and is ended.
  for (let count = 0; count < 3; count++) assert.deepEqual(await sizeOf(await make(await photo(), small)), ['webp', 64, 48])
})

test('one that is stopped makes no more', async () => {
  const make = await open()
  const last = opened.at(-1)!
  const under = make(await photo(), small)
  last.stop()
  assert.match(String(await refusal(under)), /overloaded/)
  assert.match(String(await refusal(make(await photo(), small))), /overloaded/)
})
