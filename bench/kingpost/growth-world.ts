/**
 * Owns the databases of the bench of growth: as many items, projects and memberships as are asked for, an account for every 40 of
 * them, and what is asked of it. Rows are put straight into the tables that the engine made, each index filled as it would be by
 * years of use: an index that is built at the end has full pages, and each record made later would split one.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { createIdSource } from '../../src/base/ids.ts'
import { systemRandom } from '../../src/base/random.ts'
import { hashSecret, newSecret } from '../../src/base/secret.ts'
import { serve } from '../../src/cli/serve.ts'
import { type ProcessSettings, readSettings } from '../../src/cli/settings.ts'
import { programOf } from './ours.ts'

const CONFIG = 'bench/kingpost/growth.config.ts'
export const growthServer = programOf(CONFIG)

export const CATEGORY_ROWS = 200
export const MEMBER_PROJECTS = 40
/** Asked for: spread evenly over all, and more than any cache holds. */
const KNOWN_ROWS = 100_000
const SESSIONS = 2_500
const CACHE_MIB = 3_072
const ROWS_PER_COMMIT = 100_000
const LATER_MS = 30 * 24 * 3_600_000

/** `accounts` are signed in; each is a member of the projects beside its token. */
export type GrowthWorld = {
  readonly rows: number
  readonly itemIds: readonly string[]
  readonly accounts: readonly { readonly token: string; readonly projects: readonly string[] }[]
}

export const categoryOf = (row: number, rows: number) => `category-${row % (rows / CATEGORY_ROWS)}`

export function newItem(row: number, rows: number) {
  return { category: categoryOf(row, rows), title: `A thing, number ${row}`, body: 'Words about the thing. '.repeat(6) }
}

/** Of a folder that was filled before, or else filled now. */
export async function growthWorld(dataDir: string, rows: number): Promise<GrowthWorld> {
  const known = join(dataDir, 'world.json')
  if (!existsSync(known)) {
    const words = ['start', '--config', CONFIG, '--data-dir', dataDir, '--port', '0']
    await (await serve(readSettings(words, {}) as ProcessSettings)).close()
    writeFileSync(known, JSON.stringify(fill(join(dataDir, 'kingpost.db'), rows)))
  }
  return JSON.parse(readFileSync(known, 'utf8')) as GrowthWorld
}

function fill(path: string, rows: number): GrowthWorld {
  const database = new DatabaseSync(path)
  database.exec(`pragma journal_mode=off; pragma synchronous=off; pragma cache_size=-${CACHE_MIB * 1_024}`)
  // As of a row a second: what is made later comes behind them.
  let now = Date.parse('2015-01-01T00:00:00Z')
  const clock: Clock = { ...systemClock, now: () => now }
  const newId = createIdSource(clock, systemRandom)
  const insertInto = (table: string) => insertOf(database, table)
  function each(count: number, insert: (row: number) => void): void {
    for (let first = 0; first < count; first += ROWS_PER_COMMIT) {
      database.exec('begin')
      for (let row = first; row < Math.min(count, first + ROWS_PER_COMMIT); row++) {
        now += 1_000
        insert(row)
      }
      database.exec('commit')
    }
  }

  const userIds: string[] = []
  const users = insertInto('users')
  each(rows / MEMBER_PROJECTS, (row) => {
    const id = newId('usr')
    userIds.push(id)
    users({ id, version: 1, email: `member${row}@example.com`, name: null, roles: '[]', emailVerified: 1, disabled: 0, ...made(now) })
  })
  const step = Math.max(1, userIds.length / SESSIONS)
  const accounts = Array.from({ length: userIds.length / step }, (_, place) => ({
    user: userIds[place * step]!,
    token: newSecret(systemRandom, 'kps'),
    projects: [] as string[],
  }))
  const known = new Map(accounts.map((account) => [account.user, account]))
  const sessions = insertInto('sessions')
  const expiresAt = systemClock.now() + LATER_MS
  each(accounts.length, (place) => {
    const { user, token } = accounts[place]!
    const about = { tokenHash: hashSecret(token), expiresAt, origin: '127.0.0.1', userAgent: null }
    sessions({ id: newId('ses'), version: 1, user, ...about, ...made(now) })
  })

  const itemIds: string[] = []
  const items = insertInto('items')
  each(rows, (row) => {
    const id = newId('item')
    if (row % Math.max(1, rows / KNOWN_ROWS) === 0) itemIds.push(id)
    items({ id, version: 1, ...newItem(row, rows), ...made(now) })
  })
  const projectIds: string[] = []
  const projects = insertInto('projects')
  each(rows, (row) => {
    const id = newId('proj')
    projectIds.push(id)
    projects({ id, version: 1, title: `Project ${row}`, ...made(now) })
  })
  const memberships = insertInto('memberships')
  each(rows, (row) => {
    const [user, project] = [userIds[row % userIds.length]!, projectIds[row]!]
    known.get(user)?.projects.push(project)
    memberships({ id: newId('memb'), version: 1, project, user, ...made(now) })
  })
  database.close()
  return { rows, itemIds, accounts: accounts.map(({ token, projects: theirs }) => ({ token, projects: theirs })) }
}

const made = (now: number) => ({ createdAt: now, updatedAt: now })

/** By the table's own columns, so that a row that lacks one is refused. */
function insertOf(database: DatabaseSync, table: string): (row: Readonly<Record<string, string | number | null>>) => void {
  const columns = database.prepare('select "name" from pragma_table_info(?)').all(table) as { name: string }[]
  const names = columns.map(({ name }) => name)
  const statement = database.prepare(
    `insert into "${table}" (${names.map((name) => `"${name}"`).join()}) values (${names.map(() => '?').join()})`,
  )
  return (row) => void statement.run(...names.map((name) => row[name]!))
}
