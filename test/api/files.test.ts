// Files: sent, claimed by a record, read by whoever may read it, and gone with it.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { createMemoryBlobs } from '../../src/blobs/memory-blobs.ts'
import { eq } from '../../src/contract/filter.ts'
import { files } from '../../src/domains/files/collections.ts'
import { type ApiAnswer, type As, notes, openWorld, type World, work } from '../support/api-harness.ts'
import { png } from '../support/pictures.ts'
import { verifyFiles } from '../support/verify-files.ts'

const blobs = createMemoryBlobs()
let world: World
before(async () => {
  world = await openWorld({ blobs })
  await world.engine.start()
})
after(() => world.close())

type Sent = { readonly type?: string; readonly name?: string; readonly headers?: Record<string, string> }
const send = (as: As, body: Buffer | string, { type, name, headers }: Sent = {}) =>
  world.call(as, {
    method: 'POST',
    url: '/api/files',
    body,
    headers: { ...(type ? { 'content-type': type } : {}), ...(name ? { 'file-name': encodeURIComponent(name) } : {}), ...headers },
  })
const sent = async (as: As, body: Buffer | string = png(3, 2), given: Sent = { type: 'image/png', name: 'cover.png' }) => {
  const answer = await send(as, body, given)
  assert.equal(answer.status, 201, answer.text)
  return answer.body as { id: string; name: string; type: string; size: number; url: string; width?: number; height?: number }
}
const get = (as: As, url: string, headers: Record<string, string> = {}, method = 'GET') => world.call(as, { method, url, headers })
const note = (as: As, body: object) => world.call(as, { method: 'POST', url: '/api/notes', body: { title: 'With a file', ...body } })
const change = (as: As, id: string, body: object) => world.call(as, { method: 'PATCH', url: `/api/notes/${id}`, body })
const keys = async () => (await Array.fromAsync(blobs.keys())).length
const issue = ({ status, body }: ApiAnswer) => [status, body.errors?.[0]?.path ?? body.code, body.errors?.[0]?.code]
const form = (...parts: string[]) => `${parts.map((part) => `--cut\r\n${part}\r\n`).join('')}--cut--\r\n`
const part = (name: string, content: string, type = 'text/plain') =>
  `Content-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n${content}`
const asForm = (as: As, body: string) => send(as, body, { type: 'multipart/form-data; boundary=cut' })

test('a file is sent, claimed by a record and read by whoever may read that', async () => {
  const file = await sent('owner')
  assert.deepEqual(file, {
    id: file.id,
    name: 'cover.png',
    type: 'image/png',
    size: png(3, 2).length,
    width: 3,
    height: 2,
    url: `/api/files/${file.id}/content`,
  })
  // Until then it is its sender's alone.
  assert.deepEqual(
    [(await get('owner', file.url)).status, (await get('staff', file.url)).status, (await get('guest', file.url)).status],
    [200, 404, 404],
  )
  const made = await note('owner', { cover: { id: file.id }, isPublic: false })
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(made.body.cover, file)
  const read = await get('owner', file.url)
  assert.deepEqual([read.status, read.headers['content-type'], read.headers['content-length']], [200, 'image/png', String(file.size)])
  assert.match(String(read.headers['content-disposition']), /^inline; filename="cover\.png"/)
  assert.deepEqual(
    [(await get('staff', file.url)).status, (await get('other', file.url)).status, (await get('guest', file.url)).status],
    [200, 404, 404],
  )
  // As private as the record, at every moment.
  await change('owner', made.body.id, { isPublic: true })
  assert.equal((await get('guest', file.url)).status, 200)
  assert.equal((await get('guest', file.url, { 'if-none-match': String(read.headers['etag']) })).status, 304)
  assert.equal((await get('guest', `${file.url}?download=true`)).headers['content-disposition']?.toString().split(';')[0], 'attachment')
})

test('what a record names no longer goes, with its bytes', async () => {
  const [first, second, third] = [await sent('owner'), await sent('owner'), await sent('owner')]
  const { body } = await note('owner', { cover: first, papers: [second, third] })
  const before = await keys()
  // What was read may come back as it is.
  assert.deepEqual((await change('owner', body.id, { cover: first, papers: [third, second] })).body.papers, [third, second])
  const fourth = await sent('owner')
  assert.equal((await change('owner', body.id, { cover: { id: fourth.id } })).body.cover.id, fourth.id)
  assert.equal((await get('owner', first.url)).status, 404)
  await work(world)
  assert.equal(await keys(), before)
  assert.equal((await change('owner', body.id, { cover: null })).body.cover, null)
  assert.equal((await world.call('owner', { method: 'DELETE', url: `/api/notes/${body.id}` })).status, 204)
  await work(world)
  assert.equal(await keys(), before - 3)
  assert.equal((await world.engine.parts.storage.reader.getMany(files, [first.id, second.id, third.id, fourth.id])).length, 0)
})

