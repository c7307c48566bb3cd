// Resumable uploads by an independent client of tus, over a real socket, cut and gone on with.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as tus from 'tus-js-client'
import { createClient } from '../../client/src/index.ts'
import { createLocalBlobs } from '../../src/blobs/local-blobs.ts'
import { eq } from '../../src/contract/filter.ts'
import { files } from '../../src/domains/files/collections.ts'
import { openWorld, type World } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'
import { createProxy } from '../support/proxy.ts'

const folder = mkdtempSync(join(tmpdir(), 'kingpost-uploads-'))
let world: World
let url: string
let port: number
before(async () => {
  world = await openWorld({ blobs: createLocalBlobs(folder) })
  port = await world.server.listen(0, '127.0.0.1')
  url = `http://127.0.0.1:${port}`
})
after(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
})

const headers = { authorization: 'Bearer kps_owner' }
const content = Buffer.alloc(3_000_000, 'The bytes of a film. ')
const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Until all is there, or `cutAt` bytes are on their way: then the client hangs up. */
function upload(options: Partial<tus.UploadOptions>, cutAt = Number.POSITIVE_INFINITY): Promise<string> {
  return new Promise((resolve, reject) => {
    const sending = new tus.Upload(content, {
      endpoint: `${url}/api/uploads`,
      headers,
      metadata: { filename: 'film.txt', filetype: 'text/plain' },
      retryDelays: null,
      onError: reject,
      onSuccess: () => resolve(sending.url!),
      onProgress: (sent) => {
        if (sent >= cutAt) void sending.abort().then(() => resolve(sending.url!))
      },
      ...options,
    })
    sending.start()
  })
}

const offsetOf = async (at: string) => Number((await fetch(at, { method: 'HEAD', headers })).headers.get('upload-offset'))

async function claimed(at: string, name = 'film.txt'): Promise<Buffer> {
  const body = JSON.stringify({ title: 'A film', papers: [{ id: at.split('/').at(-1) }] })
  const made = await fetch(`${url}/api/notes`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body })
  const { papers } = (await made.json()) as { papers: { url: string; name: string }[] }
  assert.equal(papers[0]!.name, name)
  return Buffer.from(await (await fetch(url + papers[0]!.url, { headers })).arrayBuffer())
}

test('a client of others uploads in one go and in pieces', async () => {
  for (const options of [{}, { chunkSize: 700_000 }]) assert.equal(sum(await claimed(await upload(options))), sum(content))
})

test('one that hangs up goes on where it was cut', async () => {
  const at = await upload({ chunkSize: 1_000_000 }, 1_500_000)
  const kept = await offsetOf(at)
  assert.ok(kept >= 1_000_000 && kept < content.length, `${kept} bytes are kept`)
  assert.equal(await upload({ uploadUrl: at }), at)
  assert.equal(sum(await claimed(at)), sum(content))
})

test('what came before the line was cut is kept', async () => {
  const made = await fetch(`${url}/api/uploads`, {
    method: 'POST',
    headers: { ...headers, 'tus-resumable': '1.0.0', 'upload-length': '3000000', 'upload-metadata': 'filename ZmlsbS50eHQ=' },
  })
  const at = new URL(made.headers.get('location')!, url).href
  const head = `PATCH ${new URL(at).pathname} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer kps_owner\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n`
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`${head}Content-Type: application/offset+octet-stream\r\nContent-Length: 3000000\r\n\r\n`)
  socket.write(content.subarray(0, 200_000), () => socket.destroy())
  const kept = await eventually('bytes are kept', async () => (await offsetOf(at)) || null)
  assert.ok(kept <= 200_000)
  await upload({ uploadUrl: at })
  assert.equal(sum(await claimed(at)), sum(content))
})

