// What transactions of two processes may see and do to each other, step by step: two adapters on one database.
// A database of one process runs its transactions one after another instead, and refuses a second process.
// proves P-014
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isEngineError } from '../../src/base/engine-error.ts'
import { lockFolder } from '../../src/cli/open-storage.ts'
import { and, eq, type Filter } from '../../src/contract/filter.ts'
import type { AnyRecord, CollectionRef } from '../../src/schema/collection.ts'
import { compileModel } from '../../src/schema/model.ts'
import type { AdapterTransaction, Commit, StorageAdapter } from '../../src/storage/storage.ts'
import { createChance } from '../support/chance.ts'
import { line, ownerOf, owners, type Thing, thing, things } from '../support/conformance-subjects.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createGate, type Gate } from '../support/gate.ts'
import { temporaryFolder } from '../support/server-process.ts'

const chance = createChance(console.log)

const database = testDatabase()
const model = compileModel([owners, things] as never)
const thingsRef = things as CollectionRef<Thing>
const triesMax = 200
/** Transactions that another one gets through meanwhile: enough for whoever is not held back to be among them. */
const meanwhileCount = 20

const hasOne: Filter = { op: 'gte', path: 'count', value: 1 }

/** As inTransaction does: a conflict is run again. */
async function write<T>(storage: StorageAdapter, work: (tx: AdapterTransaction) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await storage.transaction(work)
    } catch (error) {
      if (!isEngineError(error, 'conflict') || tries === triesMax) throw error
      await sleep(chance.below(20))
    }
  }
}

if (database.isServer) describe(`two processes on ${database.name}`, () => probes())
else describe(`one process on ${database.name}`, () => aloneProbes())

