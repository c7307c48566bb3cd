// What a PostgreSQL server must be like before anything is promised on it. Asked of every new connection: after a
// failover it may be another server.
import type { SqlRow } from '../sql/driver.ts'

export type ServerFacts = { readonly version: string }

const asked = ['server_version', 'server_version_num', 'server_encoding', 'fsync', 'full_page_writes', 'synchronous_commit'] as const
export const serverFactsSql = `select ${asked.map((name) => `current_setting('${name}')`).join(',')},pg_is_in_recovery()`

const versionMin = 140_000

/** A transaction that was answered must survive a crash; a setting that breaks this is refused, with the way to mend it. */
const durable: readonly {
  readonly setting: string
  readonly isSafe: (value: string) => boolean
  readonly loses: string
  readonly mend: string
}[] = [
  {
    setting: 'fsync',
    isSafe: (value) => value === 'on',
    loses: 'a power failure can destroy the whole database',
    mend: 'alter system set fsync = on; select pg_reload_conf();',
  },
  {
    setting: 'full_page_writes',
    isSafe: (value) => value === 'on',
    loses: 'a power failure can leave torn pages',
    mend: 'alter system set full_page_writes = on; select pg_reload_conf();',
  },
  {
    setting: 'synchronous_commit',
    isSafe: (value) => value !== 'off' && value !== 'local',
    loses: 'a crash loses transactions that were already answered',
    mend: 'alter system set synchronous_commit = on; select pg_reload_conf();',
  },
]

/** @throws Error with one sentence for people */
export function checkServer(row: SqlRow, allowWeakDurability: boolean): ServerFacts {
  const facts = Object.fromEntries(asked.map((name, index) => [name, String(row[index])])) as Record<(typeof asked)[number], string>
  const { server_version: version } = facts
  if (Number(facts.server_version_num) < versionMin) throw new Error(`PostgreSQL ${version} is too old: Kingpost needs 14 or newer.`)
  if (facts.server_encoding !== 'UTF8')
    throw new Error(
      `The database is encoded in ${facts.server_encoding} and cannot hold every text. Create one with: create database … encoding 'UTF8' template template0;`,
    )
  if (row[asked.length] === 't') throw new Error('This PostgreSQL is a standby and takes no writes. Give the address of the primary.')
  if (!allowWeakDurability)
    for (const { setting, isSafe, loses, mend } of durable) {
      const value = facts[setting as keyof typeof facts]
      if (!isSafe(value))
        throw new Error(
          `PostgreSQL runs with ${setting}=${value}: ${loses}. Mend it with: ${mend} Or accept the loss with KINGPOST_ALLOW_WEAK_DURABILITY=true.`,
        )
    }
  return { version: version.split(' ')[0]! }
}
