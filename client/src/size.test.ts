// What a page loads: the client's files with types and comments taken out, as a bundler has them before it shortens names.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'

const bytesMax = 8_000

test('the client has at most 8 kB, gzip, and needs no package', (t) => {
  const names = readdirSync(import.meta.dirname).filter((name) => /^(?!fake-|react)[\w-]+\.ts$/.test(name))
  const files = names.map((name) => stripTypeScriptTypes(readFileSync(join(import.meta.dirname, name), 'utf8')))
  for (const file of files) for (const [, from] of file.matchAll(/from '([^']+)'/g)) assert.match(from!, /^\.\//)
  const lines = files.flatMap((file) => file.replaceAll(/\/\*[\s\S]*?\*\//g, '').split('\n'))
  const code = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('//'))
  const { length } = gzipSync(code.join('\n'), { level: 9 })
  t.diagnostic(`${length} bytes`)
  assert.ok(length > 3_000 && length <= bytesMax, `${length} bytes`)
})
