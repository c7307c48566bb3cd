// Resumable uploads: tus 1.0, spoken by hand here and by an independent client in test/faults/resumable-uploads.test.ts.
// slow: mongodb
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { createMemoryBlobs } from '../../src/blobs/memory-blobs.ts'
import { eq } from '../../src/contract/filter.ts'
import { files } from '../../src/domains/files/collections.ts'
import { effects } from '../../src/effects/effect.ts'
import { type ApiAnswer, type As, openWorld, type World, work } from '../support/api-harness.ts'
import { png } from '../support/pictures.ts'

const blobs = createMemoryBlobs()
let world: World
before(async () => {
  world = await openWorld({ blobs, pictureMaker: async () => async () => Buffer.from('smaller') })
  await world.engine.start()
})
after(() => world.close())

const version = { 'tus-resumable': '1.0.0' }
const base64 = (text: string) => Buffer.from(text).toString('base64')
const begin = (as: As, length: number | string, metadata = '') =>
  world.call(as, {
    method: 'POST',
    url: '/api/uploads',
    headers: { ...version, 'upload-length': String(length), 'upload-metadata': metadata },
  })
const begun = async (length: number, metadata = '') => String((await begin('owner', length, metadata)).headers['location'])
const chunk = (as: As, url: string, offset: number, body: string | Buffer, headers: Record<string, string> = {}) =>
  world.call(as, {
    method: 'PATCH',
    url,
    body,
    headers: { ...version, 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset), ...headers },
  })
const head = async (as: As, url: string) => {
  const { status, headers } = await world.call(as, { method: 'HEAD', url, headers: version })
  return [status, headers['upload-offset'], headers['upload-length']]
}
const idOf = (url: string) => url.split('/').at(-1)!
const claim = (id: string) => world.call('owner', { method: 'POST', url: '/api/notes', body: { title: 'Resumed', papers: [{ id }] } })
const keys = async () => (await Array.fromAsync(blobs.keys())).length
const told = ({ status, body, headers }: ApiAnswer) => [status, body?.code, headers['upload-offset']]

test('an upload comes in pieces, and is a file once all of it is there', async () => {
  const picture = png(40, 30)
  const url = await begun(picture.length, `filename ${base64('Straße.png')},filetype ${base64('image/png')}`)
  assert.match(url, /^\/api\/uploads\/file_/)
  assert.deepEqual(await head('owner', url), [200, '0', String(picture.length)])
  // Shorter than what says the type: it is looked at once all is there.
  const cuts = [0, 3, 20, picture.length]
  assert.equal((await claim(idOf(url))).status, 422)
  for (const [index, from] of cuts.slice(0, -1).entries()) {
    const answer = await chunk('owner', url, from, picture.subarray(from, cuts[index + 1]))
    assert.deepEqual(told(answer), [204, undefined, String(cuts[index + 1])], answer.text)
    assert.equal(answer.headers['tus-resumable'], '1.0.0')
  }
  assert.equal((await head('owner', url))[1], String(picture.length))
  const { file: whole } = (await world.call('owner', { method: 'GET', url })).body
  const { body } = await claim(idOf(url))
  const [file] = body.papers
  assert.deepEqual(whole, file)
  assert.deepEqual([file.name, file.type, file.size, file.width, file.height], ['Straße.png', 'image/png', picture.length, 40, 30])
  const read = async (range = '') => await world.call('owner', { method: 'GET', url: file.url, headers: range ? { range } : {} })
  assert.equal((await read()).text, picture.toString())
  // A range that lies in three pieces.
  const { text, headers } = await read('bytes=1-30')
  assert.deepEqual([text, headers['content-range']], [picture.subarray(1, 31).toString(), `bytes 1-30/${picture.length}`])
  assert.equal((await head('owner', url))[0], 404)
  const before = await keys()
  await world.call('owner', { method: 'DELETE', url: `/api/notes/${body.id}` })
  await work(world)
  assert.equal(await keys(), before - 3)
})

test('what does not go on where it stands is refused, and changes nothing', async () => {
  const url = await begun(10)
  assert.deepEqual(told(await chunk('owner', url, 0, 'abc')), [204, undefined, '3'])
  const before = await keys()
  assert.deepEqual(told(await chunk('owner', url, 0, 'abc')), [409, 'upload_offset_conflict', '3'])
  assert.deepEqual(told(await chunk('owner', url, 4, 'abc')), [409, 'upload_offset_conflict', '3'])
  assert.equal((await chunk('owner', url, 3, 'x'.repeat(8))).status, 413)
  assert.equal((await chunk('owner', url, 3, 'abc', { 'content-type': 'text/plain' })).status, 415)
  assert.equal((await chunk('owner', url, 3, 'abc', { 'upload-offset': '-1' })).status, 400)
  assert.deepEqual(told(await chunk('owner', url, 3, 'abc', { 'tus-resumable': '0.2.2' })).slice(0, 2), [412, 'tus_version_unsupported'])
  for (const as of ['guest', 'other', 'staff'] as const) {
    assert.equal((await head(as, url))[0], 404)
    assert.equal((await chunk(as, url, 3, 'abc')).status, 404)
    assert.equal((await world.call(as, { method: 'DELETE', url, headers: version })).status, 404)
  }
  // Of two at once one counts, and of the other nothing stays.
  const both = await Promise.all([chunk('owner', url, 3, 'def'), chunk('owner', url, 3, 'DEF')])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [204, 409])
  assert.equal(await keys(), before + 1)
  assert.equal((await head('owner', url))[1], '6')
  await chunk('owner', url, 6, 'ghij')
  const [file] = (await claim(idOf(url))).body.papers
  assert.match((await world.call('owner', { method: 'GET', url: file.url })).text, /^abc(?:def|DEF)ghij$/)
})

