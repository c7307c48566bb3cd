// Real stores of files, each started for one test file where its program is on the path:
// - VersityGW (S3, checks signatures): `go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`.
// - Azurite (Azure Blob): `npm install azurite@3.35.0` somewhere; its `azurite-blob` on the path.
// - fake-gcs-server (Google Cloud Storage; serves no writing by its S3 interface, and checks no signature): `go install
//   github.com/fsouza/fake-gcs-server@v1.56.1`.
// - Google's own testbench for its client libraries (serves writing whole and reading by the XML interface, no more of it, and checks no
//   signature): `pip install` of github.com/googleapis/storage-testbench, version 0.45.0, which brings `waitress-serve`.
// - SeaweedFS (S3 on a distributed store, checks signatures): its `weed` on the path, built from version 4.53.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { systemClock } from '../../../src/base/clock.ts'
import { createAzureBlobs } from '../../../src/blobs/azure-blobs.ts'
import { signAzure } from '../../../src/blobs/azure-signature.ts'
import type { BlobStore } from '../../../src/blobs/blob-store.ts'
import { createS3Blobs } from '../../../src/blobs/s3-blobs.ts'
import { signS3 } from '../../../src/blobs/s3-signature.ts'
import { createStoreClient, type StoreClient } from '../../../src/blobs/store-client.ts'
import { eventually } from '../eventually.ts'
import { freePort } from '../server-process.ts'
import { findProgram } from './find-program.ts'

export type RunningStore = {
  /** Of its bucket or container. */
  readonly url: string
  /** As `KINGPOST_FILES_URL` has it, reached by this address. */
  settingAt(url: string): string
  /** Reached by another address, or with a secret that is not its own. */
  open(other?: { readonly url?: string; readonly secret?: string }): BlobStore
  /** What uploads have left that never came to their end: nothing lists it as a file. */
  leftovers(): Promise<string[]>
  stop(): void
}

export type ObjectStore = { readonly name: string; readonly program: string | null; start(): Promise<RunningStore> }

export const objectStores: readonly ObjectStore[] = [
  { name: 'VersityGW', program: findProgram('versitygw'), start: startVersity },
  { name: 'Azurite', program: findProgram('azurite-blob'), start: startAzurite },
  { name: 'SeaweedFS', program: findProgram('weed'), start: startSeaweed },
]

const ours = { accessKey: 'KEYOFOURS', secretKey: 'secret+of/ours', region: 'us-east-1' }

async function startVersity(): Promise<RunningStore> {
  const port = await freePort()
  const env = { ROOT_ACCESS_KEY: ours.accessKey, ROOT_SECRET_KEY: ours.secretKey }
  const running = run('versitygw', (folder) => ({ words: ['--port', `127.0.0.1:${port}`, 'posix', folder], env }))
  return await ofS3(port, running)
}

async function startSeaweed(): Promise<RunningStore> {
  const [master, volume, filer, s3] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const ports = Object.entries({ master, volume, filer, s3 })
  const grpc = await Promise.all(ports.map(async ([name]) => `-${name}.port.grpc=${await freePort()}`))
  const running = run('weed', (folder) => {
    const credentials = [{ accessKey: ours.accessKey, secretKey: ours.secretKey }]
    const config = join(folder, 'ids.json')
    writeFileSync(config, JSON.stringify({ identities: [{ name: 'ours', credentials, actions: ['Admin', 'Read', 'Write', 'List'] }] }))
    const own = ports.map(([name, port]) => `-${name}.port=${port}`)
    const words = ['server', '-ip=127.0.0.1', `-dir=${folder}`, '-filer', '-s3', `-s3.config=${config}`, '-master.volumeSizeLimitMB=100']
    return { words: [...words, ...own, ...grpc], env: {} }
  })
  return await ofS3(s3, running)
}

