// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after as afterAll, type TestContext, test } from 'node:test'
import { cleanUp } from '../support/clean-up.ts'
import { testDatabase } from '../support/databases.ts'
import { stopAt } from '../support/migration/crash.ts'
import { after, before, fillBefore, personAfter } from '../support/migration/models.ts'
import { migrateTo, recordsOf, schemaOf } from '../support/migration/run.ts'

const database = testDatabase()
const alive = setInterval(() => {}, 1_000)
afterAll(() => clearInterval(alive))

/** Enough for several batches of a backfill. */
const people = 300
const attemptsMax = 400

async function filled(): Promise<string> {
  const url = await database.url()
  const storage = await database.open(before, { url })
  await fillBefore(storage, people)
  await storage.close()
  return url
}

/** What a migration that nobody disturbed ends with. */
async function undisturbed(): Promise<unknown> {
  const dialect = await database.openSchema(await filled())
  try {
    await migrateTo(after, dialect, { run: 'destructive' })
    return await schemaOf(after, dialect)
  } finally {
    await dialect.close()
  }
}

async function check(t: TestContext, url: string): Promise<void> {
  const dialect = await database.openSchema(url)
  cleanUp(t, () => dialect.close())
  const again = await migrateTo(after, dialect, { run: 'destructive' })
  assert.deepEqual([again.done, again.waiting], [[], []])
  assert.deepEqual(await schemaOf(after, dialect), await undisturbed())
  await dialect.close()
  assert.deepEqual(
    await recordsOf(database, url, after, 'people'),
    Array.from({ length: people }, (_, number) => personAfter(number)),
  )
  assert.equal((await recordsOf(database, url, after, 'entries')).length, 20)
}

// proves P-012
test('stopped at any point and begun again, it ends the same', async (t) => {
  // The last of each is far enough to carry any one step through. On a server every attempt costs many round trips.
  const patterns = [
    [9, 4, 27],
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 30],
    [7, 12, 33],
  ]
  for (const pattern of database.isServer ? patterns.slice(0, 1) : patterns) {
    const url = await filled()
    let attempts = 0
    while (true) {
      const dialect = await database.openSchema(url)
      cleanUp(t, () => dialect.close())
      const point = pattern[attempts++ % pattern.length]!
      const ended = await migrateTo(
        after,
        stopAt(dialect, point, () => {
          throw new Error('stopped')
        }),
        { run: 'destructive' },
      ).then(
        () => true,
        (error: Error) => {
          assert.match(error.message, /^stopped/)
          return false
        },
      )
      await dialect.close()
      if (ended) break
      assert.ok(attempts < attemptsMax, 'it comes forward')
    }
    assert.ok(attempts > 15, `it was stopped ${attempts} times`)
    await check(t, url)
  }
})

// proves P-012
test('killed with -9 again and again, it ends the same', async (t) => {
  const url = await filled()
  let kills = 0
  while (true) {
    const child = spawnSync(
      process.execPath,
      [join(import.meta.dirname, '../support/migration/killed-child.ts'), url, String(3 + ((kills * 11) % 31))],
      {
        encoding: 'utf8',
      },
    )
    if (child.status === 0) break
    assert.equal(child.signal, 'SIGKILL', child.stderr)
    kills += 1
    assert.ok(kills < attemptsMax, 'it comes forward')
  }
  assert.ok(kills > 10, `it was killed ${kills} times`)
  await check(t, url)
})