test('our own client goes on by itself, and gives up what its caller gives up', async (t) => {
  const proxy = await createProxy(url)
  t.after(() => proxy.close())
  const asked: string[] = []
  const client = createClient({
    url: proxy.url(url),
    token: 'kps_owner',
    fetch: (to, init) => {
      asked.push(`${init.method} ${(init.headers as Record<string, string>)['upload-offset'] ?? ''}`.trim())
      return fetch(to, init)
    },
  })
  const file = new File([content], 'film “süß”.txt', { type: 'text/plain' })
  let cuts = 2
  const told: number[] = []
  await assert.rejects(client.files.upload(file, { for: 'notes.cover' }), { status: 413 })
  assert.deepEqual(asked.splice(0), ['POST'])
  const whole = await client.files.upload(file, {
    for: 'notes.papers',
    onProgress(sent, total) {
      assert.equal(total, content.length)
      told.push(sent)
      if (cuts-- > 0) proxy.cutAfterSent(400_000)
    },
  })
  assert.deepEqual([whole.name, whole.type, whole.size], ['film “süß”.txt', 'text/plain', content.length])
  assert.equal(sum(await claimed(`${url}/api/uploads/${whole.id}`, whole.name)), sum(content))
  assert.deepEqual(
    told,
    told.toSorted((a, b) => a - b),
  )
  assert.equal(told.at(-1), content.length)
  // Each cut was asked about, once more where the question itself was cut, and nothing began anew.
  const count = (what: string) => asked.filter((one) => one === what).length
  assert.deepEqual([count('POST'), count('PATCH 0')], [1, 1])
  assert.ok(count('GET') >= 3, String(asked))

  const leaving = new AbortController()
  asked.length = 0
  await assert.rejects(client.files.upload(file, { signal: leaving.signal, onProgress: () => leaving.abort() }), { name: 'AbortError' })
  await eventually('it is given up', async () =>
    (await world.engine.parts.storage.reader.find(files, { where: eq('state', 'uploading'), limit: 9 })).length === 0 ? true : null,
  )
  assert.equal(asked.at(-1), 'DELETE')
  const empty = await client.files.upload(new Blob([]))
  assert.deepEqual([empty.name, empty.size], ['file', 0])
})

test('after its page was loaded anew our own client goes on where it stood, and begins anew what is no more', async () => {
  const kept = new Map<string, string>()
  const keptIn = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }
  const file = new File([content], 'film.txt', { type: 'text/plain', lastModified: 1_700_000_000_000 })
  const asked: string[] = []
  const page = (answered = Number.POSITIVE_INFINITY) =>
    createClient({
      url,
      token: 'kps_owner',
      // A page that is left hears no answer any more.
      fetch: (to, init) => {
        const offset = (init.headers as Record<string, string>)['upload-offset'] ?? ''
        asked.push(`${init.method} ${offset}`.trim())
        return asked.length > answered ? new Promise<never>(() => {}) : fetch(to, init)
      },
    })
  void page(3).files.upload(file, { keptIn })
  await eventually('two pieces are there', async () => (asked.length === 4 ? true : null))
  const begun = asked.splice(0)
  const whole = await page().files.upload(file, { keptIn })
  assert.equal(sum(await claimed(`${url}/api/uploads/${whole.id}`, whole.name)), sum(content))
  assert.deepEqual([begun[0], begun[1], asked[0], asked[1]], ['POST', 'PATCH 0', 'GET', begun[3]])
  assert.deepEqual([asked.includes('POST'), kept.size], [false, 0])

  // Its id is that of a file that was given up, or the same file is no longer the same: all of it is sent.
  asked.length = 0
  void page(1).files.upload(file, { keptIn })
  await eventually('one is begun', async () => (asked.length === 2 ? true : null))
  const [key = ''] = kept.keys()
  kept.set(key, whole.id.replace(/.{4}$/, '0000'))
  asked.length = 0
  await page().files.upload(new File([content], 'film.txt', { lastModified: 1 }), { keptIn })
  assert.equal(asked[0], 'POST')
  asked.length = 0
  await page().files.upload(file, { keptIn })
  assert.deepEqual([asked.slice(0, 3), kept.size], [['GET', 'POST', 'PATCH 0'], 0])

  // What somebody ends is given up. What has no time of change is never kept, and no room is no reason to refuse.
  const leaving = new AbortController()
  await assert.rejects(page().files.upload(file, { keptIn, signal: leaving.signal, onProgress: () => leaving.abort() }), {
    name: 'AbortError',
  })
  assert.equal(kept.size, 0)
  const full = {
    ...keptIn,
    setItem() {
      throw new DOMException('full', 'QuotaExceededError')
    },
  }
  await page().files.upload(file, { keptIn: full })
  void page(asked.length + 1).files.upload(new Blob([content]), { keptIn })
  await eventually('it is begun', async () => (asked.at(-1) === 'PATCH 0' ? true : null))
  assert.equal(kept.size, 0)
})
