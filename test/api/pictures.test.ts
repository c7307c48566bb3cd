// Pictures made smaller on request: which, once each, for whoever may read the file, and gone with it.
// slow: mongodb
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import sharp from 'sharp'
import type { BlobStore } from '../../src/blobs/blob-store.ts'
import { createMemoryBlobs } from '../../src/blobs/memory-blobs.ts'
import { eq } from '../../src/contract/filter.ts'
import { files } from '../../src/domains/files/collections.ts'
import { recipeOf } from '../../src/domains/files/picture-recipe.ts'
import { createPictureSizes, type PictureMaker } from '../../src/domains/files/picture-sizes.ts'
import { loadPictureMaker } from '../../src/domains/files/resize-picture.ts'
import { effects } from '../../src/effects/effect.ts'
import { type As, openWorld, type World, work } from '../support/api-harness.ts'
import { png } from '../support/pictures.ts'
import { verifyFiles } from '../support/verify-files.ts'

const memory = createMemoryBlobs()
/** Holds what is written next, until it is let go. */
let held: { readonly begun: () => void; readonly letGo: Promise<void> } | null = null
const blobs: BlobStore = {
  ...memory,
  async write(key, bytes) {
    held?.begun()
    await held?.letGo
    await memory.write(key, bytes)
  },
}
let world: World
let made = 0
let isAble = true
let counted: PictureMaker
before(async () => {
  const make = await loadPictureMaker()
  counted = async (original, recipe) => {
    made++
    return await make(original, recipe)
  }
  world = await openWorld({
    blobs,
    pictureMaker: async () => (isAble ? counted : null),
  })
  await world.engine.start()
})
after(() => world.close())

/** Left half red, right half blue. */
const halves = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'red' } }).composite([
    { input: { create: { width: width / 2, height, channels: 3, background: 'blue' } }, left: width / 2, top: 0 },
  ])
type Sent = { readonly id: string; readonly url: string; readonly width?: number; readonly height?: number }
const sent = async (body: Buffer | string, type = 'image/jpeg', name = 'cat.jpg') => {
  const answer = await world.call('owner', {
    method: 'POST',
    url: '/api/files',
    body,
    headers: { 'content-type': type, 'file-name': name },
  })
  assert.equal(answer.status, 201, answer.text)
  return answer.body as Sent
}
const note = async (body: object) => {
  const answer = await world.call('owner', { method: 'POST', url: '/api/notes', body: { title: 'With pictures', isPublic: true, ...body } })
  assert.equal(answer.status, 201, answer.text)
  return answer.body as { id: string }
}
const get = (as: As, url: string, headers: Record<string, string> = {}, method = 'GET') => world.call(as, { method, url, headers })
const picture = async (url: string) => {
  const answer = await get('guest', url)
  assert.equal(answer.status, 200, answer.text)
  return { ...(await sharp(answer.bytes).metadata()), answer }
}
const sizeOf = async (url: string) => {
  const { width, height } = await picture(url)
  return `${width}x${height}`
}
/** It says that it has so many pixels in each direction. */
const bombOf = (side: number) => {
  const bomb = png(1, 1)
  bomb.writeUInt32BE(side, 16)
  bomb.writeUInt32BE(side, 20)
  return bomb
}
const keys = async () => (await Array.fromAsync(blobs.keys())).length
const row = async (id: string) => (await world.engine.parts.storage.reader.get(files, id))!
const issue = async (url: string) => {
  const { status, body } = await get('guest', url)
  return [status, body.errors?.[0]?.path ?? body.code]
}

test('a picture is answered smaller, rounded up to a few sizes, never larger than it is', async () => {
  const file = await sent(await halves(1_000, 500).jpeg().toBuffer())
  assert.deepEqual([file.width, file.height], [1_000, 500])
  await note({ cover: file })
  const sizes: [string, string][] = [
    ['w=256', '256x128'],
    ['w=200', '256x128'],
    ['h=100', '256x128'],
    ['w=300&h=10', '64x32'],
    ['w=4000', '1000x500'],
    ['w=200&h=200&fit=inside', '256x128'],
    ['w=200&h=200&fit=cover', '256x256'],
    ['w=200&fit=cover', '256x128'],
    ['w=2000&h=2000&fit=cover', '500x500'],
    ['w=100&h=200&fit=contain', '128x256'],
    ['w=2000&h=4000&fit=contain', '1000x2000'],
    ['w=1', '32x16'],
  ]
  for (const [query, size] of sizes) assert.equal(await sizeOf(`${file.url}?${query}`), size, query)
  const colours = async (query: string) => {
    const { data, info } = await sharp((await picture(`${file.url}?${query}`)).answer.bytes)
      .raw()
      .toBuffer({ resolveWithObject: true })
    const at = (x: number, y: number) =>
      ['r', 'g', 'b'].filter((_, index) => data[(y * info.width + x) * info.channels + index]! > 128).join('')
    return [at(2, 2), at(2, info.height / 2), at(info.width - 3, info.height / 2)]
  }
  assert.deepEqual(await colours('w=200&h=200&fit=cover'), ['r', 'r', 'b'])
  assert.deepEqual(await colours('w=100&h=200&fit=contain'), ['rgb', 'r', 'b'])
})

