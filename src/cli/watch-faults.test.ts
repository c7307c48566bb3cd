import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const source = join(import.meta.dirname, '..')
/** A project that leaves things behind; then one of the engine fails. */
const script = `
import { get } from 'node:http'
import { readFile } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPlainLog } from '${source}/base/plain-log.ts'
import { watchFaults } from '${source}/cli/watch-faults.ts'
import { defineErrors } from '${source}/base/project-error.ts'
import { systemClock } from '${source}/base/clock.ts'
import { named, runOwnCode } from '${source}/extend/own-code.ts'
import { boundOf } from '${source}/extend/scope.ts'

watchFaults(createPlainLog('warn', (text) => console.log(text)), () => {
  console.log('stops')
  setTimeout(() => process.exit(7), 50)
  bug()
})
const errors = defineErrors({ rude: { status: 422, message: 'Please stay friendly.' } })
const piece = { what: 'The hook notes.leave', place: '/shop/notes.ts:3:5' }
const leave = (code) => runOwnCode(piece, boundOf({}, systemClock), () => void code())
const bug = () => setTimeout(named, 0, null)

await leave(() => setTimeout(() => { throw new Error('in a timer') }))
await leave(() => setTimeout(() => { throw 'only a text' }))
await leave(() => setTimeout(() => { throw errors.rude() }))
await leave(() => Promise.reject(new Error('in a promise')))
await leave(() => sleep(1).then(() => { throw undefined }))
await leave(() => readFile('/not/there', (error) => { throw error }))
await leave(() => get('http://127.0.0.1:1/'))
setTimeout(() => { throw new Error('of the config') })
setTimeout(() => { throw errors.rude({ detail: 'Of the config.' }) })
await sleep(300)
console.log('still here')
// What a piece asks for is the engine's.
await runOwnCode(piece, boundOf({}, systemClock), (during) => during(async () => void bug()))
await sleep(10_000)
`

test('what code of a project leaves behind fails alone, and is named; a bug in the engine ends the process', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-faults-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'project.ts')
  writeFileSync(file, script)
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 30_000 })
  const [left = '', ended = ''] = stdout.replaceAll(folder, '@').split('still here\n')
  const own = 'Code of the project failed where nobody waits for it. Everybody else is served.'
  const begun = 'The hook notes.leave (/shop/notes.ts:3:5) has begun something that failed:'
  for (const told of [
    `${own} ${begun} in a timer\n    at @/project.ts:22:`,
    `${own} ${begun} only a text\n`,
    `${own} ${begun} rude: Please stay friendly.\n    at @/project.ts:24:`,
    `A promise failed and nobody was waiting for it. ${begun} in a promise\n    at @/project.ts:25:`,
    `A promise failed and nobody was waiting for it. ${begun} undefined\n`,
    `${own} ${begun} ENOENT: no such file or directory, open '/not/there'\n`,
    `${own} ${begun} connect ECONNREFUSED 127.0.0.1:1\n`,
    `${own} of the config\n    at @/project.ts:29:`,
    `${own} rude: Of the config.\n    at @/project.ts:30:`,
  ])
    assert.ok(left.includes(told), `${told}\nis not in\n${left}${stderr}`)
  // The second does not wait for what the first has broken.
  assert.match(ended, /^Kingpost stops because of a bug\.[\s\S]*\nstops\nKingpost stops because of a bug\./)
  assert.ok(!ended.includes(own), ended)
  assert.equal(status, 1)
})

test('code of a project that ends the process has failed, and is named', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-faults-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'project.ts')
  const [before = ''] = script.split("await leave(() => setTimeout(() => { throw new Error('in a timer') }))")
  writeFileSync(file, `${before}await leave(() => setTimeout(() => process.exit(0)))\n`)
  const { status, stdout } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 30_000 })
  assert.equal(status, 1)
  const told =
    'Code of the project ended the process. The hook notes.leave (/shop/notes.ts:3:5) calls `process.exit`.\n    at @/project.ts:22:'
  assert.ok(stdout.replaceAll(folder, '@').startsWith(told), stdout)
})
