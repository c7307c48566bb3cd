// `kingpost backup`: the whole database in one file, while servers keep running. `kingpost backup verify FILE`
// reads one to its end.
import { dirname, join, resolve } from 'node:path'
import { systemClock, toIso } from '../base/clock.ts'
import { createIdSource } from '../base/ids.ts'
import { systemRandom } from '../base/random.ts'
import { withBlobs } from '../domains/files/archive-files.ts'
import type { Backend } from '../engine/backend.ts'
import { type ArchiveHead, archiveFormat, describeModel } from '../storage/archive/archive.ts'
import { partsOf, type Sums, sumsOf } from '../storage/archive/contents.ts'
import { contentMarks, fillingMark } from '../storage/archive/marks.ts'
import type { Snapshot } from '../storage/storage.ts'
import { openArchiveFile, writeArchiveFile } from './archive-file.ts'
import { nameOf, placeOf } from './database.ts'
import { loadBackend } from './load-config.ts'
import { openBlobs } from './open-blobs.ts'
import { openSnapshot } from './open-storage.ts'
import { makeFolder } from './private-files.ts'
import { bytes, createProgress, number } from './progress.ts'
import { type ProcessSettings, UsageError } from './settings.ts'
import { version } from './version.ts'

/** @throws Error with one sentence for people */
export async function backup(settings: ProcessSettings): Promise<number> {
  const [file, archive] = settings.rest
  if (file === 'verify' && archive !== undefined) return await verifyArchive(settings, archive)
  if (archive !== undefined || file === 'verify') throw new UsageError('Type: kingpost backup [FILE], or kingpost backup verify FILE')
  const backend = await loadBackend(settings)
  const place = placeOf(settings)
  const path = resolve(file ?? join(settings.dataFolder, 'backups', `kingpost-${fileTime(systemClock.now())}.jsonl.zst`))
  const snapshot = await openSnapshot(place, backend.model)
  const progress = createProgress('Read')
  try {
    if ((await snapshot.readMark(fillingMark)) !== null)
      throw new Error(`${nameOf(place)} is only half filled by a restore or move: there is nothing whole to back up.`)
    if (file === undefined) makeFolder(dirname(path))
    const head = await headOf(snapshot, backend)
    const { model } = backend
    const parts = withBlobs(partsOf(snapshot, model), { read: snapshot.reader, model, blobs: openBlobs(settings) })
    const written = await writeArchiveFile(path, { head, parts, onPart: progress.onPart })
    progress.done()
    tell(settings, { path, bytes: written.bytes, seconds: progress.seconds(), head, sums: written.sums }, 'written, read back and compared')
    return 0
  } finally {
    progress.done()
    await snapshot.close()
  }
}

/** `2026-11-24T10-45-00Z`: colons are not for file names. */
function fileTime(now: number): string {
  return `${toIso(now).slice(0, 19).replaceAll(':', '-')}Z`
}

async function headOf(snapshot: Snapshot, { project, model }: Backend): Promise<ArchiveHead> {
  const marks: Record<string, string> = {}
  for (const name of contentMarks) {
    const value = await snapshot.readMark(name)
    if (value !== null) marks[name] = value
  }
  return {
    kingpost: 'archive',
    format: archiveFormat,
    id: createIdSource(systemClock, systemRandom)('arc'),
    engine: version,
    project: project.name,
    at: toIso(systemClock.now()),
    source: snapshot.source,
    lastPosition: await snapshot.lastPosition(),
    marks,
    collections: describeModel(model),
  }
}

async function verifyArchive(settings: ProcessSettings, file: string): Promise<number> {
  const path = resolve(file)
  const archive = await openArchiveFile(path)
  const progress = createProgress('Read', () => archive.bytesRead() / archive.bytes)
  try {
    const sums = await sumsOf(archive.parts, progress.onPart)
    tell(settings, { path, bytes: archive.bytes, seconds: progress.seconds(), head: archive.head, sums }, 'whole')
    return 0
  } finally {
    progress.done()
  }
}

type Told = { readonly path: string; readonly bytes: number; readonly seconds: number; readonly head: ArchiveHead; readonly sums: Sums }

function tell({ isJson }: ProcessSettings, { path, bytes: size, seconds, head, sums }: Told, what: string): void {
  if (isJson) {
    const { id, at, engine, project, source, lastPosition } = head
    process.stdout.write(
      `${JSON.stringify({ path, bytes: size, seconds, id, at, engine, project, source, lastPosition, sections: sums })}\n`,
    )
    return
  }
  for (const [section, { count, sha256 }] of Object.entries(sums))
    if (count > 0) process.stdout.write(`${sha256.slice(0, 16)}…  ${section.padEnd(20)}${number(count).padStart(12)}\n`)
  const rows = Object.values(sums).reduce((sum, { count }) => sum + count, 0)
  process.stdout.write(
    `\n${path}\n${head.project} as of ${head.at}, from ${head.source.product} ${head.source.version}: ${number(rows)} rows,`,
  )
  process.stdout.write(` ${bytes(size)}, ${what} in ${seconds.toFixed(1)} s.\n`)
}
