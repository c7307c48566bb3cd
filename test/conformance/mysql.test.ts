// What only MariaDB and MySQL need proof of: that texts reach them as they are in every mode, that pages are read from
// an index, that their sessions are set by us, and that their schema is made and widened without a transaction around it.
// databases: mariadb, mysql
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../src/base/clock.ts'
import { isEngineError } from '../../src/base/engine-error.ts'
import { systemRandom } from '../../src/base/random.ts'
import { eq } from '../../src/contract/filter.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { compileModel } from '../../src/schema/model.ts'
import { parseAddress } from '../../src/storage/mysql/address.ts'
import { mysqlDialect } from '../../src/storage/mysql/dialect.ts'
import { literal, textOf } from '../../src/storage/mysql/literal.ts'
import { openMysql, openSession } from '../../src/storage/mysql/mysql-storage.ts'
import { createCompiler } from '../../src/storage/sql/compile.ts'
import type { SqlConnection, SqlRow } from '../../src/storage/sql/driver.ts'
import type { StorageAdapter } from '../../src/storage/storage.ts'
import { line, owners, type Thing, thing, things } from '../support/conformance-subjects.ts'
import { testDatabase } from '../support/databases.ts'
import type { DatabaseServer } from '../support/servers/database-server.ts'

const database = testDatabase()
const product = database.name === 'mariadb' ? 'mariadb' : 'mysql'
const model = compileModel([owners, things] as never)

/** A session of the adapter's own on the database of this URL. */
async function sessionOn(url: string): Promise<SqlConnection> {
  const parts = { address: parseAddress(url), clock: systemClock, keys: new Map(), isPatient: false }
  return (await openSession(parts, false)).connection
}

async function ask(session: SqlConnection, ...statements: readonly string[]): Promise<readonly SqlRow[]> {
  return (await session.run(statements.map((sql) => ({ sql, values: [] })))).at(-1)!.rows
}

describe(`texts on ${product}`, () => {
  let url: string
  let session: SqlConnection
  let storage: StorageAdapter
  before(async () => {
    url = await database.url()
    storage = await database.open(model, { url })
    session = await sessionOn(url)
  })
  after(async () => {
    await session.close()
    await storage.close()
  })

  const nasty = fc.oneof(
    fc.string({ unit: fc.constantFrom("'", '\\', '"', '\0', ';', '-- ', '%', '_', 'a', 'é', '😀', '\n', '\r', '\x1a', '`', '?', '/*') }),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
  )

  for (const mode of ["''", "'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'"])
    test(`mean the same under sql_mode ${mode}`, async () => {
      await ask(session, `set session sql_mode=${mode}`)
      await fc.assert(
        fc.asyncProperty(fc.array(nasty, { minLength: 1, maxLength: 20 }), async (texts) => {
          const [row] = await ask(session, `select ${texts.map((text, index) => `${literal(text)} as c${index}`).join(',')}`)
          assert.deepEqual(
            row,
            texts.map((text) => text.toWellFormed()),
          )
        }),
        { numRuns: 100 },
      )
    })

  test('are stored, guarded and found as they are', async () => {
    const texts = [
      "'; drop table things; -- ",
      "\\'",
      '\\',
      "a\\' or 1=1 -- ",
      '😀\u{10ffff}',
      'line\nbreak',
      '?',
      "x' union select",
      '\u0001',
    ]
    for (const note of texts) {
      const one = thing({ note, meta: { note }, code: note })
      await storage.transaction((tx) => tx.insert(things, [one]))
      const [found] = await storage.reader.find<Thing>(things as never, { where: eq('note', note), limit: 2 })
      assert.deepEqual(found, one)
      await storage.transaction((tx) => tx.updateOrFail(things, eq('code', note), { set: { note: `${note}!` } }))
      assert.equal((await storage.reader.get<Thing>(things as never, one.id))!['note'], `${note}!`)
    }
  })

  test('that differ by a space, a case, an accent or a zero-width character are different values', async () => {
    const codes = ['a', 'a ', 'A', 'á', 'a\u0301', 'a\u200b', ' a', 'ß', 'ss', 'ﬀ', 'ff', 'ſ', 's', 'K', 'k']
    await storage.transaction((tx) =>
      tx.insert(
        things,
        codes.map((code) => thing({ code: `c${code}` })),
      ),
    )
    for (const code of codes) assert.equal(await storage.reader.count(things, eq('code', `c${code}`)), 1, JSON.stringify(code))
  })

  test('are searched without regard to the case of ASCII letters, and of no others', async () => {
    const letters = Array.from({ length: 0x600 - 0x20 }, (_, index) => String.fromCodePoint(0x20 + index)).filter((letter) =>
      /\p{L}/u.test(letter),
    )
    const [row] = await ask(
      session,
      `select ${letters.map((letter) => `(${mysqlDialect(product).like(literal(letters.join('')), literal(`%${letter}%`))}) as c`).join(',')}`,
    )
    assert.ok(row!.every((matched) => matched === 1))
    const like = (text: string, pattern: string) => mysqlDialect(product).like(literal(text), literal(pattern))
    const others = letters.flatMap((letter) =>
      [letter.toLowerCase(), letter.toUpperCase(), letter.normalize('NFD')]
        .filter((other) => other !== letter)
        .map((other) => [letter, other] as const),
    )
    const [same] = await ask(session, `select ${others.map(([one, other]) => `(${like(one, other)}) as c`).join(',')}`)
    for (const [index, [one, other]] of others.entries()) assert.equal(same![index], /[a-z]/i.test(one) ? 1 : 0, `${one} ${other}`)
  })
})

