// `kingpost restore FILE`: fills an empty database from a backup. A restore is no undo: mails were sent and
// cards charged since the backup, so what it held as open is held back, and a new epoch begins.
import { resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { createIdSource } from '../base/ids.ts'
import { systemRandom } from '../base/random.ts'
import { withoutBlobs } from '../domains/files/archive-files.ts'
import { invoiceSeries } from '../domains/invoices/collections.ts'
import { erasures } from '../domains/personal/collections.ts'
import { effects } from '../effects/effect.ts'
import type { Backend } from '../engine/backend.ts'
import { erasedAgain, hasNothingOpen, type RestoreCounts, restoreRules, seriesName } from '../engine/recovery.ts'
import { misfits } from '../storage/archive/archive.ts'
import { differences, partsOf, rewritten, sumsOf } from '../storage/archive/contents.ts'
import { endFill, FillError, fill } from '../storage/archive/fill.ts'
import { epochMark, type Recovery, readRecovery, recoveryMark } from '../storage/archive/marks.ts'
import { readQuiet } from '../storage/archive/quiet.ts'
import { findAll } from '../storage/find-all.ts'
import type { WholeStorage } from '../storage/storage.ts'
import { openArchiveFile } from './archive-file.ts'
import { nameOf, openAlone, placeOf } from './database.ts'
import { readErased } from './erased-list.ts'
import { loadBackend } from './load-config.ts'
import { openBlobs } from './open-blobs.ts'
import { counted, createProgress, number } from './progress.ts'
import { type ProcessSettings, UsageError } from './settings.ts'
import { checkContent } from './verify.ts'

/** 0 when all holds, 1 when the backup itself held faults. @throws Error with one sentence for people */
export async function restore(settings: ProcessSettings): Promise<number> {
  const [file, ...more] = settings.rest
  if (file === undefined || more.length > 0) throw new UsageError('Type: kingpost restore FILE [--database URL]')
  const backend = await loadBackend(settings)
  const { model } = backend
  const path = resolve(file)
  const archive = await openArchiveFile(path)
  const wrong = misfits(archive.head, model)
  if (wrong.length > 0) throw new Error(`${path} does not fit this project:\n${wrong.map((one) => `  ${one}`).join('\n')}`)
  await checkWhole(path)
  const place = placeOf(settings)
  const blobs = openBlobs(settings)
  const { storage, close } = await openAlone(place, model)
  const progress = createProgress('Restored', () => archive.bytesRead() / archive.bytes)
  try {
    const backupAt = Date.parse(archive.head.at)
    // One that continues where it was killed must rewrite records as it did before.
    const recovery: Recovery = (await readRecovery(storage)) ?? { at: systemClock.now(), backupAt }
    const erased = await readErased(settings.dataFolder)
    const { lastInvoices: issued } = settings
    const { rewrite, counts } = restoreRules({ now: recovery.at, backupAt, erased, issued })
    const marks = { ...archive.head.marks, [recoveryMark]: JSON.stringify(recovery), [epochMark]: newEpoch() }
    const parts = rewritten(withoutBlobs(archive.parts, blobs), model, rewrite)
    const wanted = await fill({ storage, clock: systemClock, model, id: archive.head.id, parts, marks, onPart: progress.onPart })
    progress.done()
    const snapshot = await readQuiet(storage, systemClock)
    const found = differences(wanted, await sumsOf(partsOf(snapshot, model)))
    if (found.length > 0) throw new Error(`What was stored is not what the backup holds: ${found.join('; ')}. Is the disk sound?`)
    const violations = await checkContent(snapshot, { model, blobs }, backupAt)
    await eraseAgain(storage, erased)
    const series = await goOn(storage, backend, issued)
    const isReviewed = await hasNothingOpen(storage.reader, model, counts)
    await endFill(storage, { lastPosition: archive.head.lastPosition, marks: isReviewed ? { [recoveryMark]: null } : {} })
    const rows = Object.values(wanted).reduce((sum, { count }) => sum + count, 0)
    tell(settings, {
      database: nameOf(place),
      at: archive.head.at,
      rows,
      seconds: progress.seconds(),
      counts,
      violations: violations.length,
      isReviewed,
      series,
    })
    return violations.length === 0 ? 0 : 1
  } catch (error) {
    throw error instanceof FillError ? new Error(`${nameOf(place)} cannot be filled. ${error.message}`) : error
  } finally {
    progress.done()
    await close()
  }
}

/** Before the first row is stored: a damaged one leaves the database as empty as it was. @throws Error with one sentence for people */
async function checkWhole(path: string): Promise<void> {
  const archive = await openArchiveFile(path)
  const progress = createProgress('Read', () => archive.bytesRead() / archive.bytes)
  try {
    await sumsOf(archive.parts, progress.onPart)
  } finally {
    progress.done()
  }
}

/** Whoever was erased since the backup is erased again, once a server runs. One that continues where it was killed may owe it twice. */
async function eraseAgain(storage: WholeStorage, erased: ReadonlySet<string>): Promise<void> {
  const newId = createIdSource(systemClock, systemRandom)
  const again = await erasedAgain(storage.reader, erased, { now: systemClock.now(), newId })
  for (const collection of [erasures, effects])
    if (again[collection.name].length > 0) await storage.load({ records: { collection, records: again[collection.name] } })
}

/** A series that was begun after the backup has no row in it. Answers with which number each goes on. */
async function goOn(
  storage: WholeStorage,
  { model, project }: Backend,
  issued: ReadonlyMap<string, number>,
): Promise<Record<string, number>> {
  const seller = project.shop?.seller ?? null
  if (seller === null && issued.size > 0) throw new Error('This project issues no invoices: leave --last-invoice out.')
  if (model.find(invoiceSeries.name) === undefined) return {}
  const rows = await findAll(storage.reader, invoiceSeries)
  const known = new Set(rows.map(seriesName))
  const at = systemClock.now()
  const newId = createIdSource(systemClock, systemRandom)
  const begun = [...issued]
    .filter(([name]) => !known.has(name))
    .map(([name, last]) => {
      const [, series, year] = /^(.+)\/(\d{4})$/.exec(name)!
      const key = JSON.stringify([seller!.vatId ?? seller!.taxNumber, series, Number(year)])
      return { id: newId('ivs'), version: 1, createdAt: at, updatedAt: at, key, last, lost: last }
    })
  if (begun.length > 0) await storage.load({ records: { collection: invoiceSeries, records: begun } })
  return Object.fromEntries([...rows, ...begun].map((row) => [seriesName(row), row.last + 1]))
}

/** Short, and of no earlier restore: event ids carry it. */
function newEpoch(): string {
  return Buffer.from(systemRandom.bytes(5)).toString('hex')
}

type Told = {
  readonly database: string
  readonly at: string
  readonly rows: number
  readonly seconds: number
  readonly counts: RestoreCounts
  readonly violations: number
  /** Nothing was open, so there is nothing to look at. */
  readonly isReviewed: boolean
  /** With which number each series of invoices goes on. */
  readonly series: Readonly<Record<string, number>>
}

function tell({ isJson }: ProcessSettings, told: Told): void {
  if (isJson) return void process.stdout.write(`${JSON.stringify(told)}\n`)
  const { database, at, rows, seconds, counts, violations, isReviewed, series } = told
  const rate = Math.round(rows / Math.max(0.001, seconds))
  process.stdout.write(`${database} is as it was on ${at}: ${number(rows)} rows in ${seconds.toFixed(1)} s (${number(rate)} rows/s).\n`)
  process.stdout.write(
    `Compared with the backup row by row: ${violations === 0 ? 'the same, and all invariants hold' : `the same, with ${violations} faults that the backup held`}.\n\n`,
  )
  process.stdout.write(`  ${counted(counts.held, 'open effect')} held: carried out after the backup or not, nobody here can know.\n`)
  process.stdout.write(`  ${counted(counts.payments, 'payment')} to be asked for at their provider, once a server runs.\n`)
  process.stdout.write(`  ${counted(counts.sessions, 'session')} ended: everybody signs in again.\n`)
  process.stdout.write(`  ${counted(counts.keys, 'API key')} ended: programs get new ones.\n`)
  process.stdout.write(`  ${counted(counts.erased, 'account')} erased since the backup: erased again, once a server runs.\n\n`)
  for (const [name, next] of Object.entries(series))
    process.stdout.write(
      `  Invoices ${name} go on with number ${next}. Did later ones go out? Then restore into an empty database again, with --last-invoice ${name}=N.\n\n`,
    )
  process.stdout.write(isReviewed ? 'Start the server.\n' : 'Start the server, then look at what is held: kingpost effects\n')
}