test('each size is made once, also for many who ask at once, and is gone with the file', async () => {
  const file = await sent(await halves(600, 400).png().toBuffer(), 'image/png', 'cat.png')
  const { id } = await note({ cover: file })
  const [before, madeBefore] = [await keys(), made]
  const all = await Promise.all(Array.from({ length: 8 }, () => get('guest', `${file.url}?w=300`)))
  assert.deepEqual([...new Set(all.map(({ status, bytes }) => `${status} ${bytes.length}`))].length, 1)
  assert.equal((await picture(`${file.url}?w=310`)).answer.bytes.length, all[0]!.bytes.length)
  assert.deepEqual([made - madeBefore, (await keys()) - before], [1, 1])
  const { pieces, parts, sizes } = await row(file.id)
  assert.deepEqual([pieces, parts.length, sizes?.map(({ name, piece }) => [name, piece])], [2, 1, [['inside-384x256', 1]]])
  // A store that has lost it, as after a restore: it is made again, in its place.
  await blobs.remove(`${(await row(file.id)).key}.1`)
  assert.equal(await sizeOf(`${file.url}?w=300`), '384x256')
  assert.deepEqual([made - madeBefore, (await row(file.id)).pieces, (await keys()) - before], [2, 2, 1])
  assert.equal((await world.call('owner', { method: 'DELETE', url: `/api/notes/${id}` })).status, 204)
  await work(world)
  assert.equal(await keys(), before - 1)
  assert.equal((await get('guest', `${file.url}?w=300`)).status, 404)
})

test('a size has tag, ranges and headers of its own', async () => {
  const { url } = await sent(await halves(600, 400).png().toBuffer(), 'image/png', 'a "cat".png')
  await note({ cover: { id: url.split('/')[3] } })
  const { answer } = await picture(`${url}?w=100`)
  const { etag, 'content-type': type, 'content-disposition': disposition, 'content-length': length } = answer.headers
  assert.deepEqual([type, length], ['image/webp', String(answer.bytes.length)])
  assert.match(String(disposition), /^inline; filename="a cat\.webp"/)
  for (const name of ['cache-control', 'content-security-policy', 'x-content-type-options', 'vary', 'accept-ranges'])
    assert.deepEqual(answer.headers[name], (await get('guest', url)).headers[name], name)
  assert.notEqual(etag, (await get('guest', url)).headers['etag'])
  assert.equal((await get('guest', `${url}?w=128`, { 'if-none-match': String(etag) })).status, 304)
  assert.equal((await get('guest', `${url}?w=200`, { 'if-none-match': String(etag) })).status, 200)
  const part = await get('guest', `${url}?w=100`, { range: 'bytes=2-5' })
  assert.deepEqual([part.status, part.bytes], [206, answer.bytes.subarray(2, 6)])
  const head = await get('guest', `${url}?w=100`, {}, 'HEAD')
  assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', length])
  assert.match(String((await get('guest', `${url}?w=100&download=true`)).headers['content-disposition']), /^attachment/)
})

