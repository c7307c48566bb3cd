import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { checkImports, domains, importTable, layers } from './import-map.ts'

const root = join(import.meta.dirname, '..')

/** What the check says of a tree with these files. */
function mistakesIn(files: Record<string, string>): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'import-map-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    return checkImports(folder).mistakes
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('our own imports go one way', () => {
  const { files, mistakes } = checkImports(root)
  assert.deepEqual(mistakes, [])
  assert.ok(files > 100, `only ${files} files were read`)
})

test('a good tree has no mistakes', () => {
  assert.deepEqual(
    mistakesIn({ 'src/base/ids.ts': "import { a } from '../contract/a.ts'\n", 'src/contract/a.ts': 'export const a = 1\n' }),
    [],
  )
})

const planted: readonly { name: string; files: Record<string, string>; says: RegExp }[] = [
  {
    name: 'an arrow upwards',
    files: { 'src/base/ids.ts': "\nimport { find } from '../storage/find.ts'\n", 'src/storage/find.ts': 'export const find = 1\n' },
    says: /^src\/base\/ids\.ts:2 base may not import storage/,
  },
  {
    name: 'an arrow of types only',
    files: { 'src/contract/a.ts': "import type { B } from '../base/b.ts'\n", 'src/base/b.ts': 'export type B = 1\n' },
    says: /contract may not import base/,
  },
  {
    name: 'a type named in place',
    files: { 'src/contract/a.ts': "export type A = import('../base/b.ts').B\n", 'src/base/b.ts': 'export type B = 1\n' },
    says: /contract may not import base/,
  },
  {
    name: 'a dynamic import',
    files: { 'src/http/a.ts': "export const a = () => import('../engine/b.ts')\n", 'src/engine/b.ts': '' },
    says: /http may not import engine/,
  },
  {
    name: 'an import over several lines',
    files: { 'src/base/a.ts': "import {\n  type B,\n  c,\n} from '../access/b.ts'\n", 'src/access/b.ts': '' },
    says: /base may not import access/,
  },
  {
    name: 'a re-export',
    files: { 'src/base/a.ts': "export { b } from '../access/b.ts'\n", 'src/access/b.ts': '' },
    says: /base may not import access/,
  },
  {
    name: 'an arrow between domains that is not declared',
    files: { 'src/domains/ledger/a.ts': "import { b } from '../emails/b.ts'\n", 'src/domains/emails/b.ts': '' },
    says: /domains\/ledger may not import domains\/emails/,
  },
  {
    name: 'a declared arrow that nothing uses',
    files: { 'src/domains/discounts/a.ts': 'export const a = 1\n' },
    says: /nothing in domains\/discounts imports domains\/accounts/,
  },
  {
    name: 'a folder nobody declared',
    files: { 'src/helpers/a.ts': "import { b } from '../base/b.ts'\n", 'src/base/b.ts': '' },
    says: /src\/helpers: a folder that the table in scripts\/import-map\.ts does not know/,
  },
  {
    name: 'the console reaching into the engine',
    files: { 'console/src/a.ts': "import { b } from '../../src/base/b.ts'\n", 'src/base/b.ts': '' },
    says: /console may not import base/,
  },
  {
    name: 'the client importing a package',
    files: { 'client/src/a.ts': "import fs from 'node:fs'\n" },
    says: /runs in browsers and may not import the package node:fs/,
  },
  {
    name: 'a driver outside its adapter',
    files: { 'src/operation/a.ts': "import { Pool } from 'pg'\n" },
    says: /may not import pg/,
  },
  {
    name: 'a promise-flavoured file system',
    files: { 'src/storage/a.ts': "import { open } from 'node:fs/promises'\n" },
    says: /may not import node:fs\/promises/,
  },
  {
    name: 'an adapter named by a domain',
    files: { 'src/domains/emails/a.ts': "import { b } from './transport-smtp.ts'\n", 'src/domains/emails/transport-smtp.ts': '' },
    says: /only engine, cli, testing may name the adapter/,
  },
  {
    name: 'the sandbox named by a domain',
    files: {
      'src/domains/catalog/a.ts': "import '../accounts/d.ts'\nimport '../stock/c.ts'\nimport '../../sandbox/b.ts'\n",
      'src/sandbox/b.ts': '',
      'src/domains/accounts/d.ts': '',
      'src/domains/stock/c.ts': '',
    },
    says: /domains\/catalog may not import sandbox/,
  },
  {
    name: 'the sandbox reading our domains',
    files: { 'src/sandbox/a.ts': "import { b } from '../storage/b.ts'\n", 'src/storage/b.ts': '' },
    says: /sandbox may not import storage/,
  },
  {
    name: 'a circle of two files',
    files: { 'src/base/a.ts': "import './b.ts'\n", 'src/base/b.ts': "import type { A } from './a.ts'\n" },
    says: /src\/base\/a\.ts -> src\/base\/b\.ts -> src\/base\/a\.ts/,
  },
]

for (const { name, files, says } of planted)
  test(`it sees ${name}`, () => {
    const mistakes = mistakesIn(files)
    assert.equal(mistakes.length, 1, mistakes.join('\n'))
    assert.match(mistakes[0]!, says)
  })

test('an empty tree is refused', () => {
  assert.throws(() => mistakesIn({ 'README.md': '' }), /nothing was checked/)
})

test('the table itself makes no circle', () => {
  const visit = (name: string, way: readonly string[]): void => {
    assert.ok(!way.includes(name), [...way, name].join(' -> '))
    for (const next of layers[name]!) visit(next, [...way, name])
  }
  for (const name of Object.keys(layers)) visit(name, [])
  assert.ok(Object.keys(domains).length > 0)
})

test('ARCHITECTURE.md prints this table', () => {
  assert.ok(
    readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').includes(importTable()),
    'print it with: node scripts/import-map.ts --table',
  )
})