async function ofS3(port: number, running: Running): Promise<RunningStore> {
  const url = `http://127.0.0.1:${port}/bucket`
  const ask = createStoreClient(url, (request) => signS3(request, ours), systemClock)
  await ready(ask, {}, 200)
  return {
    ...running,
    url,
    settingAt(at) {
      const { host, pathname } = new URL(at)
      return `s3+http://${ours.accessKey}:${encodeURIComponent(ours.secretKey)}@${host}${pathname}?region=${ours.region}`
    },
    open: (other = {}) => createS3Blobs({ ...ours, secretKey: other.secret ?? ours.secretKey, url: other.url ?? url }, systemClock),
    leftovers: async () => found(await text(await ask({ method: 'GET', query: { uploads: '' } }, 200)), 'Key'),
  }
}

async function startAzurite(): Promise<RunningStore> {
  const port = await freePort()
  const account = { account: 'ours', key: Buffer.from('a key of ours').toString('base64') }
  const running = run('azurite-blob', (folder) => ({
    words: ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', folder, '--silent', '--disableTelemetry'],
    env: { AZURITE_ACCOUNTS: `${account.account}:${account.key}` },
  }))
  const url = `http://127.0.0.1:${port}/${account.account}/files`
  const ask = createStoreClient(url, (request) => signAzure(request, account), systemClock)
  await ready(ask, { restype: 'container' }, 201)
  return {
    ...running,
    url,
    settingAt(at) {
      const { host, pathname } = new URL(at)
      return `azure+http://${account.account}:${encodeURIComponent(account.key)}@${host}${pathname}`
    },
    open: (other = {}) =>
      createAzureBlobs({ ...account, ...(other.secret ? { key: other.secret } : {}), url: other.url ?? url }, systemClock),
    async leftovers() {
      const list = async (more: Record<string, string>) =>
        found(await text(await ask({ method: 'GET', query: { restype: 'container', comp: 'list', ...more } }, 200)), 'Name')
      const whole = await list({})
      return (await list({ include: 'uncommittedblobs' })).filter((name) => !whole.includes(name))
    },
  }
}

export type GoogleStore = { readonly blobs: BlobStore; put(key: string, content: string): Promise<void>; stop(): void }

/** Filled by its own interface. */
export const googleStore = { name: 'fake-gcs-server', program: findProgram('fake-gcs-server'), start: startGoogle }

async function startGoogle(): Promise<GoogleStore> {
  const port = await freePort()
  const host = `127.0.0.1:${port}`
  const words = ['-backend', 'memory', '-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-public-host', host]
  return await ofGoogle(
    host,
    run('fake-gcs-server', () => ({ words, env: {} })),
  )
}

export const googleTestbench = {
  name: 'storage-testbench',
  program: findProgram('storage-testbench') && findProgram('waitress-serve'),
  async start(): Promise<GoogleStore> {
    const host = `127.0.0.1:${await freePort()}`
    return await ofGoogle(
      host,
      run('waitress-serve', () => ({ words: [`--listen=${host}`, '--call', 'testbench:run'], env: {} })),
    )
  },
}

async function ofGoogle(host: string, running: Running): Promise<GoogleStore> {
  const post = async (path: string, body: string) => {
    const { status } = await fetch(`http://${host}${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    if (status !== 200) throw new Error(`It answered ${status}.`)
  }
  await eventually('the store answers', () => post('/storage/v1/b?project=ours', '{"name":"files"}').then(() => true), 30_000)
  return {
    ...running,
    blobs: createS3Blobs({ ...ours, region: 'auto', url: `http://${host}/files` }, systemClock),
    put: (key, content) => post(`/upload/storage/v1/b/files/o?uploadType=media&name=${key}`, content),
  }
}

const found = (xml: string, name: string) => [...xml.matchAll(new RegExp(`<${name}>([^<]+)</${name}>`, 'g'))].map(([, text]) => text!)

/** Once its bucket is made. */
async function ready(ask: StoreClient, query: Record<string, string>, status: number): Promise<void> {
  const make = async () => (await ask({ method: 'PUT', query }, status, 409)).resume()
  await eventually('the store answers', make, 60_000)
}

type Running = { stop(): void }
type Started = { readonly words: string[]; readonly env: Record<string, string> }

function run(program: string, how: (folder: string) => Started): Running {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-store-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  const { words, env } = how(data)
  const child: ChildProcess = spawn(findProgram(program)!, words, { cwd: folder, env: { ...process.env, ...env }, stdio: 'ignore' })
  return {
    stop() {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