test('a smaller picture is upright and tells nothing of the camera', async () => {
  const body = await halves(600, 400)
    .withExif({ IFD0: { Make: 'Secret camera' }, IFD3: { GPSLatitudeRef: 'N' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
  const file = await sent(body)
  assert.deepEqual([file.width, file.height], [400, 600])
  await note({ cover: file })
  const { width, height, orientation, exif, icc, xmp } = await picture(`${file.url}?w=100`)
  assert.deepEqual([width, height, orientation, exif, icc, xmp], [128, 192, undefined, undefined, undefined, undefined])
})

test('what cameras and programs get wrong is no reason to refuse a picture', async () => {
  const good = await halves(600, 400).jpeg().toBuffer()
  const scan = good.indexOf(Buffer.from([0xff, 0xda]))
  const oddScan = Buffer.from(good)
  oddScan[scan + 5 + 2 * oddScan[scan + 4]! + 1] = 0
  const odd: Record<string, Buffer> = {
    'without its end': good.subarray(0, -2),
    'with bytes behind its end': Buffer.concat([good, Buffer.alloc(5_000, 7)]),
    'with bytes before its end': Buffer.concat([good.subarray(0, -2), Buffer.alloc(5, 7), good.subarray(-2)]),
    'with a scan of another kind': oddScan,
    'of four colours': await halves(600, 400).toColourspace('cmyk').jpeg().toBuffer(),
  }
  const papers = await Promise.all(Object.values(odd).map((body) => sent(body)))
  await note({ papers })
  for (const [index, what] of Object.keys(odd).entries()) {
    const { answer, space } = await picture(`${papers[index]!.url}?w=100`)
    assert.equal(space, 'srgb', what)
    const { data } = await sharp(answer.bytes).raw().toBuffer({ resolveWithObject: true })
    assert.ok(data[0]! > 150 && data.at(-1)! > 100, what)
  }
})

test('of what moves, the first frame is answered', async () => {
  const frames = await Promise.all([png(64, 48), png(64, 48)].map((frame) => sharp(frame).toColourspace('srgb').png().toBuffer()))
  const moving = await sharp([...frames, await halves(64, 48).png().toBuffer()], { join: { animated: true } })
    .gif()
    .toBuffer()
  assert.equal((await sharp(moving).metadata()).pages, 2)
  const file = await sent(moving, 'image/gif')
  await note({ cover: file })
  const { pages, format, width, height } = await picture(`${file.url}?w=32`)
  assert.deepEqual([pages, format, width, height], [undefined, 'webp', 32, 24])
})

test('what is asked wrongly, is no picture or is none that can be read is refused', async () => {
  const good = await halves(600, 400).jpeg().toBuffer()
  const [file, cut, text, drawing, bomb] = [
    await sent(good),
    await sent(good.subarray(0, good.length / 2)),
    await sent('text', 'text/plain'),
    await sent('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'image/svg+xml'),
    await sent(bombOf(30_000), 'image/png'),
  ]
  await note({ papers: [file, cut, text, drawing, bomb] })
  for (const [query, path] of [
    ['w=0', 'query:w'],
    ['w=-5', 'query:w'],
    ['w=1.5', 'query:w'],
    ['w=ten', 'query:w'],
    ['w=', 'query:w'],
    ['w=4097', 'query:w'],
    ['h=99999999999999999999', 'query:h'],
    ['w=1&w=2', 'query:w'],
    ['w=10&fit=fill', 'query:fit'],
    ['fit=cover', 'query:w'],
    ['w=10&q=1', 'query:q'],
  ] as const)
    assert.deepEqual(await issue(`${file.url}?${query}`), [400, path], query)
  const before = made
  for (const { url } of [text, drawing, bomb]) assert.deepEqual(await issue(`${url}?w=100`), [422, 'picture_not_resizable'])
  assert.equal(made, before)
  assert.deepEqual(await issue(`${cut.url}?w=100`), [422, 'picture_not_resizable'])
  // What it is stays as it came.
  assert.equal((await get('guest', bomb.url)).status, 200)
})

test('a smaller picture is as private as the record', async () => {
  const file = await sent(await halves(600, 400).jpeg().toBuffer())
  const { id } = await note({ cover: file, isPublic: false })
  const before = made
  for (const as of ['guest', 'other'] as const) assert.equal((await get(as, `${file.url}?w=100`)).status, 404)
  assert.equal(made, before)
  const { etag } = (await get('owner', `${file.url}?w=100`)).headers
  for (const as of ['guest', 'other'] as const)
    assert.equal((await get(as, `${file.url}?w=100`, { 'if-none-match': String(etag) })).status, 404)
  const link = await world.call('owner', { method: 'POST', url: `/api/files/${file.id}/link`, body: {} })
  assert.equal(await sizeOf(`${link.body.url}&w=100`), '128x85')
  await world.call('owner', { method: 'PATCH', url: `/api/notes/${id}`, body: { isPublic: true } })
  assert.equal(await sizeOf(`${file.url}?w=100`), '128x85')
})

test('two processes that make the same one keep one', async () => {
  const file = await sent(await halves(600, 400).jpeg().toBuffer())
  await note({ cover: file })
  const [before, madeBefore] = [await keys(), made]
  const others = [1, 2].map(() =>
    createPictureSizes({ ...world.engine.parts, log: { write() {} }, blobs, pictureMaker: async () => counted }),
  )
  const recipe = recipeOf({ w: 100 }, { type: 'image/jpeg', width: 600, height: 400 })
  const stored = await row(file.id)
  const contents = await Promise.all(others.map(async (sizes) => await sizes.contentOf(stored, recipe)))
  assert.equal(made - madeBefore, 2)
  const [first, second] = await Promise.all(contents.map(async (content) => await buffer(await content.open(null))))
  assert.deepEqual(first, second)
  assert.deepEqual([(await row(file.id)).sizes?.length, (await keys()) - before], [1, 1])
  assert.equal(await sizeOf(`${file.url}?w=100`), '128x85')
  assert.equal(made - madeBefore, 2)
})

test('a file that goes while a smaller picture of it is stored leaves nothing', async () => {
  const file = await sent(await halves(600, 400).jpeg().toBuffer())
  const { id } = await note({ cover: file })
  await work(world)
  const before = await keys()
  const [begun, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  held = { begun: begun.resolve, letGo: letGo.promise }
  const asked = get('guest', `${file.url}?w=100`)
  await begun.promise
  held = null
  assert.equal((await world.call('owner', { method: 'DELETE', url: `/api/notes/${id}` })).status, 204)
  await work(world)
  assert.equal(await keys(), before - 1)
  letGo.resolve()
  assert.equal((await asked).status, 200)
  assert.equal(await keys(), before - 1)
  // Had the process ended before it looked, what came late would still have its removal.
  const owed = await world.engine.parts.storage.reader.find(effects, { where: eq('state', 'ready'), limit: 1_000 })
  assert.equal(
    owed.filter(({ kind, payload }) => kind === 'files.remove' && (payload as { pieces: number }).pieces === 2).length >= 1,
    true,
  )
})

test('sizes of a file that nobody claims are swept with it', async () => {
  const file = await sent(await halves(600, 400).jpeg().toBuffer())
  const before = await keys()
  assert.deepEqual([(await get('owner', `${file.url}?w=100`)).status, (await get('staff', `${file.url}?w=100`)).status], [200, 404])
  assert.equal((await keys()) - before, 1)
  await world.write((tx) => tx.touchAll(files, eq('state', 'stored'), { set: { expiresAt: 1 } }))
  await work(world, 125_000)
  assert.equal((await get('owner', `${file.url}?w=100`)).status, 404)
  assert.equal(await keys(), before - 1)
})

test('boxes of ever other ratios fill no store', async () => {
  const file = await sent(await halves(600, 400).jpeg().toBuffer())
  await note({ cover: file })
  const before = await keys()
  for (let h = 1; h <= 33; h++) assert.equal(await sizeOf(`${file.url}?w=96&h=${h}&fit=cover`), `96x${h}`)
  assert.equal((await keys()) - before, 30)
  await sizeOf(`${file.url}?w=96`)
  assert.equal((await keys()) - before, 31)
})

test('where nothing can make them smaller, pictures are shown as they are', async () => {
  const body = await halves(600, 400).jpeg().toBuffer()
  const file = await sent(body)
  await note({ cover: file })
  isAble = false
  try {
    const { answer } = await picture(`${file.url}?w=100`)
    assert.deepEqual([answer.bytes, answer.headers['etag']], [body, `"${file.id}"`])
    assert.deepEqual(await issue(`${file.url}?w=0`), [400, 'query:w'])
  } finally {
    isAble = true
  }
  assert.equal(await sizeOf(`${file.url}?w=100`), '128x85')
})

test('a smaller picture that was changed in the store is found, and one that is missing is not missed', async () => {
  const file = await sent(await halves(600, 400).jpeg().toBuffer())
  await note({ cover: file })
  for (const w of [32, 64]) await sizeOf(`${file.url}?w=${w}`)
  const { key, sizes } = await row(file.id)
  assert.deepEqual(await verifyFiles(world, blobs), [])
  await blobs.remove(`${key}.${sizes![0]!.piece}`)
  assert.deepEqual(await verifyFiles(world, blobs), [])
  await blobs.write(`${key}.${sizes![1]!.piece}`, Readable.from([Buffer.alloc(sizes![1]!.size)]))
  assert.deepEqual(await verifyFiles(world, blobs), [`files.bytes_there files/${file.id} ${key}.${sizes![1]!.piece} was changed`])
})