test('a file has one place, and is claimed by its sender alone', async () => {
  const file = await sent('owner')
  const missing = [422, '/cover', 'reference_not_found']
  assert.deepEqual(issue(await note('other', { cover: file })), missing)
  assert.equal((await note('owner', { cover: file })).status, 201)
  assert.deepEqual(issue(await note('owner', { cover: file })), missing)
  assert.deepEqual(issue(await note('owner', { cover: { id: 'file_none' } })), missing)
  assert.deepEqual(issue(await note('owner', { cover: file.id })), [400, '/cover', 'type'])
  const twice = await sent('owner')
  assert.deepEqual(issue(await note('owner', { papers: [twice, twice] })), [400, '/papers/1', 'repeated'])
  // What is refused for another reason claims nothing.
  assert.equal((await note('owner', { papers: [twice], views: -1 })).status, 400)
  assert.equal((await note('owner', { papers: [twice] })).status, 201)
})

test('the type is that of the bytes, and a field takes those that it accepts', async () => {
  const page = await sent('owner', '<!DOCTYPE html><script>alert(1)</script>', { type: 'image/png', name: 'cat.png' })
  assert.equal(page.type, 'text/html')
  assert.deepEqual(issue(await note('owner', { cover: page })), [400, '/cover', 'type'])
  const { body } = await note('owner', { papers: [page] })
  const shown = await get('owner', page.url)
  assert.equal(body.papers[0].type, 'text/html')
  assert.match(String(shown.headers['content-disposition']), /^attachment/)
  assert.match(String(shown.headers['content-security-policy']), /sandbox$/)
  assert.equal(shown.headers['x-content-type-options'], 'nosniff')
  const kinds: [string | Buffer, string, string][] = [
    ['<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', 'image/svg+xml', 'image/svg+xml'],
    ['  <!-- a --><svg onload="x()">', 'image/jpeg', 'image/svg+xml'],
    ['{"a":1}', 'application/json', 'application/json'],
    ['plain', 'image/jpeg', 'text/plain'],
    [Buffer.from([0, 1, 2, 3]), 'image/jpeg', 'application/octet-stream'],
    [Buffer.from([0, 1, 2, 3]), 'application/x-own', 'application/x-own'],
    [Buffer.from([0, 1, 2, 3]), 'text/html', 'application/octet-stream'],
    [Buffer.from('PK\x03\x04rest', 'latin1'), 'application/vnd.oasis.opendocument.text', 'application/vnd.oasis.opendocument.text'],
    [Buffer.from('PK\x03\x04rest', 'latin1'), 'image/png', 'application/zip'],
  ]
  for (const [bytes, declared, type] of kinds)
    assert.equal((await sent('owner', bytes, { type: declared })).type, type, `${declared} ${type}`)
  assert.deepEqual(issue(await send('owner', '')), [400, '', 'required'])
})

test('pictures of the catalogue are shown to whom it is, and are pictures', async () => {
  const { ids } = world
  const [front, back, cover] = [await sent('staff'), await sent('staff'), await sent('staff')]
  const set = (path: string, body: object) => world.call('staff', { method: 'PATCH', url: `/api/${path}`, body })
  const drawing = await sent('staff', '<svg xmlns="http://www.w3.org/2000/svg"/>', { type: 'image/svg+xml' })
  const refused = await set(`products/${ids['product']}`, { pictures: [front, drawing] })
  assert.deepEqual(issue(refused), [400, '/pictures/1', 'type'])
  assert.match(refused.body.detail, /^\/pictures\/1: is of type/)
  assert.equal((await set(`products/${ids['product']}`, { pictures: [front] })).status, 200)
  assert.equal((await set(`variants/${ids['variant']}`, { picture: cover })).status, 200)
  assert.equal((await set(`products/${ids['draft']}`, { pictures: [back] })).status, 200)
  const { pictures, variants } = (await get('guest', `/api/products/${ids['product']}?expand=variants`)).body
  const ofVariants = variants.map(({ picture }: { picture: object | null }) => picture).filter((one: object | null) => one !== null)
  assert.deepEqual([pictures, ofVariants], [[front], [cover]])
  const seen = async (as: As) => (await Promise.all([front, cover, back].map(({ url }) => get(as, url)))).map(({ status }) => status)
  assert.deepEqual(
    [await seen('guest'), await seen('staff')],
    [
      [200, 200, 404],
      [200, 200, 200],
    ],
  )
  await set(`products/${ids['product']}`, { status: 'archived' })
  assert.deepEqual(await seen('guest'), [404, 404, 404])
  for (const path of [`products/${ids['product']}`, `products/${ids['draft']}`]) await set(path, { pictures: [] })
  await set(`variants/${ids['variant']}`, { picture: null })
  await set(`products/${ids['product']}`, { status: 'active' })
  await work(world)
  assert.deepEqual(await seen('staff'), [404, 404, 404])
})

