import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { root } from './version.ts'

const place = mkdtempSync(join(tmpdir(), 'kingpost-init-'))
after(() => rmSync(place, { recursive: true }))

function init(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'src/cli/kingpost.js'), 'init', ...words], {
    cwd: place,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('a project has all that npm and an editor need, and the name of its folder', () => {
  const { status, stdout } = init('My Shop!')
  assert.equal(status, 0)
  assert.match(stdout, /\n {2}cd "My Shop!" && npm install && npm start\n$/)
  const folder = join(place, 'My Shop!')
  const files = [
    '.gitignore',
    'README.md',
    'backend.test.ts',
    'kingpost.config.ts',
    'package.json',
    'pages',
    'reviews.ts',
    'seed.ts',
    'tsconfig.json',
  ]
  assert.deepEqual(readdirSync(folder).toSorted(), files)
  const { name, dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const clone = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> }
  assert.equal(name, 'my-shop')
  assert.match(dependencies.kingpost, /^file:\.\.\//)
  for (const [tool, version] of Object.entries(devDependencies)) assert.equal(version, clone.devDependencies[tool], tool)
})

test('what cannot be begun is refused in one sentence, and nothing is written', () => {
  mkdirSync(join(place, 'full'))
  for (const name of ['full/file', 'file']) writeFileSync(join(place, name), 'mine')
  for (const [words, code, says] of [
    [[], 2, /^Type: kingpost init FOLDER \[--template shop \| app \| blank\]\n$/],
    [['a', 'b'], 2, /^Type: /],
    [['new', '--template', 'shp'], 2, /^There is no template "shp"; did you mean "shop"\? There are shop, app, blank\.\n$/],
    [['new', '--port', '1'], 2, /^kingpost init takes no --port\. Type kingpost help init to see what it takes\.\n$/],
    [['full'], 1, /full is there and not an empty folder\. Name a folder that is not there yet: kingpost init full-2\n$/],
    [['file'], 1, /file is there and not an empty folder\./],
  ] as const) {
    const { status, stdout, stderr } = init(...words)
    assert.deepEqual([status, stdout], [code, ''], words.join(' '))
    assert.match(stderr, says)
  }
  assert.equal(readFileSync(join(place, 'full/file'), 'utf8'), 'mine')
  assert.equal(existsSync(join(place, 'new')), false)
})
