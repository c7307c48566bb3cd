import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { BackendConfig } from '../config/backend-config.ts'
import { unlistedIn } from '../engine/config-check/unlisted.ts'
import type { Operation } from '../operation/define.ts'
import { compileConfig, loadConfig } from './load-config.ts'
import { root } from './version.ts'

/** Files of a config that does not load, and what is said of it; `@` is its folder. */
const mistakes: readonly { name: string; files: Readonly<Record<string, string>>; says: string }[] = [
  {
    name: 'imports a file that is not there',
    files: {
      'a.ts': "import type { x } from './none.ts'\nimport {\n  y,\n} from './b.ts'\nexport { y }\n",
      'b.ts': "\nexport { y } from './c.ts'\n",
    },
    says: "@/a.ts cannot be loaded: Cannot find module '@/c.ts' imported from @/b.ts (@/b.ts:2)",
  },
  {
    name: 'imports a package that is not installed',
    files: { 'a.ts': "import { y } from 'no-such-package-here/part'\nexport { y }\n" },
    says: "@/a.ts cannot be loaded: Cannot find package 'no-such-package-here' imported from @/a.ts (@/a.ts:1)",
  },
  {
    name: 'imports itself in a circle',
    files: { 'a.ts': "import { b } from './b.ts'\nexport const a = b\n", 'b.ts': "import { a } from './a.ts'\nexport const b = a\n" },
    says: "@/a.ts cannot be loaded: Cannot access 'a' before initialization; these files import each other in a circle: a.ts -> b.ts -> a.ts (@/b.ts:2:18)",
  },
  {
    name: 'throws while it is loaded',
    files: { 'a.ts': "import './b.ts'\n", 'b.ts': "function check() {\n  throw new Error('No key.')\n}\ncheck()\n" },
    says: '@/a.ts cannot be loaded: No key. (@/b.ts:2:9)',
  },
  {
    name: 'throws what is no error',
    files: {
      'a.ts': "import './fine.ts'\nimport './b.ts'\nimport './c.ts'\n",
      'fine.ts': '',
      'b.ts': "throw 'no key'\n",
      'c.ts': 'await never\n',
    },
    says: '@/a.ts cannot be loaded: it throws no key (@/b.ts:1)',
  },
  {
    name: 'throws what cannot be told',
    files: { 'a.ts': 'throw Object.create(null)\n' },
    says: '@/a.ts cannot be loaded: it throws Something was thrown that cannot be made a text. (@/a.ts:1)',
  },
  {
    name: 'throws nothing',
    files: { 'a.ts': "// A throw of 'x'.\nconst known = (key: string | undefined) => {\n  if (!key) throw undefined\n}\nknown('')\n" },
    says: '@/a.ts cannot be loaded: it throws undefined (@/a.ts:3)',
  },
  {
    name: 'throws what another file has made',
    files: { 'a.ts': "import { check } from './b.ts'\ncheck()\n", 'b.ts': 'export const check = () => {\n  throw null\n}\n' },
    says: '@/a.ts cannot be loaded: it throws null (@/a.ts, perhaps at @/b.ts:2)',
  },
  {
    name: 'throws an error without words',
    files: { 'a.ts': "throw new Error('')\n" },
    says: '@/a.ts cannot be loaded: it throws an error without words (@/a.ts:1:7)',
  },
  {
    name: 'waits for what does not come',
    files: { 'a.ts': "import './b.ts'\n", 'b.ts': 'const never = async () => {\n  await new Promise(() => {})\n}\nawait never()\n' },
    says: '@/a.ts cannot be loaded: it has not ended after 0.2 s: something outside every function waits for what does not come (@/b.ts:4)',
  },
]

for (const { name, files, says } of mistakes)
  test(`a config that ${name} is told with its place`, async (t) => {
    const folder = folderWith(files)
    t.after(() => rmSync(folder, { recursive: true }))
    await assert.rejects(loadConfig(join(folder, 'a.ts'), 200), { message: says.replaceAll('@', folder) })
  })

