// `kingpost move --to URL`: everything of one database into another, empty one, of any kind. Both are held
// by this process alone. Invariant: at every moment at most one of the two can be started on, so what is
// owed is carried out by exactly one; killed anywhere, the same command continues.
import { resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { createIdSource } from '../base/ids.ts'
import { systemRandom } from '../base/random.ts'
import { copyBlobs } from '../domains/files/archive-files.ts'
import type { Backend } from '../engine/backend.ts'
import { differences, partsOf, type Sums, sumsOf } from '../storage/archive/contents.ts'
import { endFill, FillError, fill } from '../storage/archive/fill.ts'
import { contentMarks, fillingMark, type Move, moveMark, readMove } from '../storage/archive/marks.ts'
import { readQuiet } from '../storage/archive/quiet.ts'
import type { Snapshot, WholeStorage } from '../storage/storage.ts'
import { copyOf, nameOf, openAlone, openSource, placeAt, placeOf, refuseServed } from './database.ts'
import { loadBackend } from './load-config.ts'
import { openBlobs } from './open-blobs.ts'
import type { Place } from './open-storage.ts'
import { createProgress, number } from './progress.ts'
import { type ProcessSettings, UsageError } from './settings.ts'
import { checkContent } from './verify.ts'

/** @throws Error with one sentence for people */
export async function move(settings: ProcessSettings): Promise<number> {
  if (settings.rest.length > 0 || (settings.to === null) !== settings.isUndo)
    throw new UsageError('Type: kingpost move --to URL [--from URL], or kingpost move --undo')
  const from = settings.from === null ? placeOf(settings) : placeAt('--from', settings.from, settings)
  const backend = await loadBackend(settings)
  if (settings.isUndo) return await undo(settings, from, backend)
  const to = placeAt('--to', settings.to!, settings)
  if (nameOf(from) === nameOf(to)) throw new UsageError('--to names the database that is moved: give another one.')
  const source = await openSource(from, backend.model)
  try {
    const target = await openAlone(to, backend.model)
    try {
      await moveAll(settings, backend, { source: source.storage, target: target.storage, from, to })
      return 0
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

type Both = { readonly source: WholeStorage; readonly target: WholeStorage; readonly from: Place; readonly to: Place }

async function moveAll(settings: ProcessSettings, backend: Backend, { source, target, from, to }: Both): Promise<void> {
  const begun = await begin(source, from, to)
  const snapshot = await readQuiet(source, systemClock)
  const copied = begun.isDone
    ? null
    : await copy(backend, { source, target, from, to }, { id: begun.id, snapshot, filesUrl: settings.filesUrl })
  // From here on the source is not started on any more; the target is from the next step on.
  await source.load({ marks: { [moveMark]: JSON.stringify({ ...begun, isDone: true }) } })
  if ((await target.readMark(fillingMark)) !== null)
    await endFill(target, { lastPosition: await snapshot.lastPosition(), marks: await marksOf(snapshot) })
  tell(settings, to, { from: nameOf(from), to: nameOf(to), ...(copied ?? {}) })
}

async function begin(source: WholeStorage, from: Place, to: Place): Promise<Move> {
  if ((await source.readMark(fillingMark)) !== null)
    throw new Error('The database to move is only half filled by a restore or move. End that first.')
  const found = await readMove(source)
  if (found !== null) {
    if (found.to === nameOf(to)) return found
    throw new Error(`A move to ${found.to} was begun before. Run that one again, or give it up: kingpost move --undo`)
  }
  const newId = createIdSource(systemClock, systemRandom)
  const begun: Move = { id: newId('move'), to: nameOf(to), at: systemClock.now(), isDone: false }
  await source.load({ marks: { [moveMark]: JSON.stringify(begun) } })
  // One that began to serve a moment ago was not seen before, and may not have seen the mark.
  await refuseServed(source, nameOf(from)).catch(async (error: unknown) => {
    await source.load({ marks: { [moveMark]: null } })
    throw error
  })
  return begun
}

type Copied = { readonly sums: Sums; readonly rows: number; readonly seconds: number }

type Copying = { readonly id: string; readonly snapshot: Snapshot; readonly filesUrl: string | null }

async function copy(backend: Backend, both: Both, { id, snapshot, filesUrl }: Copying): Promise<Copied> {
  const { source, target, from, to } = both
  const { model } = backend
  const { newest } = await source.commitRange()
  const progress = createProgress('Moved')
  try {
    const wanted = await fill({
      storage: target,
      clock: systemClock,
      model,
      id,
      parts: partsOf(snapshot, model),
      marks: {},
      onPart: progress.onPart,
    })
    const seconds = progress.seconds()
    const checking = createProgress('Compared')
    const copied = await readQuiet(target, systemClock)
    const wrong = differences(wanted, await sumsOf(partsOf(copied, model), checking.onPart))
    checking.done()
    if (wrong.length > 0) throw new Error(`${nameOf(to)} does not hold what was moved: ${wrong.join('; ')}. Nothing was switched.`)
    const filesOf = ({ dataFolder }: Place) => openBlobs({ dataFolder, filesUrl })
    const blobs = filesOf(to)
    if (filesUrl === null && resolve(from.dataFolder) !== resolve(to.dataFolder))
      await copyBlobs({ read: snapshot.reader, model, blobs: filesOf(from) }, blobs)
    const violations = await checkContent(copied, { model, blobs }, (await lastCommitAt(snapshot)) ?? systemClock.now())
    if (violations.length > 0)
      throw new Error(
        `The data breaks ${violations.length} invariants, before the move as after it: look at them with kingpost verify. Nothing was switched.`,
      )
    if ((await source.commitRange()).newest !== newest)
      throw new Error(
        'Something wrote to the database while it was moved. Stop every Kingpost on it, give an empty target, and move again.',
      )
    return { sums: wanted, rows: progress.rows(), seconds }
  } catch (error) {
    throw error instanceof FillError ? new Error(`${nameOf(to)} cannot be filled. ${error.message}`) : error
  } finally {
    progress.done()
  }
}

/** What is overdue is judged by the time at which the data came to rest. */
async function lastCommitAt(snapshot: Snapshot): Promise<number | null> {
  const { newest } = await snapshot.commitRange()
  return newest === 0 ? null : (await snapshot.commitsAfter(newest - 1, 1))[0]!.at
}

async function marksOf(snapshot: Snapshot): Promise<Record<string, string>> {
  const marks: Record<string, string> = {}
  for (const name of contentMarks) {
    const value = await snapshot.readMark(name)
    if (value !== null) marks[name] = value
  }
  return marks
}

async function undo(settings: ProcessSettings, from: Place, { model }: Backend): Promise<number> {
  const source = await openSource(from, model)
  try {
    const found = await readMove(source.storage)
    if (found === null) throw new Error(`${nameOf(from)} was not moved: there is nothing to undo.`)
    await source.storage.load({ marks: { [moveMark]: null } })
    if (settings.isJson) process.stdout.write(`${JSON.stringify({ database: nameOf(from), undone: found.to })}\n`)
    else {
      process.stdout.write(`${nameOf(from)} can be started on again.\n`)
      process.stdout.write(`Remove ${found.to}, and start nothing on it: what both owe would be carried out twice.\n`)
    }
    return 0
  } finally {
    await source.close()
  }
}

function tell({ isJson }: ProcessSettings, place: Place, told: { readonly from: string; readonly to: string } & Partial<Copied>): void {
  if (isJson) return void process.stdout.write(`${JSON.stringify(told)}\n`)
  const { from, sums, rows, seconds } = told
  if (sums === undefined || rows === undefined || seconds === undefined) process.stdout.write(`${from} was moved before.\n`)
  else {
    for (const [section, { count, sha256 }] of Object.entries(sums))
      if (count > 0) process.stdout.write(`${sha256.slice(0, 16)}…  ${section.padEnd(20)}${number(count).padStart(12)}\n`)
    const rate = Math.round(rows / Math.max(0.001, seconds))
    process.stdout.write(
      `\n${number(rows)} rows in ${seconds.toFixed(1)} s (${number(rate)} rows/s); the same on both sides, and all invariants hold.\n`,
    )
  }
  const { url, hidesPassword } = copyOf(place)
  process.stdout.write(`\n${from} is not started on any more. Give every process the new one:\n\n  KINGPOST_DATABASE_URL=${url}\n`)
  if (hidesPassword) process.stdout.write('\nPASSWORD stands for the password, which is not printed.\n')
}
