// `kingpost verify`: every invariant over a database, while servers run or not.
import { systemClock } from '../base/clock.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import type { Backend } from '../engine/backend.ts'
import type { BytesContext, InvariantGroup } from '../observe/invariant.ts'
import { type Violation, verifyDatabase } from '../observe/verify.ts'
import type { Model } from '../schema/model.ts'
import { partsOf, type Sums, sumsOf } from '../storage/archive/contents.ts'
import type { Reader, Snapshot } from '../storage/storage.ts'
import { nameOf, placeOf } from './database.ts'
import { loadBackend } from './load-config.ts'
import { openBlobs } from './open-blobs.ts'
import { explainRead, openSnapshot, type Place } from './open-storage.ts'
import { createProgress, number } from './progress.ts'
import type { ProcessSettings } from './settings.ts'

const rowsShownMax = 5

/** 0 when all holds, 1 when something does not. @throws Error with one sentence for people */
export async function verify(settings: ProcessSettings): Promise<number> {
  const backend = await loadBackend(settings)
  const place = placeOf(settings)
  const snapshot = await openSnapshot(place, backend.model)
  try {
    const violations = await verifyDatabase({
      read: snapshot.reader,
      commitsAfter: snapshot.commitsAfter,
      model: backend.model,
      now: systemClock.now(),
      bytes: { blobs: openBlobs(settings), isRead: settings.hasChecksums, now: (ask) => asOfNow(place, backend.model, ask) },
      ...(settings.isJson ? {} : { onProgress: showProgress, onGroup: showGroup }),
    })
    const sums = settings.hasChecksums ? await checksums(snapshot, backend.model) : undefined
    if (settings.isJson) process.stdout.write(`${JSON.stringify({ database: nameOf(place), violations, sums })}\n`)
    else {
      for (const [section, { count, sha256 }] of Object.entries(sums ?? {}))
        process.stdout.write(`${sha256}  ${section.padEnd(20)}${number(count)}\n`)
      process.stdout.write(
        violations.length === 0 ? '\nAll invariants hold.\n' : `\n${violations.length} violations. The rows above are at fault.\n`,
      )
    }
    return violations.length === 0 ? 0 : 1
  } catch (error) {
    throw explainRead(error, place)
  } finally {
    await snapshot.close()
  }
}

async function asOfNow<T>(place: Place, model: Model, ask: (read: Reader) => Promise<T>): Promise<T> {
  const snapshot = await openSnapshot(place, model)
  try {
    return await ask(snapshot.reader)
  } finally {
    await snapshot.close()
  }
}

/** Every invariant over what was filled, as of the time its data is from. */
export async function checkContent(
  snapshot: Snapshot,
  { model, blobs }: Pick<Backend, 'model'> & { readonly blobs: BlobStore },
  now: number,
) {
  const bytes: BytesContext = { blobs, isRead: true, now: (ask) => ask(snapshot.reader) }
  return await verifyDatabase({ read: snapshot.reader, commitsAfter: snapshot.commitsAfter, model, now, bytes })
}

/** The same for two databases with the same content. */
async function checksums(snapshot: Snapshot, model: Model): Promise<Sums> {
  const progress = createProgress('Summed')
  const sums = await sumsOf(partsOf(snapshot, model), progress.onPart)
  progress.done()
  return sums
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