test('a config that imports another copy of Kingpost than the one that runs is told both', async (t) => {
  const folder = folderWith({ 'a.ts': "import './b.ts'\n", 'b.ts': "import { field } from 'kingpost'\nexport { field }\n" })
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'node_modules/kingpost'), { recursive: true })
  writeFileSync(join(folder, 'node_modules/kingpost/package.json'), '{"name":"kingpost"}')
  await assert.rejects(loadConfig(join(folder, 'a.ts')), {
    message:
      `${folder}/a.ts imports the Kingpost in ${realpathSync(folder)}/node_modules/kingpost, and the one that runs is in ${realpathSync(root)}: ` +
      'stop it, and start it again in the folder of the project, by npm run dev, npm start or npx kingpost COMMAND.',
  })
  writeFileSync(join(folder, 'b.ts'), `export { field } from '${root}/src/index.ts'\n`)
  await assert.rejects(loadConfig(join(folder, 'a.ts')), /must export its config/)
})

test('what a config throws in a timer or unawaited is a mistake of it, and the command ends', (t) => {
  const folder = folderWith({
    'a.ts': "setInterval(() => {}, 1_000)\nPromise.reject(new Error('Nobody looks.'))\nawait new Promise((go) => setTimeout(go, 5_000))\n",
  })
  t.after(() => rmSync(folder, { recursive: true }))
  const words = [join(root, 'src/cli/main.ts'), 'openapi', '--config', join(folder, 'a.ts')]
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [1, `${folder}/a.ts cannot be loaded: Nobody looks. (${folder}/a.ts:2:16)\n`])
})

test('a promise that a config rejects with what is no error is told in one sentence, with where that may be', (t) => {
  const folder = folderWith({
    'a.ts': "import './b.ts'\nawait new Promise((go) => setTimeout(go, 5_000))\n",
    'b.ts': "Promise.reject('no key')\n",
  })
  t.after(() => rmSync(folder, { recursive: true }))
  const words = [join(root, 'src/cli/main.ts'), 'openapi', '--config', join(folder, 'a.ts')]
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  const says = '@/a.ts cannot be loaded: a promise that nobody waits for is rejected with no key (perhaps at @/b.ts:1)\n'
  assert.deepEqual([status, stderr.replaceAll(folder, '@')], [1, says])
})

test('what is said of a config holds no secret that it declares, even after its mistake', (t) => {
  const begin = `import { collection, defineBackend, defineSecret } from '${root}/src/index.ts'\nconst token = process.env.SHOP_TOKEN\n`
  const secret = 'supersecretvalue99'
  const said = (more: string) => {
    const folder = folderWith({ 'a.ts': `${begin}${more}defineSecret('SHOP_TOKEN')\n` })
    t.after(() => rmSync(folder, { recursive: true }))
    const words = [join(root, 'src/cli/main.ts'), 'openapi', '--config', join(folder, 'a.ts')]
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', env: { ...process.env, SHOP_TOKEN: secret } })
    assert.equal(status, 1)
    assert.ok(!`${stdout}${stderr}`.includes(secret), stderr)
    return stderr.replaceAll(folder, '@')
  }
  assert.equal(said('throw new Error("cannot use " + token)\n'), '@/a.ts cannot be loaded: cannot use [secret] (@/a.ts:3:7)\n')
  assert.equal(
    said('throw btoa("user:" + token)\n'),
    `@/a.ts cannot be loaded: it throws ${btoa('user:').slice(0, 6)}[secret] (@/a.ts:3)\n`,
  )
  const twice = 'for (const text of ["one " + token, "two " + token]) Promise.reject(new Error(text))\nawait new Promise(() => {})\n'
  assert.match(said(twice), /^@\/a\.ts cannot be loaded: one \[secret\] \(@\/a\.ts:3:\d+\)\n$/)
  const misnamed = 'export const backend = defineBackend({ name: "x", collections: [collection(token + "!", { fields: {} })] })\n'
  assert.match(said(misnamed), /"\[secret\]!"/)
  const late = 'setTimeout(() => { throw new Error(token) }, 100)\nexport const backend = defineBackend({ name: "x", collections: [] })\n'
  assert.match(said(late), /^Error: \[secret\]\n +at .*a\.ts:3:26/)
})

test('a config that ends the process has failed, and is told with its place', (t) => {
  const folder = folderWith({ 'a.ts': "import './b.ts'\n", 'b.ts': '\nprocess.exit(0)\n' })
  t.after(() => rmSync(folder, { recursive: true }))
  const words = [join(root, 'src/cli/main.ts'), 'start', '--config', join(folder, 'a.ts')]
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [1, `${folder}/a.ts cannot be loaded: it ends the process (${folder}/b.ts:2:9)\n`])
})

