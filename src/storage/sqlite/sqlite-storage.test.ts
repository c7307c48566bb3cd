import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { compileModel } from '../../schema/model.ts'
import { openSqlite } from './sqlite-storage.ts'

test('a group gathers while turns bring more, whoever is alone waits one turn, and nobody waits for ever', async () => {
  const due: (() => void)[] = []
  const clock: Clock = { ...systemClock, soon: (task) => void due.push(task) }
  const storage = openSqlite({ path: ':memory:', model: compileModel([]), clock })
  let ran = 0
  const ask = () => storage.transaction(async () => void ran++)
  /** One turn of the event loop, and how many have run by then. */
  const turn = async () => {
    for (const task of due.splice(0)) task()
    await new Promise(setImmediate)
    return ran
  }

  const alone = ask()
  assert.equal(await turn(), 1)
  await alone

  const three = [ask(), ask()]
  assert.equal(await turn(), 1)
  three.push(ask())
  assert.equal(await turn(), 1)
  assert.equal(await turn(), 4)
  await Promise.all(three)

  let turns = 0
  const many: Promise<void>[] = [ask()]
  do many.push(ask())
  while (++turns && (await turn()) === 4)
  assert.ok(turns < limits.groupCommitMax / 2, `it gathered for ${turns} turns`)
  await Promise.all(many)
})

test('a group that takes long lets the event loop turn between its works, and commits as one', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-'))
  t.after(() => rmSync(folder, { recursive: true }))
  let now = 0
  // Each look at the clock finds that two milliseconds have gone.
  const clock: Clock = { ...systemClock, monotonic: () => (now += 2) }
  const storage = openSqlite({ path: join(folder, 'kingpost.db'), model: compileModel([]), clock })
  let turns = 0
  const seen: number[] = []
  let isDone = false
  const count = () => {
    turns++
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  await Promise.all(Array.from({ length: 12 }, () => storage.transaction(async () => void seen.push(turns))))
  isDone = true
  assert.ok(seen.at(-1)! - seen[0]! >= 3, `twelve works of two milliseconds had ${seen.at(-1)! - seen[0]!} turns between them`)
  await storage.close()
})
