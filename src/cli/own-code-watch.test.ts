import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const script = `
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '${import.meta.dirname}/../base/clock.ts'
import { boundOf } from '${import.meta.dirname}/../extend/scope.ts'
import { watchOwnCode } from '${import.meta.dirname}/own-code-watch.ts'
import { runOwnCode } from '${import.meta.dirname}/../extend/own-code.ts'
import { busy } from 'busy'
const bound = boundOf({}, systemClock)
const watch = watchOwnCode(': the process is ended.', 400)
await runOwnCode({ what: 'The before hook notes.quick', place: '' }, bound, async () => {})
// Long work of the engine itself is no code of the project.
await new Promise((done) => setTimeout(busy, 0, 1_000, done))
console.log('still here')
await sleep(50)
const loop = () => { for (;;); }
if (process.argv[2] === 'left') setTimeout(loop)
else await runOwnCode({ what: 'The before hook notes.loop', place: '/shop/kingpost.config.ts:3:5' }, bound, loop)
`
const busyScript = 'export const busy = (ms, done) => { const until = performance.now() + ms; while (performance.now() < until); done() }'

for (const [what, word, named] of [
  ['code of the project', 'awaited', String.raw`The before hook notes\.loop \(/shop/kingpost\.config\.ts:3:5\)`],
  ['what that left behind', 'left', 'Code of the project that nobody waits for, such as a timer,'],
])
  test(`a loop without an end in ${what} ends the process, and is named with the line`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'kingpost-loop-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'loop.ts')
    writeFileSync(file, script)
    mkdirSync(join(folder, 'node_modules/busy'), { recursive: true })
    writeFileSync(join(folder, 'node_modules/busy/index.mjs'), busyScript)
    writeFileSync(join(folder, 'node_modules/busy/package.json'), '{ "name": "busy", "exports": "./index.mjs" }')
    const { signal, stdout, stderr } = spawnSync(process.execPath, [file, word!], { encoding: 'utf8', timeout: 30_000 })
    assert.equal(stdout, 'still here\n', stderr)
    assert.equal(signal, 'SIGKILL')
    const place = String.raw`\(it is at @/loop\.ts:\d+:\d+\)`
    const told = new RegExp(`^${named} has not returned for 0\\.4 s, and nothing else could run ${place}: the process is ended\\.\n$`)
    assert.match(stderr.replaceAll(folder, '@'), told)
  })
