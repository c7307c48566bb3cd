// Bad input of files, generated: each combination of a door and what is wrong with what comes through it. Whatever it is, the answer is
// no 5xx, what was not stored leaves nothing, and what was stored is shown to nobody as something that runs.
// KINGPOST_SEED repeats a walk over resumable uploads.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { after, afterEach, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { limits } from '../../src/base/limits.ts'
import type { BlobStore } from '../../src/blobs/blob-store.ts'
import { createLocalBlobs } from '../../src/blobs/local-blobs.ts'
import { createMemoryBlobs } from '../../src/blobs/memory-blobs.ts'
import { files } from '../../src/domains/files/collections.ts'
import { effects } from '../../src/effects/effect.ts'
import { type ApiAnswer, type As, openWorld, type World, work } from '../support/api-harness.ts'
import { createChance } from '../support/chance.ts'
import { eventually } from '../support/eventually.ts'

const folder = mkdtempSync(join(tmpdir(), 'kingpost-attacks-'))
/** A disk, where it matters; it is slow. */
let store: BlobStore = createMemoryBlobs()
/** What waits before bytes are stored, where a test has it wait. */
let gate: Promise<void> = Promise.resolve()
const blobs: BlobStore = {
  write: (key, bytes) => store.write(key, held(bytes)),
  read: (key, range) => store.read(key, range),
  sizeOf: (key) => store.sizeOf(key),
  remove: (key) => store.remove(key),
  keys: () => store.keys(),
}
async function* held(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const some of bytes) {
    await gate
    yield some
  }
}
let world: World
let port: number
before(async () => {
  world = await openWorld({ blobs })
  await world.engine.start()
  port = await world.server.listen(0, '127.0.0.1')
})
after(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
})

const keys = () => Array.fromAsync(blobs.keys())
const rows = () => world.engine.parts.storage.reader.find(files, { limit: 1_000 })
/** Ends what was stored, so that nobody has too many that wait. */
async function forget(): Promise<void> {
  await world.write(async (tx) => {
    for (const row of await tx.find(files, { limit: 1_000 })) await tx.delete(files, row)
  })
  for (const key of await keys()) await blobs.remove(key)
}
afterEach(forget)
const nothingIsLeft = (said: string) =>
  eventually(`nothing is left of ${said}`, async () => ((await keys()).length === 0 && (await rows()).length === 0 ? true : null))

type Told = { readonly id: string; readonly name: string; readonly type: string; readonly size: number; readonly url: string }
type Sent = { readonly bytes: Buffer; readonly type?: string; readonly name?: string }
const call = async (method: string, url: string, more: { headers?: Record<string, string>; body?: unknown } = {}, as: As = 'owner') =>
  await world.call(as, { method, url, ...more })
const tus = { 'tus-resumable': '1.0.0' }
const chunk = { ...tus, 'content-type': 'application/offset+octet-stream' }
const base64 = (text: string) => Buffer.from(text).toString('base64')