test('a config that runs in a loop is told with its line', (t) => {
  const folder = folderWith({
    'a.ts': "import './b.ts'\n",
    'b.ts': 'let n: number = 0\nfor (;;) {\n  n++\n}\n',
    'load.ts': `import { loadConfig } from '${root}/src/cli/load-config.ts'\nawait loadConfig('a.ts', 400)\n`,
  })
  t.after(() => rmSync(folder, { recursive: true }))
  const { signal, stderr } = spawnSync(process.execPath, ['load.ts'], { cwd: folder, encoding: 'utf8', timeout: 30_000 })
  assert.equal(signal, 'SIGKILL')
  assert.match(
    stderr.replaceAll(folder, '@'),
    /^@\/a\.ts cannot be loaded: it has not ended after 0\.4 s, and it, or a file that it imports, runs in a loop \(it is at @\/b\.ts:[23]:\d+\)\n$/,
  )
})

test('the file .env tells what the environment does not, to the settings and to code of the project', (t) => {
  const folder = folderWith({
    '.env': "# Of this machine.\nKINGPOST_CONFIG=./a.ts\nSHOP_NAME='A shop'\nSHOP_CITY=Bonn\nSHOP_EMPTY=x\n",
    'a.ts':
      'const { SHOP_NAME, SHOP_CITY, SHOP_EMPTY } = process.env\nexport const backend = { name: SHOP_NAME + " in " + SHOP_CITY + SHOP_EMPTY }\n',
  })
  t.after(() => rmSync(folder, { recursive: true }))
  const env = { ...process.env, SHOP_CITY: 'Köln', SHOP_EMPTY: '' }
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'src/cli/main.ts'), 'openapi'], { cwd: folder, env, encoding: 'utf8' })
  assert.equal(JSON.parse(stdout || stderr).info.title, 'A shop in Köln')
})

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-config-'))
  for (const [name, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) writeFileSync(join(folder, name), text)
  return folder
}

/** What the start says of a config whose files are these. */
async function saidOf(t: TestContext, files: Readonly<Record<string, string>>) {
  const folder = folderWith(files)
  t.after(() => rmSync(folder, { recursive: true }))
  const loaded = await loadConfig(join(folder, 'a.ts'))
  const plain = (text: string) => text.replaceAll(folder, '@')
  try {
    compileConfig(loaded, { publicUrl: 'http://localhost', isDevelopment: true })
    return { mistakes: '', unlisted: unlistedIn(loaded.config).map(plain) }
  } catch (error) {
    return { mistakes: plain((error as Error).message), unlisted: [] }
  }
}

const kingpost = `import * as k from '${root}/src/index.ts'\nconst run = async () => ({ output: {} })\n`