function probes(): void {
  let a: StorageAdapter
  let b: StorageAdapter
  before(async () => {
    const url = await database.url()
    a = await database.open(model, { url })
    b = await database.open(model, { url })
  })
  after(() => Promise.all([a?.close(), b?.close()]))

  const insert = (...records: readonly AnyRecord[]) => write(a, (tx) => tx.insert(things, records))
  const get = (storage: Pick<StorageAdapter, 'reader'>, id: string) => storage.reader.get(thingsRef, id)
  /** Work of `b` that nobody holds back, asked for after what may be held back. */
  const meanwhile = async () => {
    const idle = thing({ count: 0 })
    for (let count = 0; count < meanwhileCount; count++) await write(b, (tx) => tx.insert(things, [{ ...idle, id: thing().id }]))
  }
  /** Runs alternately on both. */
  const onBoth = <T>(count: number, work: (storage: StorageAdapter, index: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, index) => work(index % 2 === 0 ? a : b, index)))
  /** A transaction of `a` that has done `first` and stays open until the gate is opened; `isUndone` throws then. */
  const holdOpen = async (
    first: (tx: AdapterTransaction) => Promise<unknown>,
    isUndone = false,
  ): Promise<{ gate: Gate; ended: Promise<unknown> }> => {
    const [gate, begun] = [createGate(), createGate()]
    const ended = write(a, async (tx) => {
      await first(tx)
      // A read sends what has been kept back.
      await tx.count(things)
      begun.open()
      await gate.opened
      if (isUndone) throw new Error('undone')
    }).catch((error: Error) => {
      if (error.message !== 'undone') throw error
    })
    await Promise.race([begun.opened, ended])
    return { gate, ended }
  }

  test('share one database, and say so', () => {
    assert.equal(a.capabilities.isShared, true)
    assert.equal(b.capabilities.isShared, true)
  })

  test('nobody sees what is not committed but the transaction itself', async () => {
    const one = thing({ count: 1 })
    const other = thing()
    await insert(one)
    for (const isUndone of [true, false]) {
      const { gate, ended } = await holdOpen(async (tx) => {
        await tx.insert(things, [other])
        await tx.updateOrFail(things, eq('id', one.id), { set: { note: 'unfinished' } })
        assert.equal((await tx.get(thingsRef, one.id))!['note'], 'unfinished')
        assert.deepEqual(await tx.get(things, other.id), other)
      }, isUndone)
      for (const storage of [a, b]) {
        assert.deepEqual(await get(storage, one.id), one)
        assert.equal(await get(storage, other.id), null)
      }
      const inside = await write(b, async (tx) => [await tx.get(things, one.id), await tx.get(things, other.id)])
      assert.deepEqual(inside, [one, null])
      gate.open()
      await ended
    }
    for (const storage of [a, b]) {
      assert.equal((await get(storage, one.id))!['note'], 'unfinished')
      assert.deepEqual(await get(storage, other.id), other)
    }
  })

  test('no update is lost: a write that follows a read of what has changed since is run again', async () => {
    const one = thing({ count: 1 })
    await insert(one)
    const append = async (tx: AdapterTransaction, word: string, betweenReadAndWrite?: () => Promise<unknown>) => {
      const { version, note } = (await tx.get(thingsRef, one.id))!
      await betweenReadAndWrite?.()
      const guard = and(eq('id', one.id), eq('version', version as number))
      await tx.updateOrFail(things, guard, { set: { note: `${note ?? ''}${word} ` }, add: { version: 1 } })
    }
    let runs = 0
    await write(a, (tx) =>
      append(tx, 'mine', async () => {
        if (++runs === 1) await write(b, (theirs) => append(theirs, 'theirs'))
      }),
    )
    assert.equal(runs, 2)
    assert.equal((await get(b, one.id))!['note'], 'theirs mine ')
  })

  test('of two writes that follow one read, one is kept and the other is a conflict, also when it waited', async () => {
    const one = thing({ count: 1 })
    await insert(one)
    const guard = and(eq('id', one.id), eq('version', 1))
    const { gate, ended } = await holdOpen((tx) => tx.updateOrFail(things, guard, { set: { note: 'first' }, add: { version: 1 } }))
    const second = b.transaction((tx) => tx.updateOrFail(things, guard, { set: { note: 'second' }, add: { version: 1 } }))
    const refused = assert.rejects(second, (error) => isEngineError(error, 'conflict'))
    await meanwhile()
    gate.open()
    await Promise.all([ended, refused])
    assert.equal((await get(b, one.id))!['note'], 'first')
  })

  test('a guard that fits one lets exactly one of fifty pass, and ten of fifty when it fits ten', async () => {
    for (const count of [1, 10]) {
      const one = thing({ count })
      await insert(one)
      const passed = await onBoth(50, (storage) => write(storage, (tx) => tx.adjust(things, one.id, hasOne, { add: { count: -1 } }, false)))
      assert.equal(passed.filter((answer) => answer !== null).length, count)
      // Each that passed was answered the count that it made.
      assert.deepEqual(
        passed.flatMap((answer) => (answer === null ? [] : [answer.after['count'] as number])).toSorted((x, y) => x - y),
        Array.from({ length: count }, (_, index) => index),
      )
      assert.equal((await get(b, one.id))!['count'], 0)
    }
  })

  test('no increment is lost', async () => {
    const one = thing({ count: 0 })
    await insert(one)
    await onBoth(60, (storage) => write(storage, (tx) => tx.update(things, eq('id', one.id), { add: { count: 1 } })))
    assert.equal((await get(a, one.id))!['count'], 60)
  })

  test('one key that many insert at once is inserted by exactly one', async () => {
    for (let round = 0; round < 10; round++) {
      const key = `once ${round}`
      const made = await onBoth(20, (storage) => write(storage, (tx) => tx.insertOnce(things, thing({ code: key }))))
      assert.equal(made.filter((isFirst) => isFirst).length, 1)
      assert.equal(await a.reader.count(things, eq('code', key)), 1)
    }
  })

  test('who inserts a key that another one is inserting learns how that ended', async () => {
    for (const isUndone of [true, false]) {
      const code = `waited for ${isUndone}`
      const { gate, ended } = await holdOpen((tx) => tx.insertOnce(things, thing({ code })), isUndone)
      const second = write(b, (tx) => tx.insertOnce(things, thing({ code })))
      await meanwhile()
      gate.open()
      await ended
      assert.equal(await second, isUndone)
      assert.equal(await b.reader.count(things, eq('code', code)), 1)
    }
  })

  test('a fence holds between processes: one of two equal inserts fails, by its name', async () => {
    for (const [fence, expected] of [
      [undefined, 'already_exists'],
      ['conflict', 'conflict'],
    ] as const) {
      const code = `fence ${expected}`
      const tries = await Promise.allSettled(
        [a, b].map((storage) => storage.transaction((tx) => tx.insert(things, [thing({ code })], fence))),
      )
      const failed = tries.filter((outcome) => outcome.status === 'rejected')
      assert.equal(failed.length, 1)
      const { code: said } = failed[0]!.reason as { code: string }
      // A database may also see it as two who were in each other's way: then the next try says it.
      if (said === 'conflict')
        await assert.rejects(
          b.transaction((tx) => tx.insert(things, [thing({ code })], fence)),
          { code: expected },
        )
      else assert.equal(said, expected)
    }
  })

  // Two doctors are on call, each may leave while the other one stays.
  const leave = async (tx: AdapterTransaction, ward: string, doctor: string, betweenReadAndWrite: () => Promise<unknown>) => {
    const onCall = await tx.count(things, and(eq('owner', ward), eq('isOpen', true)))
    await betweenReadAndWrite()
    if (onCall < 2) return false
    await tx.updateOrFail(things, eq('id', doctor), { set: { isOpen: false } })
    return true
  }
  const openWard = async () => {
    const ward = ownerOf('ward')
    const doctors = [thing({ owner: ward.id, isOpen: true }), thing({ owner: ward.id, isOpen: true })] as const
    await write(a, async (tx) => {
      await tx.insert(owners, [ward])
      await tx.insert(things, doctors)
    })
    return { ward: ward.id, doctors }
  }

  test('without a lock two who read one state may both act on it: the rule below needs its lock', async () => {
    const { ward, doctors } = await openWard()
    const haveRead = [createGate(), createGate()] as const
    const left = await Promise.all(
      [a, b].map((storage, index) =>
        write(storage, (tx) =>
          leave(tx, ward, doctors[index]!.id, async () => {
            haveRead[index]!.open()
            await Promise.all(haveRead.map(({ opened }) => opened))
          }),
        ),
      ),
    )
    assert.deepEqual(left, [true, true])
  })

  test('what is decided under a lock of the parent is decided by one after the other', async () => {
    for (let round = 0; round < 10; round++) {
      const { ward, doctors } = await openWard()
      const left = await Promise.all(
        [a, b].map((storage, index) =>
          write(storage, async (tx) => {
            assert.equal((await tx.lock(owners, [ward], 'exclusive')).length, 1)
            return await leave(tx, ward, doctors[index]!.id, () => sleep(10))
          }),
        ),
      )
      assert.equal(left.filter((hasLeft) => hasLeft).length, 1, `${left}`)
      assert.equal(await a.reader.count(things, and(eq('owner', ward), eq('isOpen', true))), 1)
    }
  })

  test('a lock answers what is there now, not what was there at the first read', async () => {
    const one = thing({ count: 1 })
    await insert(one)
    let isChanged = false
    const seen = await write(a, async (tx) => {
      await tx.get(things, one.id)
      if (!isChanged) await write(b, (theirs) => theirs.update(things, eq('id', one.id), { set: { count: 7 } }))
      isChanged = true
      return (await tx.lock(thingsRef, [one.id], 'exclusive'))[0]!['count']
    })
    assert.equal(seen, 7)
  })

  for (const mode of ['shared', 'exclusive'] as const)
    test(`what is locked ${mode} is neither changed nor removed before the end, and read all the same`, async () => {
      const [one, two] = [thing({ count: 1 }), thing({ count: 1 })]
      await insert(one, two)
      const { gate, ended } = await holdOpen((tx) => tx.lock(things, [one.id, two.id], mode))
      const order: string[] = []
      const changes = Promise.all([
        write(b, (tx) => tx.adjust(things, one.id, undefined, { add: { count: 1 } }, false)).then(() => order.push('changed')),
        write(b, (tx) => tx.removeOrFail(things, eq('id', two.id))).then(() => order.push('removed')),
        ...(mode === 'exclusive' ? [write(b, (tx) => tx.lock(things, [one.id], 'shared')).then(() => order.push('locked'))] : []),
      ])
      await meanwhile()
      assert.deepEqual([await get(b, one.id), await get(b, two.id)], [one, two])
      assert.equal(order.length, 0)
      order.push('ended')
      gate.open()
      await Promise.all([ended, changes])
      assert.equal(order[0], 'ended')
      assert.equal((await get(a, one.id))!['count'], 2)
      assert.equal(await get(a, two.id), null)
    })

  test('two who lock in opposite orders both get through', async () => {
    const [one, two] = [thing({ count: 0 }), thing({ count: 0 })]
    await insert(one, two)
    // Only two: a database may take a second to see each deadlock.
    await onBoth(2, (storage, index) =>
      write(storage, async (tx) => {
        for (const { id } of index % 2 === 0 ? [one, two] : [two, one]) {
          await tx.lock(things, [id], 'exclusive')
          await sleep(5)
          await tx.updateOrFail(things, eq('id', id), { add: { count: 1 } })
        }
      }),
    )
    assert.deepEqual([(await get(a, one.id))!['count'], (await get(b, two.id))!['count']], [2, 2])
  })

  test('both are told every commit of both, once, in one order, also of who began first and ended last', async () => {
    const { newest } = await a.commitRange()
    const told: [Commit[], Commit[]] = [[], []]
    const own: [string[], string[]] = [[], []]
    for (const [index, storage] of [a, b].entries()) {
      storage.onFeed((commit) => void (commit.position > newest && told[index]!.push(commit)))
      storage.onCommit(({ operation }) => void own[index]!.push(operation))
    }
    const late = await holdOpen((tx) => tx.appendCommit(line('late')))
    const count = 100
    await onBoth(count, (storage, index) =>
      write(storage, async (tx) => {
        await tx.insert(things, [thing()])
        await tx.appendCommit(line(`commit ${index}`))
        await tx.count(things, eq('id', 'none'))
        await sleep(chance.below(20))
      }),
    )
    await eventually('all but the late one are told', async () => (told.every(({ length }) => length === count) ? true : null))
    late.gate.open()
    await late.ended
    await eventually('the late one is told', async () => (told.every(({ length }) => length === count + 1) ? true : null))
    const names = told.map((commits) => commits.map(({ operation }) => operation))
    assert.deepEqual(names[0], names[1])
    assert.equal(new Set(names[0]).size, count + 1)
    assert.equal(names[0]!.at(-1), 'late')
    assert.deepEqual(
      told[0].map(({ position }) => position),
      told[0].map((_, index) => newest + 1 + index),
    )
    assert.deepEqual(await b.commitsAfter(newest, 1_000), told[1])
    // What a process committed itself it hears of at once, and of nothing else.
    assert.deepEqual(own[0].length + own[1].length, count + 1)
    assert.ok(own[0].includes('late') && !own[1].includes('late'))
  })
}