/** The three ways in. Each answers what its record is told, or the refusal. */
const doors: Readonly<Record<string, (sent: Sent) => Promise<ApiAnswer>>> = {
  async body({ bytes, type, name }) {
    const headers = { ...(type ? { 'content-type': type } : {}), ...(name === undefined ? {} : { 'file-name': encodeURIComponent(name) }) }
    return await call('POST', '/api/files', { body: bytes, headers })
  },
  async form({ bytes, type, name }) {
    const quoted = (name ?? 'x').replace(/["\\]/g, '\\$&')
    const head = `--cut\r\nContent-Disposition: form-data; name="file"; filename="${quoted}"\r\n${type ? `Content-Type: ${type}\r\n` : ''}\r\n`
    const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--cut--\r\n')])
    return await call('POST', '/api/files', { body, headers: { 'content-type': 'multipart/form-data; boundary=cut' } })
  },
  async tus({ bytes, type, name }) {
    const metadata = [...(name === undefined ? [] : [`filename ${base64(name)}`]), ...(type ? [`filetype ${base64(type)}`] : [])].join()
    const made = await call('POST', '/api/uploads', {
      headers: { ...tus, 'upload-length': String(bytes.length), ...(metadata ? { 'upload-metadata': metadata } : {}) },
    })
    if (made.status !== 201 || bytes.length === 0) return made
    return await call('PATCH', String(made.headers['location']), { headers: { ...chunk, 'upload-offset': '0' }, body: bytes })
  },
}

/** The one file there is. */
async function stored(): Promise<Told | null> {
  const [file] = (await rows()).filter(({ state }) => state === 'stored')
  return file === undefined ? null : { ...file, url: `/api/files/${file.id}/content` }
}

const markups = [
  '<!DOCTYPE html><script>alert(1)</script>',
  ' \n\t<html><body onload=alert(1)>',
  '\ufeff<script>alert(1)</script>',
  '<!-- a --><svg onload="alert(1)">',
  '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
  `<!--${'x'.repeat(2_000)}--><script>alert(1)</script>`,
  `${' '.repeat(3_000)}<script>alert(1)</script>`,
  'text <img src=x onerror=alert(1)>',
  'From: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>',
  '%PDF-1.4 <script>alert(1)</script>',
  'GIF89a/*<script>alert(1)</script>*/=1;',
  '\x89PNG\r\n\x1a\n<script>alert(1)</script>',
  '\xff\xd8\xff<script>alert(1)</script>',
  '\x00\x01<script>alert(1)</script>',
  'RIFF\x10\x00\x00\x00WEBP<script>alert(1)</script>',
  '+ADw-script+AD4-alert(1)+ADw-/script+AD4-',
]
const contents = [
  ...markups.map((text) => Buffer.from(text, /[\x80-\xff]/.test(text) && !text.includes('\ufeff') ? 'latin1' : 'utf8')),
  Buffer.from('<script>alert(1)</script>', 'utf16le'),
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<script>alert(1)</script>', 'utf16le')]),
]
const declared = [
  'text/html',
  'TEXT/HTML',
  'text/html; charset=utf-7',
  'image/svg+xml',
  'application/xhtml+xml',
  'text/xml',
  'application/xml',
  'image/png',
  'image/png, text/html',
  'image/png;text/html',
  'image/x<script>',
  'application/pdf',
  'text/javascript',
  'text/css',
  'message/rfc822',
  'multipart/x-mixed-replace; boundary=a',
  'application/x-shockwave-flash',
  'text/plain',
  'video/mp4',
  'audio/x-own',
  'x',
  `image/${'a'.repeat(5_000)}`,
]
/** What a browser shows of itself without running anything. */
const harmless = /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp)|(?:audio|video)\/[a-z0-9.+-]+|text\/plain; charset=utf-8)$/

test('whatever a file is called and holds, it is shown as what it is, or kept', async () => {
  const all = declared.flatMap((type) => contents.map((bytes) => ({ type, bytes })))
  for (const [index, { type, bytes }] of all.entries()) {
    const [door, send] = Object.entries(doors)[(index + Math.floor(index / contents.length)) % 3]!
    const said = `${door}, ${type.slice(0, 40)}, ${JSON.stringify(bytes.toString('latin1').slice(0, 30))}`
    const answer = await send({ bytes, type, name: 'cat.png' })
    // A body whose type is that of a form, and which is none; and one that is no media type.
    if (door === 'body' && answer.status === 415) {
      assert.match(type, /^multipart\/|[,<]|^x$/, said)
      continue
    }
    assert.ok(answer.status === 201 || answer.status === 204, `${said}: ${answer.text}`)
    const file = (await stored())!
    for (const query of ['', '?download=true']) {
      const { headers, text } = await call('GET', file.url + query)
      assert.equal(Buffer.byteLength(text) > 0, true, said)
      const shownType = String(headers['content-type'])
      const isKept = String(headers['content-disposition']).startsWith('attachment;')
      assert.ok(isKept || (query === '' && harmless.test(shownType)), `${said}: ${shownType} ${headers['content-disposition']}`)
      // What is text in a browser's eyes is never of a type that it would look into.
      assert.equal(headers['x-content-type-options'], 'nosniff', said)
      assert.match(String(headers['content-security-policy']), /default-src 'none'.*; sandbox$/, said)
    }
    await forget()
  }
})

