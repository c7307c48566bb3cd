/**
 * Whether statements that were noted in a run (watch-postgres.ts) can be answered on PostgreSQL without looking at every row of a
 * table. Tables of tests are small, and a small one is rightly read whole: so the server is forbidden to read a table whole and to
 * join by hashing or merging, as it would like to. Where it still does, or walks a whole index and throws rows away, no index leads
 * there. Whether it takes the index of a large table is its statistics' affair.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { allowedScans } from './allowed-scans.ts'

export type Noted = { readonly sql: string; readonly url: string; readonly asker: string }
type Node = {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Filter?: string
  readonly Plans?: readonly Node[]
}

/** Of all that the processes of a run have noted. `looked`: how many were explained. */
export async function scansOnPostgres(folder: string): Promise<{ readonly looked: number; readonly scans: readonly string[] }> {
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
  const byText = new Map(lines.map((line) => JSON.parse(line) as Noted).map((one) => [one.sql, one]))
  const byUrl = Map.groupBy(byText.values(), ({ url }) => url)
  const scans: string[] = []
  let looked = 0
  for (const [url, some] of byUrl) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    // A database that is gone has been one of a test about that.
    if (
      !(await client.connect().then(
        () => true,
        () => false,
      ))
    )
      continue
    await client.query('set enable_seqscan=off; set enable_hashjoin=off; set enable_mergejoin=off; set enable_material=off; set jit=off')
    await forgetSizes(client)
    for (const { sql, asker } of some) {
      if (allowedScans.some((allowed) => allowed.sql.test(sql))) continue
      const plan = await planOf(client, sql)
      if (plan === null) continue
      looked++
      // For one or a few in an order PostgreSQL rather walks the order than sort what an index leads to: without it, the index is seen.
      const found = scansIn(plan).length === 0 ? [] : scansIn((await planOf(client, sql.replace(/ order by [^()]+$/, '')))!)
      if (found.length > 0) scans.push(`${asker}\n  ${found.join('; ')}\n  ${sql}`)
    }
    await client.end()
  }
  return { looked, scans }
}

/**
 * In a table of a page or none, which autovacuum has seen, every index costs the same, and walking all of it as little as a look. One
 * that was never looked at counts as ten pages. The run is over: nobody else asks this database.
 */
async function forgetSizes(client: pg.Client): Promise<void> {
  await client.query(`update pg_class set reltuples = -1, relpages = 0
    where relkind = 'r' and relnamespace in (select oid from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema')`)
}

/** Null where its table is gone by now. */
async function planOf(client: pg.Client, sql: string): Promise<Node | null> {
  let count = 0
  const text = sql.replace(/\?/g, () => `$${++count}`)
  try {
    const { rows } = await client.query(`explain (generic_plan, format json) ${text}`)
    return (rows[0]['QUERY PLAN'] as { Plan: Node }[])[0]!.Plan
  } catch {
    return null
  }
}

/** A page in the order of a key walks an index, too: it is bounded by its limit, and throws nothing away. */
function scansIn(node: Node, isBounded = false): string[] {
  const { 'Node Type': type, 'Relation Name': table = '', 'Index Name': index, 'Index Cond': condition, Filter: filter } = node
  const isWhole =
    type === 'Seq Scan' || (/^Index (?:Only )?Scan$/.test(type) && condition === undefined && (filter !== undefined || !isBounded))
  const own =
    isWhole && !table.startsWith('_')
      ? [`${type} of ${table}${index === undefined ? '' : ` by ${index}`}${filter === undefined ? '' : ` with ${filter}`}`]
      : []
  const below = isBounded ? /^(?:Limit|LockRows|Result|Subquery Scan)$/.test(type) : type === 'Limit'
  return [...own, ...(node.Plans ?? []).flatMap((inner) => scansIn(inner, below))]
}
