/**
 * Moves a large shop from database to database and back, and compares the first export with the last:
 * `node bench/move.ts --records 1000000 --orders 50000 --route sqlite,postgres,mariadb,sqlite`.
 * `--folder FOLDER` takes a shop that was made before, or makes it there. Exit 1 when anything differs.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createZstdDecompress } from 'node:zlib'
import { createDatabaseOf, type DatabaseName } from '../test/support/databases.ts'
import { makeLargeShop } from '../test/support/large-shop.ts'
import { runCommand, testConfig } from '../test/support/server-process.ts'

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '10000' },
    orders: { type: 'string', default: '200' },
    route: { type: 'string', default: 'sqlite,postgres,mariadb,sqlite' },
    folder: { type: 'string' },
  },
})

async function main(): Promise<number> {
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'kingpost-move-'))
  mkdirSync(folder, { recursive: true })
  const shop = join(folder, 'shop')
  if (!existsSync(join(shop, 'kingpost.db'))) {
    const startedAt = performance.now()
    await makeLargeShop({ dataFolder: shop, records: Number(values.records), orders: Number(values.orders) }, (line) => console.log(line))
    console.log(`Made in ${seconds(startedAt)}.`)
  }
  const [first, ...route] = values.route.split(',') as DatabaseName[]
  if (first !== 'sqlite') throw new Error('The shop is made on SQLite: the route begins there.')
  let from = `sqlite:${join(shop, 'kingpost.db')}`
  const before = await exportOf(from, join(folder, 'before.jsonl.zst'))
  for (const name of route) {
    const to = await createDatabaseOf(name).url()
    const startedAt = performance.now()
    const { rows, seconds: copied } = JSON.parse(await kingpost('move', '--from', from, '--to', to, '--json')) as Record<string, number>
    console.log(
      `-> ${name}: ${rows} rows copied in ${copied!.toFixed(1)} s (${Math.round(rows! / copied!)}/s), compared and verified in all after ${seconds(startedAt)}`,
    )
    from = to
  }
  const after = await exportOf(from, join(folder, 'after.jsonl.zst'))
  console.log(`before ${before}\nafter  ${after}`)
  console.log(before === after ? 'The exports are identical.' : 'The exports differ.')
  await kingpost('move', '--undo', '--from', `sqlite:${join(shop, 'kingpost.db')}`)
  if (values.folder === undefined) await rm(folder, { recursive: true })
  return before === after ? 0 : 1
}

async function kingpost(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand([...words, '--config', testConfig])
  if (code !== 0) throw new Error(`kingpost ${words.join(' ')}: ${stderr}${stdout}`)
  return stdout
}

/** The SHA-256 of everything in a backup but its first line, which tells when and from where it was taken. */
async function exportOf(url: string, file: string): Promise<string> {
  await rm(file, { force: true })
  const startedAt = performance.now()
  const { bytes } = JSON.parse(await kingpost('backup', file, '--database', url, '--json')) as { bytes: number }
  console.log(`Backup: ${(bytes / 1e6).toFixed(1)} MB, written, read back and compared in ${seconds(startedAt)}`)
  const hash = createHash('sha256')
  let isHead = true
  for await (const chunk of createReadStream(file).pipe(createZstdDecompress()) as AsyncIterable<Buffer>) {
    const end = isHead ? chunk.indexOf(10) : -1
    if (!isHead || end >= 0) hash.update(isHead ? chunk.subarray(end + 1) : chunk)
    if (end >= 0) isHead = false
  }
  return hash.digest('hex')
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`
}

process.exitCode = await main()
// Servers of databases end with the process.
process.exit()