const names = [
  '..',
  '.',
  '...',
  '',
  ' ',
  '/',
  '\\',
  '../../etc/passwd',
  '..\\..\\windows\\win.ini',
  '/etc/passwd',
  'C:\\a\\b.txt',
  '\\\\host\\share\\a.txt',
  'file:///etc/passwd',
  'a/../b.txt',
  '%2e%2e%2fpasswd',
  '..%c0%af..%c0%afpasswd',
  'a\u0000.png',
  'a.png\u0000.html',
  'invoice\u202efdp.exe',
  'a\u2066b\u2069.txt',
  'a\u200b\u200d\ufeff.txt',
  'a\r\nSet-Cookie: x=1\r\n.txt',
  'a"; filename="b.html',
  "a'b''c.txt",
  'a;b=c.txt',
  'a|b>c<d*e?.txt',
  '~root.txt',
  '-rf',
  '$(id).txt',
  '`id`.txt',
  '\ud800.txt',
  '\uffff.txt',
  'ﬁle\u0301.txt',
  'Ω日本語😀.txt',
  `${'a'.repeat(10_000)}.png`,
  `${'😀'.repeat(1_000)}.png`,
  `a.${'b'.repeat(10_000)}`,
  ...['con', 'PRN', 'aux.txt', 'NUL.tar.gz', 'com1', 'LPT9.doc', 'COM¹.txt', 'conin$', 'CONOUT$.x', 'nul .txt'],
  '.htaccess',
  'web.config',
  'a.php.',
  'a.txt:stream',
  'a.txt::$DATA',
  '\u00a0\u3000a.txt\u00a0',
]
const reserved = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(?:\.|$)/i

test('a name means no path, hides nothing and is one on every system', async () => {
  for (const [door, send] of Object.entries(doors))
    for (const name of names) {
      const said = `${door}, ${JSON.stringify(name.slice(0, 60))}`
      let answer: ApiAnswer
      try {
        answer = await send({ bytes: Buffer.from('x'), type: 'text/plain', name })
      } catch (error) {
        // Half of a pair cannot be percent-encoded.
        assert.ok(error instanceof URIError, said)
        continue
      }
      if (answer.status >= 400) {
        assert.equal(answer.status, 400, `${said}: ${answer.text}`)
        await nothingIsLeft(said).catch(async () => await forget())
        continue
      }
      const file = (await stored())!
      assert.ok([...file.name].length <= limits.fileNameCharactersMax, said)
      assert.doesNotMatch(file.name, /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}/\\<>:"|?*%]|^[.\s]|[.\s]$|^$/u, said)
      assert.doesNotMatch(file.name, reserved, said)
      assert.equal(file.name, file.name.normalize('NFC'), said)
      const { headers } = await call('GET', file.url)
      assert.match(
        String(headers['content-disposition']),
        /^inline; filename="[\x20-\x21\x23-\x5b\x5d-\x7e]+"; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+$/,
        said,
      )
      await forget()
    }
})

const head = (more: string) => `POST /api/files HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer kps_owner\r\nConnection: close\r\n${more}\r\n`

