import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const good = "import { test } from 'node:test'\ntest('a', () => {})\ntest('b', () => {})\n"
const bad = "import { test } from 'node:test'\ntest('a', () => {\n  throw new Error('planted')\n})\n"

/** What `npm test` says of a tree with these files. */
function testTree(files: Record<string, string>, words: readonly string[] = [], environment: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'test-layers-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    // Without this the inner runner believes it is part of the outer one and runs nothing.
    const { NODE_TEST_CONTEXT: _, CI: __, TEST_SERVERS: ___, ...outer } = process.env
    const env = { ...outer, DATABASES: 'sqlite', ...environment }
    const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'test.ts'), '--root', folder, ...words], {
      env,
      encoding: 'utf8',
    })
    return { status, stdout, last: stdout.trimEnd().split('\n').at(-1) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('all is well', () => {
  const { status, last, stdout } = testTree({ 'src/a.test.ts': good, 'test/api/b.test.ts': good })
  assert.equal(last, '4 passed, 0 failed')
  assert.equal(status, 0)
  assert.match(stdout, /^api +SQLite 3\.\d+\.\d+ +1 +2 +0 +0 /m)
})

test('a failing test fails the run and is told', () => {
  const { status, last, stdout } = testTree({ 'src/a.test.ts': good, 'test/api/b.test.ts': bad })
  assert.equal(last, '2 passed, 1 failed')
  assert.equal(status, 1)
  assert.match(stdout, /FAILED test\/api\/b\.test\.ts:2 a\n +Error: planted/)
})

test('a file that breaks while loading fails the run', () => {
  const { status, last } = testTree({ 'src/a.test.ts': good, 'src/b.test.ts': 'throw new Error("planted")\n' })
  assert.equal(last, '2 passed, 1 failed')
  assert.equal(status, 1)
})

test('a layer without a file fails the run', () => {
  const { status, last } = testTree({ 'src/a.test.ts': good, 'test/faults/plan.ts': '' })
  assert.equal(last, '2 passed, 1 failed')
  assert.equal(status, 1)
})

test('a file without a test fails the run', () => {
  const { status, last, stdout } = testTree({ 'src/a.test.ts': good, 'src/b.test.ts': 'export {}\n' })
  assert.equal(status, 1, stdout)
  assert.equal(last, '2 passed, 1 failed')
})

test('skipped tests are counted apart', () => {
  const { status, last } = testTree({ 'src/a.test.ts': `${good}test.skip('c', () => {})\n` })
  assert.equal(last, '2 passed, 0 failed, 1 skipped')
  assert.equal(status, 0)
})

test('some layers only', () => {
  const { status, last } = testTree({ 'src/a.test.ts': bad, 'test/api/b.test.ts': good }, ['--only', 'api'])
  assert.equal(last, '2 passed, 0 failed')
  assert.equal(status, 0)
  assert.equal(testTree({ 'src/a.test.ts': good }, ['--only', 'apo']).status, 2)
})

test('browser tests without Chromium are said to be skipped, and fail in CI', () => {
  const files = { 'src/a.test.ts': good, 'test/browser/b.test.ts': bad }
  const local = testTree(files, [], { CHROMIUM: '/nowhere/chromium' })
  assert.equal(local.last, '2 passed, 0 failed, 1 skipped')
  assert.match(local.stdout, /browser: NOT RUN/)
  const ci = testTree(files, [], { CHROMIUM: '/nowhere/chromium', CI: 'true' })
  assert.equal(ci.last, '2 passed, 1 failed')
  assert.equal(ci.status, 1)
})

/** A test that passes on this database alone, and that knows where its server is. */
const on = (database: string, marker = '') => `${marker}import assert from 'node:assert/strict'
import { test } from 'node:test'
test('on ${database}', () => {
  assert.equal(process.env.DATABASES, '${database}')
  if ('${database}' !== 'sqlite') assert.match(JSON.parse(process.env.TEST_SERVERS).${database}, /^postgres:/)
})
`

test('a layer runs once for each database, with the files that run on it, and is told apart in the table', () => {
  const files = {
    'src/a.test.ts': good,
    'test/api/b.test.ts': good,
    'test/faults/c.test.ts': on('sqlite'),
    'test/faults/d.test.ts': on('postgres', '// databases: server\n'),
    'test/faults/e.test.ts': on('postgres', '// databases: mariadb, postgres\n'),
    'test/faults/f.test.ts': good.replace(/^/, '// databases: all\n'),
    'test/faults/g.test.ts': bad.replace(/^/, '// databases: mongodb\n'),
  }
  const { status, last, stdout } = testTree(files, [], { DATABASES: 'sqlite,postgres' })
  assert.equal(last, '13 passed, 0 failed', stdout)
  assert.equal(status, 0)
  assert.match(stdout, /^unit +- +1 +2 /m)
  assert.match(stdout, /^api +SQLite 3\.\d+\.\d+ +1 +2 /m)
  assert.match(stdout, /^api +PostgreSQL \d+\.\d+ +1 +2 /m)
  assert.match(stdout, /^faults +SQLite 3\.\d+\.\d+ +2 +3 /m)
  assert.match(stdout, /^faults +PostgreSQL \d+\.\d+ +3 +4 /m)
})

test('a database that is asked for and is not there fails the run, and in CI each is asked for', () => {
  const files = { 'test/faults/a.test.ts': on('sqlite'), 'test/faults/b.test.ts': good.replace(/^/, '// databases: mongodb\n') }
  // No program is found there.
  const PATH = '/nowhere'
  for (const environment of [{ DATABASES: 'sqlite,mongodb' }, { CI: 'true', DATABASES: '' }]) {
    const { status, last, stdout } = testTree(files, ['--only', 'faults'], { ...environment, PATH })
    assert.equal(last, '1 passed, 1 failed', stdout)
    assert.equal(status, 1)
    assert.match(stdout, /^faults on mongodb: NOT RUN, because /m)
  }
  const npmAlone = testTree(files, ['--only', 'faults'], { DATABASES: '', PATH })
  assert.equal(npmAlone.last, '1 passed, 0 failed', npmAlone.stdout)
})

test('of what npm alone brings, PostgreSQL runs the conformance of its adapter alone, unless it is asked for', () => {
  const files = { 'test/conformance/a.test.ts': good, 'test/api/b.test.ts': good }
  const part = testTree(files, ['--only', 'conformance,api'], { DATABASES: '', CI: '' })
  assert.equal(part.last, '6 passed, 0 failed', part.stdout)
  assert.match(part.stdout, /^Left for CI=true, DATABASES=postgres or --full: all but conformance on PostgreSQL\.$/m)
  const whole = testTree(files, ['--only', 'conformance,api', '--full'], { DATABASES: '', CI: '' })
  assert.equal(whole.last, '8 passed, 0 failed', whole.stdout)
})

/** A test that leaves a mark. */
const marking = `import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
test('mark', () => writeFileSync(import.meta.filename + '.done', ''))
`
/** A test that passes once one of these files has left its mark. */
const after = (...names: readonly string[]) => `import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
test('after', async () => {
  const isThere = () => ${JSON.stringify(names)}.some((name) => existsSync(import.meta.dirname + '/' + name + '.done'))
  for (let tries = 0; !isThere(); tries++) {
    if (tries > 200) throw new Error('no mark')
    await sleep(50)
  }
})
`

test('what is left for CI is named, and runs there and with --full', () => {
  const tree = { 'src/a.test.ts': good, 'src/b.test.ts': `// ci\n${bad}` }
  const { last, stdout } = testTree(tree)
  assert.equal(last, '2 passed, 0 failed')
  assert.match(stdout, /^Left for CI=true or --full: src\/b\.test\.ts$/m)
  assert.equal(testTree(tree, ['--full']).last, '2 passed, 1 failed')
})

test('what mostly waits runs beside the two others', () => {
  const waits = 'w.test.ts'
  const { last, stdout } = testTree({
    'src/a.test.ts': after(waits),
    'src/b.test.ts': after(waits),
    [`src/${waits}`]: `// waits\n${marking}`,
  })
  assert.equal(last, '3 passed, 0 failed', stdout)
})

test('who has nothing left that waits takes from the end of the others', () => {
  const last = 'c.test.ts'
  const files = { 'src/a.test.ts': after(last), 'src/b.test.ts': after(last), [`src/${last}`]: marking }
  const run = testTree(files)
  assert.equal(run.last, '3 passed, 0 failed', run.stdout)
})

test('what takes long begins before the others', () => {
  const ofLong = after('x.test.ts', 'y.test.ts')
  const now = ofLong.replace('200', '-1')
  const long = `// long\n${marking}`
  const files = { 'src/a.test.ts': now, 'src/b.test.ts': now, 'src/x.test.ts': long, 'src/y.test.ts': long }
  const { last, stdout } = testTree({ ...files, 'src/w.test.ts': `// waits\n${ofLong}` })
  assert.equal(last, '5 passed, 0 failed', stdout)
})

test('a database that is none is refused', () => {
  const { status } = testTree({ 'src/a.test.ts': good }, [], { DATABASES: 'sqlite,oracle' })
  assert.equal(status, 2)
})
