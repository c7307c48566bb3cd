// What a server must be and how it must be set, looked at with every new connection, for after a failover it may be another
// server: a commit that was answered must
// survive a power loss, and no other writer may undo it.
import type { SqlResult } from '../sql/driver.ts'
import type { Product, Server } from './dialect.ts'
import { keyCharacters } from './search.ts'

export type Diagnosis = {
  /** Nothing can be done with this server. */
  readonly refused: readonly string[]
  /** Commits may be lost: refused too, unless it is wanted. */
  readonly weak: readonly string[]
}

/** Releases that have what the adapter uses: JSON_TABLE and SKIP LOCKED; checks and index names in errors. */
const leastVersions: Readonly<Record<Product, readonly number[]>> = { mariadb: [10, 6, 0], mysql: [8, 0, 19] }
const names: Readonly<Record<Product, string>> = { mariadb: 'MariaDB', mysql: 'MySQL' }

/** By name in lower case; a server lacks those of the other product. */
export type Variables = ReadonlyMap<string, string>

const looked = [
  'wsrep_on',
  'read_only',
  'super_read_only',
  'innodb_read_only',
  'innodb_flush_log_at_trx_commit',
  'innodb_doublewrite',
  'log_bin',
  'sync_binlog',
  'binlog_format',
  'innodb_ft_min_token_size',
  'innodb_ft_max_token_size',
]

export function nameOf({ product, version }: Server): string {
  return `${names[product]} ${version}`
}

export function diagnose(server: Server, variables: Variables): Diagnosis {
  const is = (name: string, ...values: readonly string[]) => values.includes((variables.get(name) ?? '').toUpperCase())
  const least = leastVersions[server.product]
  const refused: string[] = []
  const weak: string[] = []
  if (isOlder(server.version, least))
    refused.push(`This is ${nameOf(server)}: ${names[server.product]} ${least.join('.')} or newer is needed.`)
  if (is('wsrep_on', 'ON', '1'))
    refused.push('This server is part of a Galera cluster, which loses updates that it has confirmed: use a single primary with replicas.')
  if (!is('read_only', '', 'OFF', '0') || is('super_read_only', 'ON', '1') || is('innodb_read_only', 'ON', '1'))
    refused.push('This server is read-only, as a replica is: give the address of the primary.')
  if (is('log_bin', 'ON', '1') && is('binlog_format', 'STATEMENT'))
    refused.push('binlog_format=STATEMENT cannot record what Kingpost writes: set ROW or MIXED.')
  const { least: shortest, most: longest } = keyCharacters
  if (Number(variables.get('innodb_ft_min_token_size') ?? shortest) > shortest)
    refused.push(`innodb_ft_min_token_size leaves short words out of every search: set ${shortest} or less; 3 is usual.`)
  if (Number(variables.get('innodb_ft_max_token_size') ?? longest) < longest)
    refused.push(`innodb_ft_max_token_size leaves long words out of every search: set ${longest} or more; 84 is usual.`)
  if (!is('innodb_flush_log_at_trx_commit', '1', '3'))
    weak.push(
      `innodb_flush_log_at_trx_commit is ${variables.get('innodb_flush_log_at_trx_commit')}, and must be 1: a power loss would undo orders that were confirmed.`,
    )
  if (is('log_bin', 'ON', '1') && !is('sync_binlog', '1'))
    weak.push(
      `sync_binlog is ${variables.get('sync_binlog')}, and must be 1 while the binary log is on: after a power loss it would lack what was confirmed.`,
    )
  if (is('innodb_doublewrite', 'OFF', '0', 'DETECT_ONLY'))
    weak.push('innodb_doublewrite is off: a power loss in the middle of a page would damage the data.')
  return { refused, weak }
}

/** What the server is asked for `checkServer`. */
export const lookSql: readonly string[] = [
  `show global variables where variable_name in (${looked.map((name) => `'${name}'`).join(',')})`,
  "select support from information_schema.engines where engine='InnoDB'",
]

/** @throws Error with what is wrong, one sentence each */
export function checkServer(server: Server, [variables, engines]: readonly SqlResult[], allowWeakDurability: boolean): void {
  const values = new Map(variables!.rows.map(([name, value]) => [String(name).toLowerCase(), String(value)]))
  const { refused, weak } = diagnose(server, values)
  const mistakes = [...refused]
  if (!/^(?:YES|DEFAULT)$/i.test(String(engines!.rows[0]?.[0])))
    mistakes.push('This server has no InnoDB, the only storage engine with transactions that Kingpost can use.')
  if (weak.length > 0 && !allowWeakDurability)
    mistakes.push(...weak, 'Change these settings of the server, or accept the loss with KINGPOST_ALLOW_WEAK_DURABILITY=true.')
  if (mistakes.length > 0) throw new Error(mistakes.join(' '))
}

function isOlder(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number)
  for (const [index, wanted] of least.entries()) {
    const have = parts[index] ?? 0
    if (have !== wanted) return have < wanted
  }
  return false
}
