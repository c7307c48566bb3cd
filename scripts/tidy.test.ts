import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { functionsOf } from './function-facts.ts'
import { blankTexts } from './source-files.ts'
import { checks, findings, type Repository, readRepository } from './tidy.ts'

const root = join(import.meta.dirname, '..')

test('the repository is tidy', () => {
  assert.deepEqual(findings(readRepository(root)), [])
})

test('an empty folder is refused', () => {
  assert.throws(() => readRepository(join(root, 'console/vendor')), /nothing was checked/)
})

type Files = Readonly<Record<string, string>>

function repositoryOf(files: Files): Repository {
  const all = Object.entries(files).map(([path, text]) => ({ path, text }))
  return {
    sources: all.filter(({ path }) => path.endsWith('.ts')),
    documents: all.filter(({ path }) => path.endsWith('.md')),
    others: all.filter(({ path }) => !/\.(?:ts|md)$/.test(path)),
  }
}

const body = (lines: number) => `export function long() {\n${'  step()\n'.repeat(lines)}}\n`
const table = "export const errorCodes = {\n  gone: { status: 410, retry: 'never', message: '' },\n}\n"
const promise = '# Promises\n\n## P-001 It holds\n'
const changelog = (version: string) => `# Changelog\n\n## ${version} - 2026-11-24\n`
const opened = '$' + '{'

type Planted = { readonly check: string; readonly files: Files; readonly says: RegExp; readonly mended: Files }