test('names mean no path and hide nothing', async () => {
  const names: [string, string][] = [
    ['../../etc/passwd', 'passwd'],
    ['C:\\temp\\a.txt', 'a.txt'],
    ['..', 'file'],
    ['.htaccess', 'htaccess'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['a\r\nSet-Cookie: b.txt', 'aSet-Cookie b.txt'],
    ['Grüße 日本.txt', 'Grüße 日本.txt'],
    [`${'x'.repeat(400)}.jpeg`, `${'x'.repeat(145)}.jpeg`],
  ]
  for (const [given, name] of names) assert.equal((await sent('owner', 'text', { name: given })).name, name)
  const { id, url } = await sent('owner', 'text', { name: 'Grüße "日本".txt' })
  assert.match(
    String((await get('owner', url)).headers['content-disposition']),
    /filename="Gr__e __\.txt"; filename\*=UTF-8''Gr%C3%BC%C3%9Fe%20%E6%97%A5%E6%9C%AC\.txt$/,
  )
  assert.deepEqual(issue(await send('owner', 'text', { headers: { 'file-name': '%ff' } })), [400, 'header:File-Name', 'format'])
  assert.ok(id)
})

test('what is kept has no ending of another sort than its bytes', async () => {
  const page = '<script>alert(1)</script>'
  const names: [string | Buffer, string, string][] = [
    [Buffer.concat([png(3, 2), Buffer.from(page)]), 'x.html', 'x.png'],
    [png(3, 2), 'x.y.SVG', 'x.y.png'],
    [png(3, 2), 'x.exe', 'x.png'],
    [png(3, 2), 'x.JPEG', 'x.JPEG'],
    [png(3, 2), 'scan.2026', 'scan.2026'],
    [png(3, 2), 'scan', 'scan'],
    [Buffer.from('\xff\xd8\xff', 'latin1'), 'x.htm', 'x.jpg'],
    [`%PDF-1.7 ${page}`, 'x.html', 'x.pdf'],
    [`words ${page}`, 'x.html', 'x.txt'],
    ['alert(1)', 'x.js', 'x.js'],
    // Nothing becomes a page that was none by its name.
    [page, 'x.png', 'x.png'],
    [page, 'x.html', 'x.html'],
  ]
  for (const [bytes, given, kept] of names) {
    const { url, name } = await sent('staff', bytes, { name: given })
    assert.equal(name, given)
    for (const query of ['', '?download=true']) {
      const { headers } = await get('staff', `${url}${query}`)
      assert.match(String(headers['content-disposition']), new RegExp(`; filename="${kept}"; filename\\*=UTF-8''${kept}$`), given)
    }
  }
})

test('a form of a browser is taken with one file, and with nothing else', async () => {
  const { status, body } = await asForm('owner', form(part('a.txt', 'content')))
  assert.deepEqual([status, body.name, body.size, body.type], [201, 'a.txt', 7, 'text/plain'])
  const before = await keys()
  const field = 'Content-Disposition: form-data; name="note"\r\n\r\nx'
  assert.deepEqual(issue(await asForm('owner', form(part('a.txt', '1'), part('b.txt', '2')))), [400, '', 'parts'])
  assert.deepEqual(issue(await asForm('owner', form(field))), [400, '/note', 'unknown_field'])
  assert.equal((await asForm('owner', form(part('a.txt', '1'), field))).status, 400)
  assert.equal((await asForm('owner', form(...Array.from({ length: 10_000 }, () => field)))).status, 400)
  assert.deepEqual(issue(await asForm('owner', form())), [400, '', 'required'])
  assert.equal((await asForm('owner', form(part('a.txt', 'content')).slice(0, -12))).status, 400)
  assert.equal((await send('owner', 'x', { type: 'multipart/form-data' })).status, 400)
  assert.equal((await send('owner', 'x', { type: 'multipart/mixed; boundary=cut' })).status, 415)
  await work(world)
  assert.equal(await keys(), before)
})

test('a part of a file is answered, and a part that it does not have is refused', async () => {
  const { url } = await sent('owner', '0123456789', { name: 'digits.txt' })
  const range = async (value: string, more = {}) => {
    const { status, text, headers } = await get('owner', url, { range: value, ...more })
    return [status, status === 416 ? '' : text, headers['content-range']]
  }
  assert.deepEqual(await range('bytes=2-4'), [206, '234', 'bytes 2-4/10'])
  assert.deepEqual(await range('bytes=7-'), [206, '789', 'bytes 7-9/10'])
  assert.deepEqual(await range('bytes=-3'), [206, '789', 'bytes 7-9/10'])
  assert.deepEqual(await range('bytes=5-99'), [206, '56789', 'bytes 5-9/10'])
  assert.deepEqual(await range('bytes=10-'), [416, '', 'bytes */10'])
  assert.deepEqual(await range('bytes=-0'), [416, '', 'bytes */10'])
  for (const whole of ['bytes=4-2', 'bytes=0-1,4-5', 'lines=1-2', 'bytes=x'])
    assert.deepEqual(await range(whole), [200, '0123456789', undefined])
  assert.deepEqual(await range('bytes=2-4', { 'if-range': '"other"' }), [200, '0123456789', undefined])
  const head = await get('owner', url, {}, 'HEAD')
  assert.deepEqual([head.status, head.text, head.headers['content-length'], head.headers['accept-ranges']], [200, '', '10', 'bytes'])
})

test('what is too large leaves nothing, and what nobody claims is swept', async () => {
  const before = await keys()
  const large = await sent('owner', Buffer.alloc(1_000_001, 'a'), { name: 'large.txt' })
  assert.deepEqual(issue(await note('owner', { cover: large })), [400, '/cover', 'maximum'])
  assert.equal((await send('owner', 'x', { headers: { 'content-length': '999999999999' } })).status, 413)
  assert.equal(await keys(), before + 1)
  const sendFor = (as: As, target: string, body: Buffer | string, headers: Record<string, string> = {}) =>
    world.call(as, { method: 'POST', url: `/api/files?for=${target}`, body, headers })
  const early = await sendFor('owner', 'notes.cover', 'x', { 'content-length': '1000001' })
  assert.deepEqual([early.status, early.body.detail], [413, 'A file of notes.cover may have 1000000 bytes.'])
  assert.equal((await sendFor('owner', 'notes.cover', Buffer.alloc(1_000_001, 'a'))).status, 413)
  for (const target of ['notes.title', 'notes.covr', 'nothing', 'products.pictures'])
    assert.deepEqual(issue(await sendFor('owner', target, 'x')), [400, 'query:for', 'unknown_field'], target)
  assert.equal(await keys(), before + 1)
  assert.equal((await sendFor('owner', 'notes.cover', 'x')).status, 201)
  assert.equal((await sendFor('staff', 'products.pictures', 'x')).status, 201)
  // Hours by the clock are as many ticks of every schedule: their time is made to be over instead.
  await world.write((tx) => tx.touchAll(files, eq('state', 'stored'), { set: { expiresAt: 1 } }))
  await work(world, 125_000)
  const rows = await world.engine.parts.storage.reader.find(files, { limit: 1_000 })
  assert.deepEqual([...new Set(rows.map(({ state }) => state))], ['claimed'])
  assert.equal(await keys(), rows.length)
})

test('a repeat with the same key is the same file', async () => {
  const headers = { 'idempotency-key': 'one-file-of-the-owner' }
  const before = await keys()
  const first = await send('owner', 'text', { headers })
  const again = await send('owner', 'text', { headers })
  assert.deepEqual([first.status, again.status, again.body], [201, 201, first.body])
  for (const other of ['other text', 'test']) assert.equal((await send('owner', other, { headers })).body.code, 'idempotency_key_reused')
  assert.equal((await send('owner', 'text', { headers, name: 'b.txt' })).status, 422)
  // As a form, whose boundary is another each time.
  const form = (boundary: string, name: string) =>
    send('owner', `--${boundary}\r\n${part(name, 'text')}\r\n--${boundary}--\r\n`, {
      type: `multipart/form-data; boundary=${boundary}`,
      headers: { 'idempotency-key': 'one-form-of-the-owner' },
    })
  assert.deepEqual((await form('one', 'a.txt')).body, (await form('another', 'a.txt')).body)
  assert.equal((await form('one', 'b.txt')).status, 422)
  // Of two at once one counts.
  const both = await Promise.all(['one', 'two'].map((text) => send('owner', text, { headers: { 'idempotency-key': 'two-at-once' } })))
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 422])
  await world.write((tx) => tx.touchAll(files, eq('state', 'uploading'), { set: { expiresAt: 1 } }))
  await work(world, 125_000)
  assert.equal(await keys(), before + 3)
})

