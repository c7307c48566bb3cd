/**
 * Owns `node bench/ledger.ts`: transfers that are posted to the ledger, each in a transaction of its own, 64 at a time, as payments do;
 * then what sealing them takes, and what the balances take before and after. On a new database: `DATABASES=postgres` says which.
 *
 * Usage: node bench/ledger.ts [--transfers N]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { limits } from '../src/base/limits.ts'
import { money } from '../src/base/money.ts'
import { accounts } from '../src/domains/ledger/collections.ts'
import { move, postTransfer } from '../src/domains/ledger/post-transfer.ts'
import { readBalances } from '../src/domains/ledger/read-balances.ts'
import { lastBlock, sealLedger } from '../src/domains/ledger/seal-ledger.ts'
import { workIn } from '../src/operation/work.ts'
import { openWorld } from '../test/support/api-harness.ts'
import { testDatabase } from '../test/support/databases.ts'
import { CONNECTIONS } from './load.ts'
import { integerOption } from './options.ts'

const { values } = parseArgs({ options: { transfers: { type: 'string', default: '20000' } } })
const count = integerOption('transfers', values.transfers, { min: 1_000, max: 1_000_000 })
const folder = mkdtempSync(join(tmpdir(), 'kingpost-ledger-'))
const before = loadavg()[0]!
const world = await openWorld(testDatabase().isServer ? {} : { path: join(folder, 'ledger.db') })
try {
  const { parts, newId } = world.engine
  const post = async (number: number) => {
    const order = newId('ord')
    const [debit, credit] =
      number % 2 === 0 ? [accounts.provider('sandbox'), accounts.sales()] : [accounts.provider('sandbox'), accounts.deposit(order)]
    const legs = move({ debit, credit }, money(1_999, 'EUR'))
    await world.write((tx, now) => postTransfer(workIn(parts, tx, now), { kind: 'bench', order, legs }))
  }
  const timed = async (work: () => Promise<unknown>) => {
    const start = process.hrtime.bigint()
    const cpu = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(cpu)
    return { ms: Number(process.hrtime.bigint() - start) / 1e6, cpuMs: (user + system) / 1_000 }
  }
  const posting = await timed(async () => {
    for (let done = 0; done < count; done += CONNECTIONS)
      await Promise.all(Array.from({ length: Math.min(CONNECTIONS, count - done) }, (_, index) => post(done + index)))
  })
  const unsealed = await timed(() => readBalances(parts.storage.reader, null))
  const now = world.clock.now() + limits.ledgerSealAfterMs + 3_600_000
  const sealing = await timed(async () => {
    const ticks = Math.ceil((2 * count) / (limits.ledgerBlocksPerTick * limits.ledgerEntriesPerBlock)) + 1
    for (let tick = 0; tick < ticks; tick++) await world.write((tx) => sealLedger.run(workIn(parts, tx, now)))
  })
  const sealed = await timed(() => readBalances(parts.storage.reader, null))
  const blocks = (await lastBlock(parts.storage.reader))?.number ?? 0
  const per = (ms: number, of: number) => ((ms * 1_000) / of).toFixed(1)
  console.log(
    `${testDatabase().name}, Node ${process.version}; load average ${before.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after`,
  )
  console.log(
    `${count} transfers of two entries: ${Math.round((2 * count * 1_000) / posting.ms)} postings/s, ${per(posting.cpuMs, 2 * count)} us of CPU each`,
  )
  console.log(
    `sealed in ${blocks} blocks: ${Math.round((2 * count * 1_000) / sealing.ms)} entries/s, ${per(sealing.cpuMs, 2 * count)} us of CPU each`,
  )
  console.log(`balances: ${unsealed.ms.toFixed(1)} ms unsealed, ${sealed.ms.toFixed(1)} ms sealed (${count / 2} deposits open)`)
} finally {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
}