describe(`a session on ${product}`, () => {
  let url: string
  before(async () => {
    url = await database.url()
  })

  test('is set by us, whatever the server has by default', async () => {
    const session = await sessionOn(url)
    const own =
      product === 'mariadb'
        ? '@@tx_isolation,@@max_statement_time>0,@@idle_transaction_timeout>0'
        : '@@transaction_isolation,@@max_execution_time>0,1'
    const [row] = await ask(
      session,
      `select ${own},@@time_zone,@@autocommit,@@innodb_lock_wait_timeout>0,@@sql_mode,@@character_set_client,@@character_set_results`,
    )
    assert.deepEqual(row, [
      'READ-COMMITTED',
      1,
      1,
      '+00:00',
      1,
      1,
      'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
      'utf8mb4',
      'utf8mb4',
    ])
    await session.close()
  })

  test('stops at the first statement that fails, and says which one it was', async () => {
    const session = await sessionOn(url)
    await ask(session, 'create table one (id int primary key)')
    const statements = ['start transaction', 'insert into one values (1)', 'insert into one values (1)', 'commit'].map((sql) => ({
      sql,
      values: [],
    }))
    await assert.rejects(session.run(statements), { name: 'StatementFailure', index: 2 })
    await ask(session, 'rollback')
    assert.deepEqual(await ask(session, 'select * from one'), [])
    assert.ok(session.isUsable())
    await session.close()
  })

  test('sends more than one packet holds in several', async () => {
    const storage = await database.open(model, { url })
    const many = Array.from({ length: 30 }, () => thing({ note: 'ä'.repeat(400_000) }))
    await storage.transaction((tx) => tx.insert(things, many))
    assert.equal(await storage.reader.count(things), many.length)
    await storage.close()
  })

  test('tells what is wrong with an address in one sentence, without the password', async () => {
    const closed = new URL(url)
    closed.port = '1'
    const stranger = new URL(url)
    stranger.username = 'nobody'
    stranger.password = 'secret'
    const nowhere = new URL(url)
    nowhere.pathname = '/none'
    for (const [address, words] of [
      [closed, /ECONNREFUSED/],
      [stranger, /refuses the user or the password/],
      [nowhere, /no such database/],
    ] as const)
      await assert.rejects(
        database.open(model, { url: address.href }),
        (error: Error) => words.test(error.message) && !error.message.includes('secret'),
      )
  })
})

