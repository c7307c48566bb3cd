// long
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createClient } from '../../client/src/index.ts'
import { eventually } from '../../test/support/eventually.ts'
import { root } from './version.ts'

const launcher = join(root, 'src/cli/kingpost.js')

/** A project of the template `app`, and `kingpost dev` in it. */
async function startDev(t: TestContext) {
  const place = mkdtempSync(join(tmpdir(), 'kingpost-dev-'))
  mkdirSync(join(place, 'node_modules'))
  symlinkSync(root, join(place, 'node_modules/kingpost'))
  const made = spawnSync(process.execPath, [launcher, 'init', 'mine', '--template', 'app'], { cwd: place, encoding: 'utf8' })
  assert.match(made.stdout, /\n {2}cd mine && npm start\n$/, made.stderr)
  const folder = join(place, 'mine')
  const child = spawn(process.execPath, [launcher, 'dev', '--port', '0'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(place, { recursive: true, force: true })
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
  return {
    child,
    ended,
    folder,
    /** What it says next that fits. */
    async says(pattern: RegExp): Promise<string> {
      const found = await eventually(`${pattern}`, async () => pattern.exec(text)).catch((error: Error) => {
        throw new Error(`${error.message}\n${text}`)
      })
      text = text.slice(found.index + found[0].length)
      return found[1] ?? found[0]
    },
    change(name: string, edit: (before: string) => string) {
      const path = join(folder, name)
      writeFileSync(path, edit(readFileSync(path, { encoding: 'utf8', flag: 'a+' })))
    },
  }
}

test('a change starts the server again on the same data; a mistake is told, and stops nothing', async (t) => {
  const dev = await startDev(t)
  const url = (await dev.says(/Storefront +(http:\S+)\/\n/)).replace('localhost', '127.0.0.1')
  await dev.says(/Ctrl-C stops it/)
  const account = { email: 'ada@example.com', password: 'correct horse battery' }
  const client = createClient({ url })
  await client.auth.register(account)

  dev.change('notices.ts', (text) => `${text}\n// more\n`)
  await dev.says(/notices\.ts changed: running again after \d+ ms\./)
  await client.auth.login(account)

  dev.change('notices.ts', (text) => text.replace('field.text(', 'field.txt('))
  await dev.says(/cannot be loaded: field\.txt is not a function; did you mean "text"\?.*notices\.ts:5:\d+\)\n/)
  await dev.says(/The server from before goes on\. Waiting for a change\./)
  assert.equal((await client.auth.me()).email, account.email)

  // A file that is not there is waited for, too.
  dev.change(
    'notices.ts',
    (text) => `import { most } from './most.ts'\n${text.replace('field.txt(', 'field.text(').replace('500', 'most')}`,
  )
  await dev.says(/Cannot find module '\S+most\.ts'/)
  await dev.says(/Waiting for a change/)
  dev.change('most.ts', () => 'export const most = 400\n')
  await dev.says(/most\.ts changed: running again/)
  assert.equal((await client.auth.me()).email, account.email)

  // The data is what it was for the server that goes on.
  const tasks = readFileSync(join(dev.folder, 'tasks.ts'), 'utf8')
  dev.change('tasks.ts', (text) => text.replace(/text: field\.text\(.*?\)/, 'text: field.integer()'))
  await dev.says(
    /The database does not fit the model yet; tasks\.text changes from text to integer\. .* type npx kingpost migrate apply --stopped/,
  )
  await dev.says(/The server from before goes on\. Waiting for a change\./)
  assert.equal((await client.auth.me()).email, account.email)
  dev.change('tasks.ts', () => tasks)
  await dev.says(/tasks\.ts changed: running again/)

  dev.change('pages/more.html', () => '<p>More</p>')
  await dev.says(/pages\/more\.html changed: running again/)
  assert.match(await (await fetch(`${url}/more.html`)).text(), /More/)

  dev.child.kill('SIGTERM')
  assert.deepEqual(await dev.ended, [0, null])
  await assert.rejects(fetch(url), TypeError)
})

test('it is not for production', () => {
  const { status, stderr } = spawnSync(process.execPath, [launcher, 'dev'], {
    env: { ...process.env, KINGPOST_ENV: 'production' },
    encoding: 'utf8',
  })
  assert.deepEqual([status, stderr], [2, 'kingpost dev is for development, and KINGPOST_ENV says production. Type kingpost start.\n'])
})