test('who can write no record with a file sends none, and has no more waiting than there may be', async () => {
  assert.equal((await send('guest', 'x')).status, 401)
  for (let count = 0; count < 100; count++) await send('staff', 'x')
  assert.equal((await send('staff', 'x')).body.code, 'too_many_files')
})

test('a signed link is good for anybody, for one file, until its time is over', async () => {
  const [file, other] = [await sent('owner'), await sent('owner')]
  const { body: record } = await note('owner', { papers: [file, other], isPublic: false })
  const link = async (as: As, body = {}) => await world.call(as, { method: 'POST', url: `/api/files/${file.id}/link`, body })
  assert.deepEqual(
    [(await link('guest')).status, (await link('other')).status, (await link('owner', { expiresIn: 999_999_999 })).status],
    [404, 404, 400],
  )
  const { body } = await link('owner', { expiresIn: 60 })
  assert.equal((await get('guest', body.url)).status, 200)
  assert.equal((await get('guest', body.url.replace(file.id, other.id))).body.code, 'file_link_invalid')
  assert.equal((await get('owner', body.url.replace(/expires=\d/, 'expires=2'))).status, 403)
  assert.equal((await get('guest', `${file.url}?signature=x`)).status, 403)
  await world.clock.advance(60_000)
  assert.equal((await get('guest', body.url)).status, 403)
  const again = (await link('owner')).body.url
  await world.call('owner', { method: 'DELETE', url: `/api/notes/${record.id}` })
  assert.equal((await get('guest', again)).status, 404)
})