describe(`plans on ${product}`, () => {
  let url: string
  let storage: StorageAdapter
  let session: SqlConnection
  before(async () => {
    url = await database.url()
    storage = await database.open(model, { url })
    for (let round = 0; round < 10; round++)
      await storage.transaction((tx) =>
        tx.insert(
          things,
          Array.from({ length: 300 }, (_, index) => thing({ count: index, rank: round, owner: `own_${index}`, dueAt: index })),
        ),
      )
    session = await sessionOn(url)
    await ask(session, 'analyze table things')
  })
  after(async () => {
    await session.close()
    await storage.close()
  })

  const compiler = createCompiler(model, mysqlDialect(product))
  const descending = (...paths: string[]) => paths.map((path) => ({ path: path.replace('-', ''), descending: path.startsWith('-') }))
  const backwards = 'a page by the same, read backwards,'
  for (const [about, query] of [
    ['a page by id', { sort: descending('id'), after: ['thing_00000000000000000000001500'] }],
    ['a page by an index of two directions', { sort: descending('count', '-rank'), after: [150, 5, 'thing_00000000000000000000001500'] }],
    [backwards, { sort: descending('-count', 'rank'), after: [150, 5, 'thing_00000000000000000000001500'] }],
    ['the newest of one owner', { where: eq('owner', 'own_7'), sort: descending('-dueAt') }],
  ] as const)
    test(`${about} comes from an index, unsorted`, async () => {
      const statement = compiler.find(model.get(things), { limit: 30, ...query } as never)
      const [plan] = await ask(session, `explain format=traditional ${textOf(statement)}`)
      const [type, , key] = plan!.slice(product === 'mariadb' ? 3 : 4)
      assert.match(String(type), /^(?:range|ref)$/, JSON.stringify(plan))
      assert.ok(key !== null)
      // MySQL reads no such range backwards.
      if (product === 'mariadb' || about !== backwards) assert.doesNotMatch(String(plan!.at(-1)), /filesort|temporary/)
    })
})

describe(`the commit log on ${product}`, () => {
  test('passes over a transaction that is still open, and gives it its position afterwards', async () => {
    const url = await database.url()
    const storage = await database.open(model, { url })
    const session = await sessionOn(url)
    await ask(
      session,
      'start transaction',
      "insert into _commits (token,at,operation,actor,requestId,changes) values ('t',1,'slow','a','r','[]')",
    )
    await storage.transaction((tx) => tx.appendCommit(line('quick')))
    const operations = async () => (await storage.commitsAfter(0, 10)).map(({ operation }) => operation)
    assert.deepEqual(await operations(), ['quick'])
    await ask(session, 'commit')
    await storage.transaction((tx) => tx.appendCommit(line('last')))
    assert.deepEqual(await operations(), ['quick', 'slow', 'last'])
    await session.close()
    await storage.close()
  })
})

