// The guides are run as they stand: every shell command of them, pasted into one shell, against a bookshop of its own.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { namesBelow } from './source-files.ts'

const root = join(import.meta.dirname, '..')
const main = join(root, 'src/cli/main.ts')
const guides = namesBelow(root, 'docs/guides', '.md').filter((path) => commandsOf(path) !== '')
const hasCurl = spawnSync('curl', ['--version']).status === 0

test('there are guides to run', () => {
  assert.ok(guides.length >= 2)
  assert.ok(hasCurl || process.env['CI'] !== 'true', 'curl is missing')
})

for (const guide of guides)
  test(`${guide} runs as it stands`, { skip: !hasCurl && 'there is no curl here', timeout: 120_000 }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'guide-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const url = await startShop(t, folder)
    const script = `set -euo pipefail\n${commandsOf(guide).replaceAll('http://localhost:8090', url)}`
    const env = { ...process.env, KINGPOST_DATA_DIR: folder, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` }
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: root, env, encoding: 'utf8', timeout: 100_000 })
    assert.equal(status, 0, `${stdout}\n${stderr}`)
  })

function commandsOf(path: string): string {
  const text = readFileSync(join(root, path), 'utf8')
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(({ 1: block }) => block).join('\n')
}

/** A bookshop on a free port; its address. */
async function startShop(t: TestContext, folder: string): Promise<string> {
  const words = [
    main,
    'start',
    '--config',
    join(root, 'examples/bookshop/kingpost.config.ts'),
    '--data-dir',
    folder,
    '--port',
    '0',
    '--json',
  ]
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  for await (const line of createInterface(child.stdout)) return (JSON.parse(line) as { api: string }).api.replace('/api/docs', '')
  throw new Error('The shop did not start.')
}