test('mistakes in what a config lists are told by name, with the file and line of each', async (t) => {
  const { mistakes } = await saidOf(t, {
    'own.ts': `${kingpost}
export const notes = k.collection('notes', { fields: { text: k.field.text(), by: k.field.ref('user') }, access: { read: k.where('tex').eq('a') } } as never)
export const hooks = [
  k.before({ name: 'notes.look', on: notes, acton: 'create', run } as never),
  k.after({ name: 'notes.tell', on: 'order.plcaed', run } as never),
  k.before({ name: 'notes.check', on: notes, action: 'craete', run } as never),
  k.after({ name: 'notes.send', on: notes } as never),
]
export const effects = [k.defineEffect('thanks', { payload: k.Type.Object({}), run, atempts: 3 } as never)]
export const schedules = [k.defineSchedule('notes.tidy', { every: '1hour', run } as never)]
export const mails = [k.defineMail('thanks', { data: k.Type.Object({ count: k.Type.Integer() }), subject: 'x', text: '{{cuont}}' } as never)]
export const operations = [
  k.query({ name: 'notes.sum', route: 'GET notes/sum', summary: 'x', input: {}, output: {}, access: k.anyone, run, rout: 1 } as never),
]
`,
    'a.ts': `${kingpost}import * as own from './own.ts'
const { notes, ...lists } = own
export const backend = k.defineBackend({ name: 'Notes', collections: [notes], ...lists } as never)
`,
  })
  const lines = mistakes.split('\n  ')
  const told = [
    /^effect thanks, atempts: is not an option; did you mean "attempts"\?; there are name, payload, attempts, run, settle \(@\/own\.ts:11:27\)$/,
    /^effect thanks, name: must be noun\.verb, such as comments\.checkWords, not "thanks" \(@\/own\.ts:11:27\)$/,
    /^schedule notes\.tidy, every: must be a time such as .* not "1hour" \(@\/own\.ts:12:29\)$/,
    /^mail thanks, text: \{\{cuont\}\} is nothing that `data` has; did you mean "count"\? \(@\/own\.ts:13:25\)$/,
    /^collections\.notes\.fields\.by: refers to "user", .* did you mean "users"\? \(@\/own\.ts:4:24\)$/,
    /^collections\.notes\.access\.read: has no field "tex"; did you mean "text"\? \(@\/own\.ts:4:24\)$/,
    /^operation notes\.sum, rout: is not an option; did you mean "route"\?; .* \(@\/own\.ts:15:5\)$/,
    /^operation notes\.sum, route: must be a method and an address .* \(@\/own\.ts:15:5\)$/,
    /^before hook notes\.look, acton: is not an option; did you mean "action"\?; there are name, on, action, errors, run, settle \(@\/own\.ts:6:5\)$/,
    /^after hook notes\.tell, on: "order\.plcaed" is no event; did you mean "order\.placed"\?; .* \(@\/own\.ts:7:5\)$/,
    /^before hook notes\.check, action: must be "create" .* did you mean "create"\? \(@\/own\.ts:8:5\)$/,
    /^after hook notes\.send, run: is missing \(@\/own\.ts:9:5\)$/,
  ]
  assert.equal(lines.shift(), `${told.length} things are wrong in @/a.ts:`)
  for (const [index, line] of lines.entries()) assert.match(line, told[index]!)
})

/** What the export of a config may be, and what is said of it where it throws when it is read. */
for (const [what, backend, says] of [
  ['a getter that throws', "{ name: 'X', get collections(): [] {\n  throw new Error('No key.') } }", 'No key. (@/a.ts:2:9)'],
  ['a getter that throws no error', "{ name: 'X', get secrets(): [] {\n  throw 'no key' } }", 'it throws no key (perhaps at @/a.ts:2)'],
  [
    'a getter deep in it that throws',
    "{ name: 'X', shop: { get currency() {\n  throw new Error('') } } }",
    'an error without words (@/a.ts:2:9)',
  ],
  ['a proxy that throws', "new Proxy({}, { ownKeys() {\n  throw new Error('Look elsewhere.') } })", 'Look elsewhere. (@/a.ts:2:9)'],
  [
    'a proxy that is over',
    '(({ proxy, revoke }) => (revoke(), proxy))(Proxy.revocable({}, {}))',
    "Cannot perform 'IsArray' on a proxy that has been revoked",
  ],
] as const)
  test(`a config whose export is or has ${what} is told with its file`, async (t) => {
    const folder = folderWith({ 'a.ts': `export const backend = ${backend}\n` })
    t.after(() => rmSync(folder, { recursive: true }))
    const loaded = await loadConfig(join(folder, 'a.ts'))
    const compiling = () => compileConfig(loaded, { publicUrl: 'http://localhost', isDevelopment: true })
    assert.throws(compiling, { message: `@/a.ts cannot be read: ${says}`.replaceAll('@', folder) })
  })

test('two collections of one name are told with both places, and a prefix that cannot be made of a name with one that can be', async (t) => {
  const { mistakes } = await saidOf(t, {
    'a.ts': `${kingpost}
const guests = () => k.collection('guests', { fields: {} })
export const backend = k.defineBackend({ name: 'X', collections: [guests(), k.collection('guests', { fields: {}, prefix: 'other' }), k.collection('as', { fields: {} })] })
`,
  })
  assert.deepEqual(mistakes.split('\n  ').slice(1), [
    'collections[1].name: "guests" is declared twice, first at @/a.ts:4:24 (@/a.ts:5:79)',
    `collections[2].prefix: "a" is made of the name and starts its ids, so it must be 2 to 8 lower-case letters: give one, such as prefix: 'asx' (@/a.ts:5:136)`,
  ])
})