describe(`the schema on ${product}`, () => {
  const books = (fields: Parameters<typeof collection>[1]['fields'], more: object = {}) =>
    compileModel([collection('books', { prefix: 'book', fields, ...more }) as never])
  const title = field.text({ required: true })
  const opened = async (url: string, of: ReturnType<typeof books>) =>
    await openMysql({ url, model: of, clock: systemClock, random: systemRandom })

  test('is made by several processes at once', async () => {
    const url = await database.url()
    const all = await Promise.all([1, 2, 3, 4].map(() => database.open(model, { url })))
    await Promise.all(all.map((storage) => storage.transaction((tx) => tx.insert(things, [thing()]))))
    assert.equal(await all[0]!.reader.count(things), 4)
    for (const storage of all) await storage.close()
  })

  const book = { id: 'book_1', version: 1, createdAt: 1, updatedAt: 1, title: 'Emma' }

  /** A database that holds one book. */
  async function filled(): Promise<string> {
    const url = await database.url()
    const storage = await opened(url, books({ title }))
    await storage.transaction((tx) => tx.insert({ name: 'books' }, [book]))
    await storage.close()
    return url
  }

  test('is widened by fields and indexes, and keeps what is there; a second start changes nothing', async () => {
    const url = await filled()
    const language = field.text({ required: true, default: "it's \\ so" })
    const wider = books({ title, language, pages: field.integer() }, { indexes: [['-pages']] })
    for (let round = 1; round <= 2; round++) {
      const storage = await opened(url, wider)
      assert.deepEqual(await storage.reader.get({ name: 'books' }, book.id), { ...book, language: "it's \\ so", pages: null })
      await storage.close()
    }
  })

  test('is left alone where it would lose or lack something, with a sentence', async () => {
    const url = await filled()
    await assert.rejects(opened(url, books({ title, author: field.text({ required: true }) })), /books\.author is new and required/)
    await assert.rejects(
      opened(url, books({ title }, { indexes: [['title']] })),
      /does not fit the model yet.*books\.title wider.*kingpost migrate/,
    )
    await assert.rejects(opened(url, books({ title, Title: field.text() })), /title and Title of books are one name/)
    await assert.rejects(opened(url, books({ title, link: field.url({ unique: true }) })), /books\.link.*smaller max/)
  })
})

describe(`a ${product} server`, () => {
  let server: DatabaseServer
  let url: string
  let admin: SqlConnection
  before(async () => {
    server = await database.startServer()
    url = await server.createDatabase()
    admin = await sessionOn(url)
  })
  after(async () => {
    await admin.close()
    await server.stop()
  })

  test('that could lose commits is refused in words, and taken when that is wanted', async () => {
    await ask(admin, 'set global innodb_flush_log_at_trx_commit=2')
    await assert.rejects(database.open(model, { url }), /innodb_flush_log_at_trx_commit is 2.*KINGPOST_ALLOW_WEAK_DURABILITY/)
    const storage = await openMysql({ url, model, clock: systemClock, random: systemRandom, allowWeakDurability: true })
    await storage.close()
    await ask(admin, 'set global innodb_flush_log_at_trx_commit=1')
  })

  // Debian's MariaDB has no certificate unless it is given one.
  if (product === 'mysql')
    test('that takes encrypted connections alone says so, and is reached by one', async () => {
      await ask(admin, 'set global require_secure_transport=1')
      await assert.rejects(database.open(model, { url }), /insecure transport are prohibited/)
      const storage = await database.open(model, { url: `${url}?ssl-mode=required` })
      await storage.transaction((tx) => tx.insert(things, [thing()]))
      await storage.close()
      await ask(admin, 'set global require_secure_transport=0')
    })

  test('that becomes read-only goes on answering and takes no writes until it is writable again', async () => {
    const own = new URL(url)
    own.username = 'shop'
    own.password = "it's"
    // What docs/operating/mysql.md says.
    const granted = 'select, insert, update, delete, create, alter, index, drop'
    await ask(admin, "create user shop@'%' identified by 'it''s'", `grant ${granted} on ${own.pathname.slice(1)}.* to shop@'%'`)
    const storage = await database.open(model, { url: own.href })
    const write = () => storage.transaction((tx) => tx.insert(things, [thing()]))
    await write()
    await ask(admin, 'set global read_only=1')
    await assert.rejects(write(), (error) => isEngineError(error, 'storage_unavailable'))
    await assert.rejects(database.open(model, { url: own.href }), /read-only/)
    assert.ok((await storage.reader.count(things)) >= 1)
    await ask(admin, 'set global read_only=0')
    await write()
    await storage.close()
  })
})

test('a check that fails is no error of ours to hide', async () => {
  const storage = await database.open(model)
  await assert.rejects(
    storage.transaction((tx) => tx.insert(things, [thing({ count: -1 })])),
    (error) => !isEngineError(error),
  )
  await storage.close()
})