/** One answer, however the connection ends. */
async function ask(bytes: string | Buffer): Promise<{ readonly status: number; readonly text: string }> {
  const socket = connect(port, '127.0.0.1')
  let broken: unknown = null
  socket.on('error', (error) => (broken = error))
  // A server that has refused reads no further.
  socket.write(bytes)
  const text = await textOf(socket).catch(() => '')
  const status = Number(/^HTTP\/1\.1 (?:100 Continue\r\n\r\nHTTP\/1\.1 )?(\d{3}) /.exec(text)?.[1] ?? 0)
  assert.ok(status > 0 || broken !== null, JSON.stringify(String(bytes).slice(0, 200)))
  return { status, text }
}

test('bodies of a wrong length or coding are refused, and what is behind them is no second request', async () => {
  const gzipped = gzipSync('a text')
  const bodies: [string, string | Buffer, number][] = [
    ['Content-Length: -1\r\n', 'x', 400],
    ['Content-Length: +1\r\n', 'x', 400],
    ['Content-Length: 1, 1\r\n', 'x', 400],
    ['Content-Length: 0x1\r\n', 'x', 400],
    ['Content-Length: 1\r\nContent-Length: 2\r\n', 'xx', 400],
    ['Content-Length: 99999999999999999999999\r\n', 'x', 400],
    [`Content-Length: ${2 ** 50}\r\n`, 'x', 413],
    ['Content-Length: 1\r\nTransfer-Encoding: chunked\r\n', '1\r\nx\r\n0\r\n\r\n', 400],
    ['Transfer-Encoding: identity\r\n', 'x', 400],
    ['Transfer-Encoding: chunked, identity\r\n', '1\r\nx\r\n0\r\n\r\n', 400],
    ['Transfer-Encoding: chunked\r\n', '-1\r\nx\r\n0\r\n\r\n', 400],
    ['Transfer-Encoding: chunked\r\n', 'g\r\nx\r\n0\r\n\r\n', 400],
    ['Transfer-Encoding: chunked\r\n', 'ffffffffffffffffff\r\nx\r\n0\r\n\r\n', 400],
    ['Transfer-Encoding: chunked\r\n', '1\r\nxx\r\n0\r\n\r\n', 400],
    ['Transfer-Encoding: chunked\r\n', `1;${'a'.repeat(100_000)}\r\nx\r\n0\r\n\r\n`, 400],
    ['', '', 400],
    ['Content-Length: 0\r\n', '', 201],
    ['Content-Encoding: gzip\r\nContent-Length: 26\r\n', gzipped.subarray(0, 26), 415],
    ['Content-Encoding: br\r\nTransfer-Encoding: chunked\r\n', '1\r\nx\r\n0\r\n\r\n', 415],
    ['Content-Encoding: gzip, identity\r\nContent-Length: 1\r\n', 'x', 415],
    ['Content-Encoding: identity\r\nContent-Length: 1\r\n', 'x', 201],
    ['Expect: 100-continue\r\nContent-Length: 1\r\n', 'x', 201],
    ['Expect: something\r\nContent-Length: 1\r\n', 'x', 417],
    ['Content-Length: 1\r\nFile-Name: %ff\r\n', 'x', 400],
    ['Content-Length: 1\r\nFile-Name: %00a\r\n', 'x', 400],
    [`Content-Length: 1\r\nFile-Name: ${'a'.repeat(7_000)}\r\n`, 'x', 201],
    [`Content-Length: 1\r\nFile-Name: ${'a'.repeat(70_000)}\r\n`, 'x', 431],
    ['Content-Length: 1\r\nContent-Type: \r\n', 'x', 415],
    ['Content-Length: 1\r\nContent-Type: multipart\r\n', 'x', 415],
  ]
  for (const [headers, body, status] of bodies) {
    const said = JSON.stringify(headers.slice(0, 80)) + JSON.stringify(String(body).slice(0, 40))
    const answer = await ask(Buffer.concat([Buffer.from(head(headers)), Buffer.from(body)]))
    assert.equal(answer.status, status, `${said}: ${answer.text.slice(0, 300)}`)
    if (status !== 201) await nothingIsLeft(said)
    await forget()
  }
})

