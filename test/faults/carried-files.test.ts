// The bytes of files go where their rows go: into a backup, out of it, and along with a move to another folder.
// long
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { appendFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import sharp from 'sharp'
import { type Cleanable, cleanUp } from '../support/clean-up.ts'
import { png } from '../support/pictures.ts'
import { runCommand, startServer, temporaryFolder } from '../support/server-process.ts'
import { objectStores } from '../support/servers/object-stores.ts'

const config = join(import.meta.dirname, '../support/files.config.ts')
const sqlite = (folder: string) => `sqlite:${join(folder, 'kingpost.db')}`
const kingpost = async (...words: string[]) => await kingpostWith({}, ...words)
const kingpostWith = async (env: Env, ...words: string[]) => await runCommand([...words, '--config', config], { env })
const pictures = [randomBytes(1_300_000), png(300, 200), randomBytes(524_288)]

type Env = Readonly<Record<string, string>>
type Picture = { readonly url: string; readonly size: number }

/** A server with an album of these pictures, one of them sent in two pieces. */
async function makeAlbum(t: Cleanable): Promise<{ readonly folder: string; readonly album: string }> {
  const folder = temporaryFolder(t)
  const server = await startServer(t, { config, dataFolder: folder, database: sqlite(folder) })
  const ids: string[] = []
  for (const body of pictures.slice(0, 2))
    ids.push(((await (await fetch(`${server.url}/api/files`, { method: 'POST', body })).json()) as { id: string }).id)
  const [, , resumed] = pictures
  const tus = { 'tus-resumable': '1.0.0' }
  const made = await fetch(`${server.url}/api/uploads`, { method: 'POST', headers: { ...tus, 'upload-length': String(resumed!.length) } })
  const upload = made.headers.get('location')!
  for (const [from, to] of [
    [0, 1_000],
    [1_000, resumed!.length],
  ] as const) {
    const headers = { ...tus, 'content-type': 'application/offset+octet-stream', 'upload-offset': String(from) }
    assert.equal((await fetch(server.url + upload, { method: 'PATCH', headers, body: resumed!.subarray(from, to) })).status, 204)
  }
  ids.push(upload.split('/').at(-1)!)
  const body = JSON.stringify({ title: 'All', pictures: ids.map((id) => ({ id })) })
  const answer = await fetch(`${server.url}/api/albums`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  assert.equal(answer.status, 201)
  const { id } = (await answer.json()) as { id: string }
  await checkSmaller(`${server.url}/api/files/${ids[1]}/content`)
  assert.equal((await server.stop()).code, 0)
  return { folder, album: id }
}

async function checkAlbum(t: Cleanable, folder: string, { album, env = {} }: { album: string; env?: Env }): Promise<void> {
  const server = await startServer(t, { config, dataFolder: folder, database: sqlite(folder), env })
  const { pictures: told } = (await (await fetch(`${server.url}/api/albums/${album}`)).json()) as { pictures: Picture[] }
  for (const [index, { url }] of told.entries())
    assert.deepEqual(Buffer.from(await (await fetch(server.url + url)).arrayBuffer()), pictures[index])
  await checkSmaller(server.url + told[1]!.url)
  await server.stop()
}

/** It is made where it is asked for, and carried nowhere. */
async function checkSmaller(url: string): Promise<void> {
  const { width, height } = await sharp(await (await fetch(`${url}?w=64`)).arrayBuffer()).metadata()
  assert.deepEqual([width, height], [64, 43])
}

/** A blob of the folder that is all of a file. */
function blobIn(folder: string): string {
  const names = readdirSync(join(folder, 'files'), { recursive: true, encoding: 'utf8' })
  return join(folder, 'files', names.find((name) => /[0-9a-f]{32}$/.test(name))!)
}

test('a backup holds the files, and a restore has them; verify finds what is missing and what was changed', async (t) => {
  const { folder, album } = await makeAlbum(t)
  const archive = join(folder, 'all.jsonl.zst')
  const backup = await kingpost('backup', archive, '--data-dir', folder)
  assert.equal(backup.code, 0, backup.stderr)
  assert.match(backup.stdout, /_blobs/)
  assert.equal((await kingpost('backup', 'verify', archive)).code, 0)
  const restored = temporaryFolder(t)
  const restore = await kingpost('restore', archive, '--data-dir', restored)
  assert.equal(restore.code, 0, restore.stderr + restore.stdout)
  await checkAlbum(t, restored, { album })
  const verify = async (...more: string[]) => await kingpost('verify', '--data-dir', restored, ...more)
  assert.equal((await verify('--checksums')).code, 0)
  appendFileSync(blobIn(restored), 'more')
  assert.match((await verify()).stdout, /FAIL {2}files\.bytes_there[\s\S]*bytes, not/)
  rmSync(blobIn(restored))
  assert.match((await verify()).stdout, /FAIL {2}files\.bytes_there[\s\S]*is missing/)
})

test('a move to another folder takes the files along', async (t) => {
  const { folder, album } = await makeAlbum(t)
  const to = temporaryFolder(t)
  const moved = await kingpost('move', '--data-dir', folder, '--to', sqlite(to))
  assert.equal(moved.code, 0, moved.stderr + moved.stdout)
  await checkAlbum(t, to, { album })
})

for (const { name, program, start } of objectStores)
  test(`a restore fills ${name}, verify reads it, a move goes on with it and a backup has it`, {
    skip: program === null ? `${name} cannot be found` : false,
  }, async (t) => {
    const store = await start()
    cleanUp(t, () => store.stop())
    const env = { KINGPOST_FILES_URL: store.settingAt(store.url) }
    const blobs = store.open()
    const run = async (...words: string[]) => {
      const ended = await kingpostWith(env, ...words)
      assert.equal(ended.code, 0, ended.stderr + ended.stdout)
    }
    const { folder, album } = await makeAlbum(t)
    const [archive, second] = [join(folder, 'all.jsonl.zst'), join(folder, 'again.jsonl.zst')]
    const [there, moved, back] = [temporaryFolder(t), temporaryFolder(t), temporaryFolder(t)]
    const first = await kingpost('backup', archive, '--data-dir', folder)
    assert.equal(first.code, 0, first.stderr + first.stdout)
    await run('restore', archive, '--data-dir', there)
    const keys = await Array.fromAsync(blobs.keys())
    assert.equal(keys.length, 4)
    await run('move', '--data-dir', there, '--to', sqlite(moved))
    await checkAlbum(t, moved, { album, env })
    await run('verify', '--checksums', '--data-dir', moved)
    await run('backup', second, '--data-dir', moved)
    const returned = await kingpost('restore', second, '--data-dir', back)
    assert.equal(returned.code, 0, returned.stderr + returned.stdout)
    await checkAlbum(t, back, { album })

    const put = async (key: string, bytes: Buffer) => await blobs.write(key, Readable.from([bytes]))
    // Of two files.
    const [missing, changed] = [...new Map(keys.map((key) => [key.split('.')[0], key])).values()] as [string, string]
    await blobs.remove(missing)
    await put(changed, Buffer.alloc((await blobs.sizeOf(changed))!))
    await put('0'.repeat(32), Buffer.from('of nobody'))
    const found = (await kingpostWith(env, 'verify', '--checksums', '--data-dir', moved)).stdout
    assert.match(found, new RegExp(`${missing} is missing`))
    assert.match(found, new RegExp(`${changed} was changed`))
    assert.match(found, new RegExp(`FAIL {2}files\\.no_bytes_unknown[\\s\\S]*blobs/${'0'.repeat(32)}`))
  })