function aloneProbes(): void {
  test('it is not shared, and says so', async () => {
    const storage = await database.open(model)
    assert.equal(storage.capabilities.isShared, false)
    await storage.close()
  })

  test('a second process on its folder is refused, in words', async (t) => {
    const folder = temporaryFolder(t)
    const unlock = lockFolder(folder)
    assert.throws(() => lockFolder(folder), {
      message: `Another Kingpost is running on ${folder}. Stop it, or choose another folder with --data-dir FOLDER.`,
    })
    unlock()
    lockFolder(folder)()
  })

  test('its transactions run one after another, so that all that is asserted of two processes holds by itself', async () => {
    const storage = await database.open(model)
    const one = thing({ count: 1 })
    await write(storage, (tx) => tx.insert(things, [one]))
    const order: string[] = []
    const passed = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        write(storage, async (tx) => {
          order.push(`begin ${index}`)
          await tx.get(things, one.id)
          await sleep(1)
          const isPassed = (await tx.adjust(things, one.id, hasOne, { add: { count: -1 } }, false)) !== null
          order.push(`end ${index}`)
          return isPassed
        }),
      ),
    )
    assert.equal(passed.filter((isPassed) => isPassed).length, 1)
    for (let at = 0; at < order.length; at += 2) assert.equal(order[at]!.replace('begin', 'end'), order[at + 1])
    await storage.close()
  })
}
