// long
// ci
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createClient } from '../../client/src/index.ts'
import { eventually } from '../../test/support/eventually.ts'
import { temporaryFolder } from '../../test/support/server-process.ts'
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
      const found = await eventually(`${pattern}`, async () => pattern.exec(text), 60_000).catch((error: Error) => {
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

  // A page that no browser can load is told, here and on the page; the API goes on.
  const page = readFileSync(join(dev.folder, 'pages/main.ts'), 'utf8')
  const shown = async () => await (await fetch(url)).text()
  for (const [edit, sentence] of [
    [(text: string) => text.replace('let live:', 'let live = ;'), /pages\/main\.ts:8:12: Expression expected/],
    [
      (text: string) => text.replace("'kingpost/client'", "'kingpost/cleint'"),
      /pages\/main\.ts:2: a browser knows no package "kingpost\/cleint"; did you mean "kingpost\/client"\?/,
    ],
    [
      (text: string) => `import { more } from './moer.js'\n${text}`,
      /pages\/main\.ts:1: there is no \.\/moer\.js; did you mean "more\.js"\?/,
    ],
    [
      (text: string) => text.replace('import type { backend }', 'import { backend }'),
      /pages\/main\.ts:4: \.\.\/kingpost\.config\.ts is not in the folder of the pages, .* by `import type`/,
    ],
  ] as const) {
    dev.change('pages/more.js', () => 'export const more = 1\n')
    dev.change('pages/main.ts', () => edit(page))
    await dev.says(new RegExp(`One thing is wrong in the pages, and no browser can load it:\\n  \\S+${sentence.source}`))
    assert.match((await shown()).replaceAll('&#34;', '"'), sentence)
    assert.equal((await client.auth.me()).email, account.email)
  }
  dev.change('pages/main.ts', () => page)
  dev.change('pages/more.js', () => 'export const more: number = 1\n')
  dev.change('pages/more.html', () => '<script src="/main.js"></script>')
  await dev.says(
    /2 things are wrong .*\n.*pages\/more\.html:1: there is no \/main\.js.*\n.*pages\/more\.js: it has types in it, so its name must end with \.ts\n/,
  )
  dev.change('pages/more.js', () => 'var yield = 1')
  dev.change('pages/more.html', () => '<script src="https://elsewhere.example/main.js"></script>')
  await dev.says(/running again/)
  await eventually('a sound page', async () => (/role="alert"/.test(await shown()) ? null : true))

  dev.child.kill('SIGTERM')
  assert.deepEqual(await dev.ended, [0, null])
  await assert.rejects(fetch(url), TypeError)
})

test('Kingpost that is installed nearer to the project while it runs is the one that serves the next change', async (t) => {
  const dev = await startDev(t)
  await dev.says(/Ctrl-C stops it/)
  const copy = join(dev.folder, 'node_modules/kingpost')
  mkdirSync(join(copy, 'dist/src/cli'), { recursive: true })
  writeFileSync(join(copy, 'package.json'), '{"name":"kingpost","type":"module"}')
  writeFileSync(
    join(copy, 'dist/src/cli/dev-server.js'),
    "process.on('message', () => process.send({ text: '' }))\nprocess.send({ isLoaded: true })\nprocess.stdout.write('The copy loads.\\n')\n",
  )
  dev.change('notices.ts', (text) => `${text}\n// more\n`)
  await dev.says(/The copy loads\./)
  await dev.says(/notices\.ts changed: running again/)

  // One that no server can be started from.
  rmSync(join(copy, 'dist'), { recursive: true })
  dev.change('notices.ts', (text) => `${text}\n// more\n`)
  await dev.says(/kingpost\.config\.ts imports the Kingpost in \S+mine\/node_modules\/kingpost, .* stop it, and start it again/)
  await dev.says(/The server from before goes on/)
})

test('what breaks is told on the terminal, and the caller is told to look there', async (t) => {
  const dev = await startDev(t)
  const url = (await dev.says(/Storefront +(http:\S+)\/\n/)).replace('localhost', '127.0.0.1')
  await dev.says(/Ctrl-C stops it/)
  const operation = `query({ name: 'tasks.broken', route: 'GET /api/broken', summary: 'Breaks.', access: anyone, input: Type.Object({}),
    output: Type.Object({}), run: () => { throw new Error('A reason.') } })`
  dev.change('kingpost.config.ts', (text) =>
    text
      .replace('{ defineBackend }', '{ anyone, defineBackend, query, Type }')
      .replace('collections:', `operations: [${operation}],\n  collections:`),
  )
  await dev.says(/running again/)
  const answer = await fetch(`${url}/api/broken`)
  const { detail } = (await answer.json()) as { detail: string }
  assert.deepEqual([answer.status, detail], [500, 'Something broke on our side. The terminal in which the server runs says what.'])
  await dev.says(/A reason\./)
})

test('it is not for production', () => {
  const { status, stderr } = spawnSync(process.execPath, [launcher, 'dev'], {
    env: { ...process.env, KINGPOST_ENV: 'production' },
    encoding: 'utf8',
  })
  assert.deepEqual([status, stderr], [2, 'kingpost dev is for development, and KINGPOST_ENV says production. Type kingpost start.\n'])
})

test('whoever ends npm ends the server that npm has started', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(
    join(folder, 'kingpost.config.ts'),
    `import { defineBackend } from '${root}/src/index.ts'\nexport const backend = defineBackend({ name: 'X' })\n`,
  )
  for (const command of ['start', 'dev']) {
    const words = `"${process.execPath}" "${launcher}" ${command} --port 0; true`
    const shell = spawn('sh', ['-c', words], { cwd: folder, env: { ...process.env, npm_lifecycle_event: command } })
    const [text] = await once(shell.stdout.setEncoding('utf8'), 'data')
    const url = /http:\S+(?=\/console\b)/.exec(text)![0].replace('localhost', '127.0.0.1')
    assert.equal((await fetch(`${url}/livez`)).status, 200)
    shell.kill('SIGTERM')
    await eventually(
      `the end of ${command}`,
      async () =>
        await fetch(`${url}/livez`).then(
          () => null,
          () => true,
        ),
    )
  }
})