test('forms of every broken kind are refused, and leave nothing', async () => {
  const file = 'Content-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nx'
  const type = (boundary: string) => `multipart/form-data; boundary=${boundary}`
  const of = (boundary: string, ...parts: string[]) => `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`
  const many = (count: number, part: (index: number) => string) => of('cut', ...Array.from({ length: count }, (_, index) => part(index)))
  const forms: [string, string, string, readonly number[]][] = [
    ['10,000 files', type('cut'), many(10_000, () => file), [400]],
    ['10,000 fields', type('cut'), many(10_000, (index) => `Content-Disposition: form-data; name="f${index}"\r\n\r\n`), [400]],
    ['10,000 parts without a name', type('cut'), many(10_000, () => '\r\nx'), [400]],
    ['10,000 parts without headers', type('cut'), '--cut\r\n'.repeat(10_000), [400]],
    ['no boundary', 'multipart/form-data', of('cut', file), [400]],
    ['an empty boundary', type(''), of('', file), [400, 201]],
    ['a boundary of 10 kB', type('b'.repeat(7_000)), of('b'.repeat(7_000), file), [400, 201]],
    ['a boundary that is another', type('other'), of('cut', file), [400]],
    ['a boundary with blanks', type('"a b"'), of('a b', file), [400, 201]],
    ['lines that end in LF', type('cut'), of('cut', file).replaceAll('\r\n', '\n'), [400]],
    ['no end', type('cut'), of('cut', file).slice(0, -4), [400]],
    ['nothing', type('cut'), '', [400]],
    ['only an end', type('cut'), '--cut--\r\n', [400]],
    ['only a beginning', type('cut'), '--cut\r\n', [400]],
    ['a megabyte before it', type('cut'), 'x'.repeat(1_000_000) + of('cut', file), [400]],
    ['a megabyte behind it', type('cut'), of('cut', file) + 'x'.repeat(1_000_000), [400, 201]],
    ['a second form behind it', type('cut'), of('cut', file) + of('cut', file), [400, 201]],
    ['a form in it', type('cut'), of('cut', `Content-Type: multipart/mixed; boundary=in\r\n\r\n${of('in', file)}`), [400]],
    [
      'a file that is a form',
      type('cut'),
      of('cut', file.replace('\r\n\r\nx', `\r\nContent-Type: ${type('in')}\r\n\r\n${of('in', file)}`)),
      [201],
    ],
    ['1,000 headers of a part', type('cut'), of('cut', `${'A: b\r\n'.repeat(1_000)}${file}`), [400]],
    ['a header of 1 MB', type('cut'), of('cut', `A: ${'b'.repeat(1_000_000)}\r\n${file}`), [400]],
    ['a header without an end', type('cut'), `--cut\r\nA: ${'b'.repeat(500_000)}`, [400]],
    ['a header with NUL', type('cut'), of('cut', file.replace('a.txt', 'a\u0000b.txt')), [400, 201]],
    ['no disposition', type('cut'), of('cut', 'Content-Type: text/plain\r\n\r\nx'), [400]],
    ['a disposition of its own', type('cut'), of('cut', file.replace('form-data', 'attachment')), [400]],
    ['a part without a name', type('cut'), of('cut', file.replace('; name="file"', '')), [400, 201]],
    ['a file without a name', type('cut'), of('cut', file.replace('a.txt', '')), [400, 201]],
    ['a name without an end', type('cut'), of('cut', file.replace('a.txt"', 'a.txt')), [400, 201]],
    ['two names', type('cut'), of('cut', file.replace('a.txt"', 'a.txt"; filename="b.html"; filename*=UTF-8\'\'..%2Fc.svg')), [400, 201]],
    ['a name in a wrong charset', type('cut'), of('cut', file.replace('filename="a.txt"', "filename*=x-none''%ff%fe")), [400, 201]],
    [
      'a coding of a mail',
      type('cut'),
      of('cut', file.replace('\r\n\r\nx', '\r\nContent-Transfer-Encoding: base64\r\n\r\neA==')),
      [400, 201],
    ],
    ['a field of 1 MB', type('cut'), of('cut', `Content-Disposition: form-data; name="f"\r\n\r\n${'x'.repeat(1_000_000)}`), [400]],
    ['a name of a prototype', type('cut'), of('cut', 'Content-Disposition: form-data; name="__proto__"\r\n\r\nx'), [400]],
    ['a form that is none', 'multipart/x-other; boundary=cut', of('cut', file), [415]],
    ['a form in another case', 'Multipart/Form-Data; Boundary=cut', of('cut', file), [201]],
  ]
  for (const [said, contentType, body, statuses] of forms) {
    const answer = await call('POST', '/api/files', { body, headers: { 'content-type': contentType } })
    assert.ok(statuses.includes(answer.status), `${said}: ${answer.text}`)
    if (answer.status !== 201) await nothingIsLeft(said)
    await forget()
  }
})

