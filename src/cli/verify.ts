// `kingpost verify`: every invariant over the data folder, while a server runs or not.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { sandboxMethods } from '../domains/payments/sandbox/book.ts'
import type { InvariantGroup } from '../observe/invariant.ts'
import { type Violation, verifyDatabase } from '../observe/verify.ts'
import type { Model } from '../schema/model.ts'
import { openSqliteSnapshot, type Snapshot } from '../storage/sqlite/snapshot.ts'
import { compileConfig, loadConfig } from './load-config.ts'
import type { ProcessSettings } from './settings.ts'

const rowsShownMax = 5

/** 0 when all holds, 1 when something does not. @throws Error with one sentence for people */
export async function verify(settings: ProcessSettings): Promise<number> {
  const backend = compileConfig(await loadConfig(settings.configPath), {
    publicUrl: settings.publicUrl ?? `http://localhost:${settings.port}`,
    isDevelopment: settings.isDevelopment,
    paymentProviders: [{ id: 'sandbox', methods: sandboxMethods }],
  })
  const path = join(resolve(settings.dataFolder), 'kingpost.db')
  const snapshot = open(path, backend.model)
  try {
    const violations = await verifyDatabase({
      read: snapshot.reader,
      commitsAfter: snapshot.commitsAfter,
      model: backend.model,
      now: systemClock.now(),
      ...(settings.isJson ? {} : { onProgress: showProgress, onGroup: showGroup }),
    })
    if (settings.isJson) process.stdout.write(`${JSON.stringify({ path, violations })}\n`)
    else
      process.stdout.write(
        violations.length === 0 ? '\nAll invariants hold.\n' : `\n${violations.length} violations. The rows above are at fault.\n`,
      )
    return violations.length === 0 ? 0 : 1
  } finally {
    snapshot.close()
  }
}

function open(path: string, model: Model): Snapshot {
  if (!existsSync(path)) throw new Error(`There is no database at ${path}. Name its folder with --data-dir FOLDER.`)
  try {
    return openSqliteSnapshot(path, model)
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

let shown = 0

/** On a terminal one line that rewrites itself; a log gets none. */
function showProgress(_names: readonly string[], rowCount: number): void {
  if (!process.stderr.isTTY || rowCount - shown < 1_000) return
  shown = rowCount
  process.stderr.write(`\r${rowCount} rows read `)
}

function showGroup(group: InvariantGroup, violations: readonly Violation[]): void {
  if (shown > 0) process.stderr.write('\r\u001b[K')
  shown = 0
  for (const [name, sentence] of Object.entries(group.invariants)) {
    const found = violations.filter(({ invariant }) => invariant === name)
    process.stdout.write(`${found.length === 0 ? 'ok  ' : 'FAIL'}  ${name.padEnd(28)}${sentence}\n`)
    for (const { rows, found: what } of found) {
      const more = rows.length > rowsShownMax ? `, and ${rows.length - rowsShownMax} more` : ''
      process.stdout.write(`      ${rows.slice(0, rowsShownMax).join(', ')}${more}: ${what}\n`)
    }
  }
}