test('what is missing, changed, unknown or claimed by nothing is found', async () => {
  const [lost, short, altered, whole] = [await sent('owner'), await sent('owner'), await sent('owner'), await sent('owner')]
  const { body: record } = await note('owner', { papers: [lost, short, altered, whole] })
  await work(world)
  assert.deepEqual(await verifyFiles(world, blobs), [])
  const rows = await world.engine.parts.storage.reader.getMany(files, [lost.id, short.id, altered.id, whole.id])
  const keyOf = (id: string) => rows.find((row) => row.id === id)!.key
  const put = async (key: string, text: string | Buffer) => await blobs.write(key, Readable.from([Buffer.from(text)]))
  const changed = Buffer.from(png(3, 2))
  changed[20] = 9
  await blobs.remove(keyOf(lost.id))
  await put(keyOf(short.id), 'short')
  await put(keyOf(altered.id), changed)
  await put('0'.repeat(32), 'of nobody')
  const size = png(3, 2).length
  const wanted = [
    `files.bytes_there files/${lost.id} ${keyOf(lost.id)} is missing`,
    `files.bytes_there files/${short.id} ${keyOf(short.id)} has 5 bytes, not ${size}`,
    `files.bytes_there files/${altered.id} ${keyOf(altered.id)} was changed`,
    `files.no_bytes_unknown blobs/${'0'.repeat(32)} no file has it`,
  ]
  assert.deepEqual(await verifyFiles(world, blobs), wanted.toSorted())
  await world.write(async (tx) => await tx.touch(notes, record.id, { set: { papers: [] } }))
  assert.equal((await verifyFiles(world, blobs)).filter((one) => one.startsWith('files.claimed_by_its_record')).length, 4)
  await world.write(async (tx) => await tx.touch(notes, record.id, { set: { papers: record.papers } }))
  await world.write(async (tx) => await tx.touch(files, whole.id, { set: { state: 'stored' } }))
  assert.ok((await verifyFiles(world, blobs)).includes(`files.of_a_record_claimed notes/${record.id} the file is stored`))
})