/** RFC 9110 section 14.1.2 and 14.2, for what a server of one range does: null is all of it. */
function rangeByTheBook(header: string, size: number): [number, number] | 'none' | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? []
  if (first === undefined || (first === '' && last === '')) return null
  if (first === '') return Number(last) === 0 || size === 0 ? 'none' : [Math.max(0, size - Number(last)), size - 1]
  if (last !== '' && BigInt(last!) < BigInt(first)) return null
  return Number(first) >= size ? 'none' : [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)]
}

test('ranges of every kind are answered by the book', async () => {
  const numbers = ['', '0', '1', '5', '9', '10', '11', '00', '999999999999999', '-1', '1.5', '1e3', ' 1', 'a']
  const headers = [
    ...numbers.flatMap((first) => numbers.map((last) => `bytes=${first}-${last}`)),
    ...[
      '',
      'bytes',
      'bytes=',
      'bytes=-',
      'bytes=0',
      'bytes=0-0-0',
      'bytes 0-1',
      'lines=0-1',
      'bytes=0-1;',
      'bytes=0-1,',
      'bytes=,0-1',
      '=0-1',
    ],
    `bytes=${Array.from({ length: 1_000 }, () => '0-').join()}`,
    `bytes=${Array.from({ length: 700 }, (_, at) => `${at}-${at}`).join()}`,
    'bytes=0-5,3-8',
    'bytes=0-0,-1',
  ]
  const whole = randomBytes(10)
  const made: string[] = []
  for (const pieces of [[whole], [whole.subarray(0, 1), whole.subarray(1, 6), whole.subarray(6)], [Buffer.alloc(0)]]) {
    const size = Buffer.concat(pieces).length
    const { headers: begun } = await call('POST', '/api/uploads', { headers: { ...tus, 'upload-length': String(size) } })
    let offset = 0
    for (const piece of size === 0 ? [] : pieces) {
      const answer = await call('PATCH', String(begun['location']), { body: piece, headers: { ...chunk, 'upload-offset': String(offset) } })
      assert.equal(answer.status, 204)
      offset += piece.length
    }
    made.push(`/api/files/${String(begun['location']).split('/').at(-1)}/content`)
  }
  for (const [index, url] of made.entries()) {
    const size = index === 2 ? 0 : 10
    for (const range of headers) {
      const said = `${range.slice(0, 60)} of ${size}`
      const answer = await fetch(`http://127.0.0.1:${port}${url}`, { headers: { authorization: 'Bearer kps_owner', range } })
      const bytes = Buffer.from(await answer.arrayBuffer())
      // A header's blanks at its end are no part of it.
      const expected = rangeByTheBook(range.trim(), size)
      if (expected === 'none') {
        assert.deepEqual([answer.status, answer.headers.get('content-range')], [416, `bytes */${size}`], said)
        continue
      }
      const [first, last] = expected ?? [0, size - 1]
      assert.deepEqual([answer.status, bytes], [expected === null ? 200 : 206, whole.subarray(first, last + 1)], said)
      assert.equal(answer.headers.get('content-range'), expected === null ? null : `bytes ${first}-${last}/${size}`, said)
      assert.equal(answer.headers.get('content-length'), String(bytes.length), said)
    }
  }
  await forget()
})

