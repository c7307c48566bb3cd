// The guides are run as they stand: every shell command of them, pasted into one shell, against a server of its own.
// docs/start.md runs on the config it shows, the others on the bookshop.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { typeScriptBlocks } from './check-docs.ts'
import { namesBelow } from './source-files.ts'

const root = join(import.meta.dirname, '..')
const bookshop = join(root, 'examples/bookshop/kingpost.config.ts')
const guides = namesBelow(root, 'docs/guides', '.md').filter((path) => commandsOf(path) !== '')
const hasCurl = spawnSync('curl', ['--version']).status === 0
const options = { skip: !hasCurl && 'there is no curl here', timeout: 120_000 }

test('there are guides to run', () => {
  assert.ok(guides.length >= 2)
  assert.ok(hasCurl || process.env['CI'] !== 'true', 'curl is missing')
})

for (const guide of guides)
  test(`${guide} runs as it stands`, options, async (t) => {
    await runOn(t, guide, bookshop)
  })

test('docs/start.md runs as it stands', options, async (t) => {
  // Inside the repository, where the package finds itself by its name.
  mkdirSync(join(root, '.kingpost'), { recursive: true })
  const folder = mkdtempSync(join(root, '.kingpost/start-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const config = join(folder, 'kingpost.config.ts')
  const text = readFileSync(join(root, 'docs/start.md'), 'utf8')
  writeFileSync(config, typeScriptBlocks({ path: 'docs/start.md', text })[0]!.text)
  const said = await runOn(t, 'docs/start.md', config)
  assert.match(said, /"code":"precondition_failed"/)
})

/** What the commands printed. */
async function runOn(t: TestContext, guide: string, config: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'guide-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const url = await startServer(t, config, folder)
  const script = `set -euo pipefail\n${commandsOf(guide).replaceAll('http://localhost:8090', url)}`
  const env = { ...process.env, KINGPOST_DATA_DIR: folder, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` }
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: root, env, encoding: 'utf8', timeout: 100_000 })
  assert.equal(status, 0, `${stdout}\n${stderr}`)
  return stdout
}

/** The shell blocks but those that start a server, which the test does. */
function commandsOf(path: string): string {
  const text = readFileSync(join(root, path), 'utf8')
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(({ 1: block }) => block!)
  return blocks.filter((block) => !block.includes('kingpost -- start')).join('\n')
}

/** On a free port; its address. */
async function startServer(t: TestContext, config: string, folder: string): Promise<string> {
  const words = [join(root, 'src/cli/main.ts'), 'start', '--config', config, '--data-dir', folder, '--port', '0', '--json']
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  for await (const line of createInterface(child.stdout)) return (JSON.parse(line) as { api: string }).api.replace('/api/docs', '')
  throw new Error('The server did not start.')
}
