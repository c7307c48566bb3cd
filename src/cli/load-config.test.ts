import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
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

test('what a config throws in a timer or unawaited is a mistake of it, and the command ends', (t) => {
  const folder = folderWith({
    'a.ts': "setInterval(() => {}, 1_000)\nPromise.reject(new Error('Nobody looks.'))\nawait new Promise((go) => setTimeout(go, 5_000))\n",
  })
  t.after(() => rmSync(folder, { recursive: true }))
  const words = [join(root, 'src/cli/main.ts'), 'openapi', '--config', join(folder, 'a.ts')]
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [1, `${folder}/a.ts cannot be loaded: Nobody looks. (${folder}/a.ts:2:16)\n`])
})

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-config-'))
  for (const [name, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) writeFileSync(join(folder, name), text)
  return folder
}

test('a storefront that is not there is a mistake of the config', () => {
  const loaded = { config: { name: 'Shop', shop: false, storefront: './nope' }, path: '/none/kingpost.config.ts', folder: '/none' } as const
  const surroundings = { publicUrl: 'http://localhost', isDevelopment: true }
  assert.throws(() => compileConfig(loaded, surroundings), {
    message: 'One thing is wrong in /none/kingpost.config.ts:\n  storefront: there is no folder /none/nope',
  })
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