test('a repeat with the same key begins no second upload, and is no other one', async () => {
  const headers = { ...version, 'idempotency-key': 'one-upload-of-the-owner' }
  const start = async (more: Record<string, string>) =>
    await world.call('owner', { method: 'POST', url: '/api/uploads', headers: { ...headers, ...more } })
  const first = await start({ 'upload-length': '6' })
  assert.deepEqual((await start({ 'upload-length': '6' })).headers['location'], first.headers['location'])
  assert.equal((await start({ 'upload-length': '7' })).body.code, 'idempotency_key_reused')
  const url = String(first.headers['location'])
  const once = { 'idempotency-key': 'its-pieces-of-the-owner' }
  assert.deepEqual(told(await chunk('owner', url, 0, 'abc', once)), [204, undefined, '3'])
  assert.deepEqual(told(await chunk('owner', url, 0, 'abc', once)), [204, undefined, '3'])
  assert.equal((await chunk('owner', url, 0, 'abd', once)).body.code, 'idempotency_key_reused')
  assert.equal((await chunk('owner', url, 3, 'abc', once)).body.code, 'idempotency_key_reused')
})

test('what begins wrongly is refused', async () => {
  const status = async (headers: Record<string, string>, as: As = 'owner') =>
    (await world.call(as, { method: 'POST', url: '/api/uploads', headers })).status
  assert.equal(await status({ 'upload-length': '5' }), 412)
  assert.equal(await status(version), 400)
  assert.equal(await status({ ...version, 'upload-length': '5.5' }), 400)
  assert.equal(await status({ ...version, 'upload-length': '999999999999' }), 413)
  assert.equal(await status({ ...version, 'upload-length': '5' }, 'guest'), 401)
  const beganFor = async (length: number, target: string) => (await begin('owner', length, `for ${base64(target)}`)).status
  assert.deepEqual(
    [await beganFor(1_000_001, 'notes.cover'), await beganFor(5, 'notes.title'), await beganFor(5, 'notes.cover')],
    [413, 400, 201],
  )
  const { status: options, headers } = await world.call('guest', { method: 'OPTIONS', url: '/api/uploads' })
  assert.deepEqual([options, headers['tus-version'], headers['tus-extension']], [204, '1.0.0', 'creation,expiration,termination'])
  assert.equal(headers['tus-max-size'], String(limits.fileBytesDefault))
  const empty = await begin('owner', 0, `filename ${base64('empty.txt')}`)
  const made = await claim(idOf(String(empty.headers['location'])))
  assert.equal(made.status, 201, made.text + empty.text)
  const file = made.body.papers[0]
  assert.deepEqual([file.name, file.size, (await world.call('owner', { method: 'GET', url: file.url })).text], ['empty.txt', 0, ''])
})

test('one that is given up goes, by its sender or when its time is over', async () => {
  const [first, second] = [await begun(10), await begun(10)]
  await chunk('owner', first, 0, 'abc')
  await chunk('owner', second, 0, 'abc')
  const before = await keys()
  assert.equal((await world.call('owner', { method: 'DELETE', url: first, headers: version })).status, 204)
  await world.write((tx) => tx.touchAll(files, eq('id', idOf(second)), { set: { expiresAt: 1 } }))
  assert.equal((await chunk('owner', second, 3, 'abc')).status, 404)
  await work(world, 125_000)
  assert.equal(await keys(), before - 2)
})

test('what a piece has left whose request was cut off by a crash goes once the upload is whole, and nothing else', async () => {
  const picture = png(40, 30)
  const url = await begun(picture.length)
  const half = picture.length >> 1
  await chunk('owner', url, 0, picture.subarray(0, half))
  const { key } = (await world.engine.parts.storage.reader.get(files, idOf(url)))!
  await world.write((tx) => tx.touchAll(files, eq('id', idOf(url)), { add: { pieces: 1 } }))
  await blobs.write(`${key}.1`, Readable.from([Buffer.from('lost')]))
  const before = await keys()
  assert.equal((await chunk('owner', url, half, picture.subarray(half))).status, 204)
  const { body: note } = await claim(idOf(url))
  assert.equal((await world.call('owner', { method: 'GET', url: `${note.papers[0].url}?w=32` })).status, 200)
  await world.write((tx) => tx.touchAll(effects, eq('state', 'ready'), { set: { dueAt: 1 } }))
  await work(world, 5_000)
  const left = (await Array.fromAsync(blobs.keys())).filter((one) => one.startsWith(key))
  assert.deepEqual(left.toSorted(), [key, `${key}.2`, `${key}.3`])
  assert.equal(await keys(), before + 1)
  assert.equal((await world.call('owner', { method: 'GET', url: note.papers[0].url })).text, picture.toString())
  // Its end owes both removals anew.
  assert.equal((await world.call('owner', { method: 'DELETE', url: `/api/notes/${note.id}` })).status, 204)
  await work(world)
  assert.equal(await keys(), before - 2)
})

test('an upload of more pieces than there may be is refused', async () => {
  const url = await begun(10)
  await world.write((tx) => tx.touchAll(files, eq('id', idOf(url)), { set: { pieces: limits.uploadPiecesMax } }))
  assert.match((await chunk('owner', url, 0, 'abc')).body.detail, /begin it again, with larger ones/)
})
