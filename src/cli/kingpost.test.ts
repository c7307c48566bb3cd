import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, version } from './version.ts'

const launcher = join(root, 'src/cli/kingpost.js')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  engines: { node: string }
  bin: Record<string, string>
  scripts: Record<string, string>
  optionalDependencies: Record<string, string>
}

/** The launcher, told that it runs on another Node. */
function runOn(node: string, words: readonly string[]) {
  const lie = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } })`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(lie)}`, launcher, ...words],
    { encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

test('an older Node is told in a sentence what to do, a newer one works', () => {
  for (const node of ['18.20.0', '20.20.2', '22.21.0', '24.14.9']) {
    const { status, stdout, stderr } = runOn(node, ['--version'])
    assert.deepEqual([status, stdout], [1, ''], node)
    assert.match(
      stderr,
      new RegExp(`^Kingpost needs Node 24\\.15 or newer, and this is ${node.replaceAll('.', '\\.')}\\. [^\\n]*npm start[^\\n]*\\n$`),
    )
  }
  for (const node of ['24.15.0', '25.0.0', process.versions.node])
    assert.deepEqual(runOn(node, ['--version']), { status: 0, stdout: `${version}\n`, stderr: '' }, node)
})

test('the packages that bring Node are those of the clone', () => {
  const named = [...readFileSync(launcher, 'utf8').matchAll(/'(node-[\w-]+)@([\d.]+)'/g)].map(([, name, version]) => [name!, version!])
  const known = Object.entries(manifest.optionalDependencies).filter(([name]) => name.startsWith('node-'))
  assert.deepEqual(Object.fromEntries(named), Object.fromEntries(known))
  assert.ok(named.length > 0)
})

test('what package.json says of Node and of the way in is true', () => {
  assert.equal(manifest.engines.node, '>=24.15')
  assert.equal(manifest.bin['kingpost'], 'src/cli/kingpost.js')
  for (const name of ['start', 'kingpost']) assert.ok(manifest.scripts[name]!.includes(manifest.bin['kingpost']), name)
  // What an old Node cannot read it cannot refuse: nothing newer than 2020 stands in it.
  assert.doesNotMatch(readFileSync(launcher, 'utf8'), /\?\?=|\|\|=|&&=|\bsatisfies\b|#\w+ in |\.at\(/)
})