test('what is declared beside a config and not listed in it is told at the start', async (t) => {
  const { mistakes, unlisted } = await saidOf(t, {
    'a.ts': `${kingpost}
const listed = k.defineMail('told', { data: k.Type.Object({}), subject: 'x', text: 'y' })
k.defineMail('thanks', { data: k.Type.Object({}), subject: 'x', text: 'y' })
k.before({ name: 'orders.look', on: 'user.registered', run } as never)
k.collection('notes', { fields: {} })
export const backend = k.defineBackend({ name: 'Notes', mails: [listed], secrets: [] })
`,
  })
  assert.equal(mistakes, '')
  assert.deepEqual(
    unlisted.filter((line) => line.includes('@')),
    [
      'The mail thanks (@/a.ts:5:3) is not in the config, so nothing can send it: add it to `mails: [ … ]` of defineBackend.',
      'The before hook orders.look (@/a.ts:6:3) is not in the config, so it never runs: add it to `hooks: [ … ]` of defineBackend.',
      'The collection notes (@/a.ts:7:3) is not in the config, so it has no records: add it to `collections: [ … ]` of defineBackend.',
    ],
  )
})

test('a storefront that is not there is a mistake of the config', () => {
  const loaded = { config: { name: 'Shop', shop: false, storefront: './nope' }, path: '/none/kingpost.config.ts', folder: '/none' } as const
  const surroundings = { publicUrl: 'http://localhost', isDevelopment: true }
  assert.throws(() => compileConfig(loaded, surroundings), {
    message: 'One thing is wrong in /none/kingpost.config.ts:\n  storefront: there is no folder /none/nope',
  })
})

test('what is wrong with the pages of accounts is told, each with what there is', () => {
  const told = (accounts: unknown, storefront?: string) => {
    const config = { name: 'Club', shop: false, accounts, ...(storefront === undefined ? {} : { storefront }) } as BackendConfig<Operation>
    try {
      compileConfig({ config, path: '/none/kingpost.config.ts', folder: '/none' }, { publicUrl: 'http://localhost', isDevelopment: true })
      return ''
    } catch (error) {
      return (error as Error).message.split('\n').slice(1).join('\n')
    }
  }
  assert.equal(told({ accent: '#2f5bd0', background: '#FFFFFF', pages: false }), '')
  assert.equal(told({ logo: './logo.svg' }), '  accounts.logo: there is no file /none/logo.svg')
  assert.equal(
    told({ accent: 'red; } body { display: none', background: '#fff', logo: './logo.gif', colour: 1 }),
    [
      '  accounts.colour: is not an option; there are accent, background, logo, pages, secondFactorFor, passwords, requireVerifiedEmail, providers, returnAddresses',
      '  accounts.accent: must be a colour of six digits, such as "#2f5bd0", not "red; } body { display: none"',
      '  accounts.background: must be a colour of six digits, such as "#2f5bd0", not "#fff"',
      '  accounts.logo: must be the name of a picture file (.svg, .png, .webp or .jpg), such as "./logo.svg", not "./logo.gif"',
    ].join('\n'),
  )
  assert.match(
    told({ pages: { own: ['/account/rest'] } }, './pages'),
    /accounts\.pages\.own\[0\]: must be "\/account" or .*did you mean "\/account\/reset"/,
  )
  assert.equal(told({ pages: { own: ['/account'] } }), '  accounts.pages: nobody answers them: there is no storefront')
})

test('the sandbox takes the money of development, and is refused in production', () => {
  const loaded = { config: { name: 'Shop', shop: { currency: 'EUR' } }, path: '/none/kingpost.config.ts', folder: '/none' } as const
  const named = { ...loaded, config: { ...loaded.config, shop: { currency: 'EUR', payments: [{ provider: 'sandbox' }] } } } as const
  const none = { ...loaded, config: { ...loaded.config, shop: { currency: 'EUR', payments: [] } } } as const
  const providersOf = (config: typeof loaded | typeof named | typeof none, isDevelopment: boolean) =>
    compileConfig(config, { publicUrl: 'http://localhost', isDevelopment }).project.paymentProviders.map(({ id }) => id)
  assert.deepEqual(providersOf(loaded, true), ['sandbox'])
  assert.deepEqual(providersOf(named, true), ['sandbox'])
  assert.deepEqual(providersOf(none, true), [])
  assert.deepEqual(providersOf(loaded, false), [])
  assert.throws(() => providersOf(named, false), /shop\.payments\[0\]\.provider: "sandbox" is not there in production/)
})
