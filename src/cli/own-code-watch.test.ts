import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const script = `
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '${import.meta.dirname}/../base/clock.ts'
import { boundOf } from '${import.meta.dirname}/../extend/scope.ts'
import { watchOwnCode } from '${import.meta.dirname}/own-code-watch.ts'
import { runOwnCode } from '${import.meta.dirname}/../extend/own-code.ts'
const bound = boundOf({}, systemClock)
const watch = watchOwnCode(': the process is ended.', 400)
await runOwnCode({ what: 'The before hook notes.quick', place: '' }, bound, async () => {})
const busy = (ms) => { const until = performance.now() + ms; while (performance.now() < until); }
// Long work of the engine itself is no code of the project.
busy(1_000)
console.log('still here')
await sleep(50)
await runOwnCode({ what: 'The before hook notes.loop', place: '/shop/kingpost.config.ts:3:5' }, bound, () => { for (;;); })
`

test('a loop without an end in code of the project ends the process, and is named with the line', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-loop-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'loop.ts')
  writeFileSync(file, script)
  const { signal, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 30_000 })
  assert.equal(stdout, 'still here\n', stderr)
  assert.equal(signal, 'SIGKILL')
  assert.match(
    stderr.replaceAll(folder, '@'),
    /^The before hook notes\.loop \(\/shop\/kingpost\.config\.ts:3:5\) has not returned for 0\.4 s, and nothing else could run \(it is at @\/loop\.ts:15:\d+\): the process is ended\.\n$/,
  )
})