test('a walk over resumable uploads goes where a model of the protocol goes', async (t) => {
  const chance = createChance((line) => t.diagnostic(line))
  type Model = { readonly url: string; readonly length: number; offset: number; isGone: boolean; bytes: Buffer }
  const open: Model[] = []
  const patch = async (model: Model, offset: string, body: Buffer, headers: Record<string, string> = {}) =>
    await call('PATCH', model.url, { body, headers: { ...chunk, 'upload-offset': offset, ...headers } })
  for (let step = 0; step < 400; step++) {
    if (open.length < 3) {
      const length = 1 + chance.below(40)
      const made = await call('POST', '/api/uploads', { headers: { ...tus, 'upload-length': String(length) } })
      assert.equal(made.status, 201, made.text)
      open.push({ url: String(made.headers['location']), length, offset: 0, isGone: false, bytes: Buffer.alloc(0) })
    }
    const model = chance.pick(open)
    const left = model.length - model.offset
    const isOver = model.isGone || left === 0
    const said = `step ${step}, ${model.url} at ${model.offset} of ${model.length}`
    switch (chance.below(9)) {
      case 0: {
        const answer = await call('HEAD', model.url, { headers: tus })
        assert.deepEqual(
          [answer.status, answer.headers['upload-offset']],
          model.isGone ? [404, undefined] : [200, String(model.offset)],
          said,
        )
        break
      }
      case 1: {
        const wrong = chance.pick(['-1', '1.5', '', 'NaN', '0x0', '1e1', '99999999999999999999', ' '])
        assert.equal((await patch(model, wrong, Buffer.from('x'))).status, model.isGone ? 404 : 400, `${said}: ${wrong}`)
        break
      }
      case 2: {
        const offset = chance.below(60)
        if (offset === model.offset && !isOver) break
        const answer = await patch(model, String(offset), Buffer.from('x'))
        assert.equal(answer.status, model.isGone ? 404 : 409, said)
        break
      }
      case 3: {
        const answer = await patch(model, String(model.offset), randomBytes(left + 1 + chance.below(5)))
        assert.equal(answer.status, model.isGone ? 404 : left === 0 ? 409 : 413, said)
        break
      }
      case 4: {
        const answer = await patch(
          model,
          String(model.offset),
          Buffer.from('x'),
          chance.pick([{ 'content-type': 'text/plain' }, { 'tus-resumable': '2.0.0' }, { 'content-encoding': 'gzip' }]),
        )
        assert.ok((model.isGone ? [404] : left === 0 ? [409, 412, 415] : [412, 415]).includes(answer.status), `${said}: ${answer.text}`)
        break
      }
      case 5: {
        if (chance.below(4) > 0) break
        assert.equal((await call('DELETE', model.url, { headers: tus })).status, model.isGone ? 404 : 204, said)
        model.isGone = true
        break
      }
      case 6: {
        if (isOver) break
        // Of several at once one counts.
        const bodies = Array.from({ length: 3 }, () => randomBytes(1 + chance.below(left)))
        const answers = await Promise.all(bodies.map((body) => patch(model, String(model.offset), body)))
        assert.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 409, 409], said)
        const body = bodies[answers.findIndex(({ status }) => status === 204)]!
        model.bytes = Buffer.concat([model.bytes, body])
        model.offset += body.length
        break
      }
      default: {
        const body = randomBytes(Math.min(left, 1 + chance.below(10)))
        const answer = await patch(model, String(model.offset), body)
        assert.equal(answer.status, model.isGone ? 404 : left === 0 ? 409 : 204, `${said}: ${answer.text}`)
        if (isOver) break
        model.bytes = Buffer.concat([model.bytes, body])
        model.offset += body.length
      }
    }
    if (!model.isGone && model.offset === model.length) {
      const read = await call('GET', `/api/files/${model.url.split('/').at(-1)}/content`)
      assert.equal(read.headers['content-length'], String(model.length), said)
    }
    if (model.isGone || (model.offset === model.length && chance.below(3) === 0)) open.splice(open.indexOf(model), 1)
  }
  await forget()
})

