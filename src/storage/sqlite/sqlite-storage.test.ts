import assert from 'node:assert/strict'
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