/** Each plants one breach; its check must see it, and nothing when it is mended. */
const planted: readonly Planted[] = [
  {
    check: 'limits elsewhere',
    files: { 'src/domains/a.ts': 'const id = Type.String({ maxLength: 64 })\n' },
    says: /src\/domains\/a\.ts:1 maxLength: 64: it stands in src\/base\/limits\.ts/,
    mended: { 'src/domains/a.ts': 'const id = Type.String({ maxLength: limits.idCharactersMax })\n' },
  },
  {
    check: 'limits elsewhere',
    files: { 'src/http/a.ts': 'const callersMax = 1_000\n' },
    says: /const callersMax = 1_000/,
    mended: { 'src/storage/a.ts': 'const rowsMax = 1_000\n' },
  },
  {
    check: 'calls past a port',
    files: { 'src/effects/a.ts': 'export const a = () => Date.now()\n' },
    says: /src\/effects\/a\.ts:1 Date\.now: use the clock port/,
    mended: { 'src/effects/a.ts': '// Date.now() is not called, and "setTimeout(" neither.\n' },
  },
  {
    check: 'calls past a port',
    files: { 'src/effects/a.ts': `const text = \`at ${opened}new Date()}\`\n` },
    says: /new Date\(\)/,
    mended: { 'src/effects/a.ts': 'const text = `new Date()`\n' },
  },
  {
    check: 'calls past a port',
    files: { 'src/domains/a.ts': 'const answer = await fetch(url)\n' },
    says: /use the egress port/,
    mended: { 'src/domains/a.ts': 'const answer = await provider.fetch(url)\n' },
  },
  {
    check: 'calls past a port',
    files: { 'src/http/a.ts': "const port = process.env['PORT']\n" },
    says: /process\.env/,
    mended: { 'src/cli/a.ts': "const port = process.env['PORT']\n" },
  },
  { check: 'names that say nothing', files: { 'src/base/util.ts': '' }, says: /say what it does/, mended: { 'src/base/rounding.ts': '' } },
  {
    check: 'names that say nothing',
    files: { 'src/base/a.ts': 'export function handleOrder() {}\n' },
    says: /handleOrder/,
    mended: { 'src/base/a.ts': 'export function handOver() {}\n' },
  },
  { check: 'names that say nothing', files: { 'src/schema/index.ts': '' }, says: /are index files/, mended: { 'src/index.ts': '' } },
  {
    check: 'default exports',
    files: { 'src/a.ts': 'export default 1\n' },
    says: /src\/a\.ts:1/,
    mended: { 'src/a.ts': "const text = 'x'\n// export default\n" },
  },
  {
    check: 'left for later',
    files: { 'src/a.ts': `// ${'TO'}${'DO'}: later\n` },
    says: /src\/a\.ts:1/,
    mended: { 'src/a.ts': '// Done.\n' },
  },
  { check: 'merge marks', files: { 'a.md': `${'<'.repeat(7)} HEAD\n` }, says: /a\.md:1/, mended: { 'a.md': 'a < b\n' } },
  {
    check: 'long lines',
    files: { 'src/a.ts': `// ${'x'.repeat(180)}\n` },
    says: /183 characters/,
    mended: { 'src/a.ts': `// ${'x'.repeat(170)}\n` },
  },
  { check: 'long files', files: { 'src/a.ts': '\n'.repeat(501) }, says: /501 lines/, mended: { 'src/a.ts': '\n'.repeat(500) } },
  { check: 'long functions', files: { 'src/a.ts': body(70) }, says: /long has 72 lines/, mended: { 'src/a.ts': body(60) } },
  {
    check: 'many parameters',
    files: { 'src/a.ts': 'function f(a: A, b: (x: B, y: C) => void, c = [1, 2], d, e, g) {\n}\n' },
    says: /f has 6 parameters/,
    mended: { 'src/a.ts': 'function f(a: A, b: (x: B, y: C) => void, { c, d, e, g }: G) {\n}\n' },
  },
  {
    check: 'many parameters',
    files: { 'src/a.ts': 'function f(a, b, c, d) {}\n'.repeat(200) },
    says: /200 functions have more than 3 parameters/,
    mended: { 'src/a.ts': 'function f(a, b, c) {}\n'.repeat(200) },
  },
  {
    check: 'dead exports',
    files: { 'src/a.ts': 'export const dead = 1\n' },
    says: /nobody uses dead/,
    mended: { 'src/a.ts': 'export const dead = 1\n', 'src/b.ts': "import { dead } from './a.ts'\n" },
  },
  {
    check: 'opening words',
    files: { 'src/a.ts': 'const a = 1\n'.repeat(61) },
    says: /say what the file owns/,
    mended: { 'src/a.ts': `// Owns a.\n${'const a = 1\n'.repeat(61)}` },
  },
  {
    check: 'error codes',
    files: { 'src/contract/error-codes.ts': table },
    says: /nothing throws gone/,
    mended: { 'src/contract/error-codes.ts': table, 'src/b.ts': "throw new EngineError('gone')\n" },
  },
  {
    check: 'finds that cut',
    files: { 'src/a.ts': "const found = await tx.find(payments, {\n  where: eq('order', id),\n  limit: 200,\n})\n" },
    says: /src\/a\.ts:1 read it with findAll/,
    mended: {
      'src/a.ts': "const found = await findAll(tx, payments, eq('order', id))\nconst one = found.find(({ id }) => id === wanted)\n",
      'src/b.ts': '// Beyond the limit: the next page.\nconst page = await read.find<T>(payments, { limit })\n',
    },
  },
  {
    check: 'limits nobody keeps',
    files: { 'src/base/limits.ts': 'export const limits = {\n  pagesMax: 3,\n}\n' },
    says: /nothing looks at pagesMax/,
    mended: { 'src/base/limits.ts': 'export const limits = {\n  pagesMax: 3,\n}\n', 'src/b.ts': 'if (pages > limits.pagesMax) stop()\n' },
  },
  {
    check: 'titles of documents',
    files: { 'docs/a.md': '# One\n\n# Two\n' },
    says: /has 2 titles/,
    mended: { 'docs/a.md': '# One\n\n```sh\n# a comment\n```\n' },
  },
  {
    check: 'promises and proofs',
    files: { 'docs/reference/promises.md': promise },
    says: /no test says "\/\/ proves P-001"/,
    mended: { 'docs/reference/promises.md': promise, 'test/a.test.ts': '// proves P-001\n' },
  },
  {
    check: 'promises and proofs',
    files: { 'docs/reference/promises.md': promise, 'test/a.test.ts': '// proves P-001, P-002\n' },
    says: /proves P-002, which nobody promised/,
    mended: { 'docs/reference/promises.md': promise, 'test/a.test.ts': '// proves P-001\n' },
  },
  {
    check: 'promises and proofs',
    files: { 'docs/reference/promises.md': promise, 'src/a.ts': '// proves P-001\n' },
    says: /is no test/,
    mended: { 'docs/reference/promises.md': promise, 'src/a.test.ts': '// proves P-001\n' },
  },
  {
    check: 'changelog',
    files: { 'CHANGELOG.md': changelog('0.2.0'), 'package.json': '{ "version": "0.3.0" }' },
    says: /has no section 0\.3\.0/,
    mended: { 'CHANGELOG.md': changelog('0.3.0'), 'package.json': '{ "version": "0.3.0" }' },
  },
  {
    check: 'machine paths',
    files: { 'docs/a.md': '# A\n\ncd /home/somebody/kingpost\n' },
    says: /\/home\/somebody/,
    mended: { 'docs/a.md': '# A\n\ncd kingpost, https://example.com/home/page\n' },
  },
]

for (const { check, files, says, mended } of planted)
  test(`${check}: ${says.source}`, () => {
    const run = checks[check]!
    const found = run(repositoryOf(files))
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0]!, says)
    assert.deepEqual(run(repositoryOf(mended)), [])
  })

test('every check is seen to fail', () => {
  const seen = planted.map(({ check }) => check)
  const unseen = Object.keys(checks).filter((name) => !seen.includes(name))
  assert.deepEqual(unseen, [])
})

test('texts are blanked and code is kept', () => {
  assert.equal(blankTexts("a('b') // c\n/* d */ e"), 'a(   )     \n        e')
  assert.equal(blankTexts(`\`x${opened}f(\`y${opened}1}\`)}z\` + 1`), '    f(    1  )    + 1')
  assert.equal(blankTexts('a / b / c; /["\']/.test(d)'), 'a / b / c;       .test(d)')
})

test('functions are measured', () => {
  const head = 'export async function a<T>(\n  b: T,\n  c: () => void,\n): Promise<{\n  d: T\n}> {\n  return\n}\n'
  assert.deepEqual(functionsOf(`${head}\nconst e = (f) => f\nconst g = (1 + 2) * 3\n`), [
    { name: 'a', line: 1, lines: 8, parameters: 2 },
    { name: 'e', line: 10, lines: 1, parameters: 1 },
  ])
})