test('an upload that is given up while its bytes come is gone for both, and leaves nothing', async () => {
  store = createLocalBlobs(folder)
  for (const isWhole of [true, false]) {
    const made = await call('POST', '/api/uploads', { headers: { ...tus, 'upload-length': '4' } })
    const url = String(made.headers['location'])
    const held = Promise.withResolvers<void>()
    gate = held.promise
    const sending = call('PATCH', url, { headers: { ...chunk, 'upload-offset': '0' }, body: isWhole ? 'abcd' : 'ab' })
    await eventually('its bytes are on their way', async () => ((await keys()).length > 0 ? true : null))
    assert.equal((await call('DELETE', url, { headers: tus })).status, 204)
    await work(world)
    held.resolve()
    const answer = await sending
    assert.deepEqual([answer.status, answer.body.code], [404, 'not_found'])
    await nothingIsLeft('what was given up')
  }
  // A removal that comes before the last bytes do is not the last one.
  const owed = await world.engine.parts.storage.reader.find(effects, { limit: 1_000 })
  assert.ok(owed.some(({ kind, state, dueAt }) => kind === 'files.remove' && state === 'ready' && dueAt > world.clock.now()))
})

test('what tus has and this server has not is refused, or said to be missing', async () => {
  const begin = async (headers: Record<string, string>, body?: string) =>
    await call('POST', '/api/uploads', { headers: { ...tus, ...headers }, ...(body === undefined ? {} : { body }) })
  const refused: [Record<string, string>, number][] = [
    [{ 'upload-defer-length': '1' }, 400],
    [{ 'upload-length': '5', 'upload-concat': 'partial' }, 400],
    [{ 'upload-concat': 'final;/api/uploads/file_1 /api/uploads/file_2' }, 400],
    [{ 'upload-length': '-5' }, 400],
    [{ 'upload-length': '5, 5' }, 400],
    [{ 'upload-length': '0x10' }, 400],
    [{ 'upload-length': '1e3' }, 400],
    [{ 'upload-length': '999999999999999' }, 413],
    [{ 'upload-length': '5', 'upload-metadata': `filename ${Buffer.from([0xff, 0x00]).toString('base64')}` }, 400],
  ]
  for (const [headers, status] of refused) assert.equal((await begin(headers)).status, status, JSON.stringify(headers))
  await nothingIsLeft('what was refused')
  for (const metadata of [
    '',
    ',',
    'filename',
    'filename ',
    ' ,filename YQ==',
    `filename ${'YQ=='.repeat(500)}`,
    '__proto__ YQ==',
    'filename !!!',
  ]) {
    const answer = await begin({ 'upload-length': '5', 'upload-metadata': metadata })
    assert.equal(answer.status, 201, `${metadata}: ${answer.text}`)
  }
  // Bytes that come with the beginning count where that extension is: here the client is told that none are stored.
  const early = await begin({ 'upload-length': '5', 'content-type': 'application/offset+octet-stream' }, 'abc')
  assert.ok(early.status === 415 || (early.status === 201 && early.headers['upload-offset'] === '0'), early.text)
  assert.equal(
    (await world.call('guest', { method: 'OPTIONS', url: '/api/uploads' })).headers['tus-extension'],
    'creation,expiration,termination',
  )
  await forget()
})
