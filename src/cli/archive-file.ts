// Archives as files: written beside their name, synced, read back and compared, and only then given it.
// Invariant: a file under an archive's name is whole.
import { createReadStream } from 'node:fs'
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { ArchiveError, type ArchiveHead, archiveBytes, type OpenArchive, openArchive } from '../storage/archive/archive.ts'
import { differences, type Part, type Sums, sumsOf } from '../storage/archive/contents.ts'

export type OpenFile = OpenArchive & { readonly bytes: number; bytesRead(): number }

/** @throws Error with one sentence for people */
export async function openArchiveFile(path: string): Promise<OpenFile> {
  const found = await stat(path).catch(() => null)
  if (found === null || !found.isFile()) throw new Error(`There is no file ${path}.`)
  const stream = createReadStream(path, { highWaterMark: 1 << 20 })
  const opened = await openArchive(stream).catch((error: unknown) => {
    throw explained(path, error)
  })
  return { head: opened.head, parts: explaining(path, opened.parts), bytes: found.size, bytesRead: () => stream.bytesRead }
}

async function* explaining(path: string, parts: AsyncIterable<Part>): AsyncGenerator<Part> {
  try {
    yield* parts
  } catch (error) {
    throw explained(path, error)
  }
}

function explained(path: string, error: unknown): unknown {
  return error instanceof ArchiveError ? new Error(`${path} cannot be used. ${error.message}`) : error
}

export type Written = { readonly sums: Sums; readonly bytes: number }

/** @throws Error with one sentence for people; nothing is left behind then */
export async function writeArchiveFile(
  path: string,
  { head, parts, onPart }: { readonly head: ArchiveHead; readonly parts: AsyncIterable<Part>; readonly onPart: (part: Part) => void },
): Promise<Written> {
  if ((await stat(path).catch(() => null)) !== null)
    throw new Error(`${path} is there already. Give the backup another name with --to FILE: nothing is overwritten.`)
  await removeLeftParts(dirname(path))
  const temporary = `${path}${partOf(process.pid)}`
  const sums: Record<string, Sums[string]> = {}
  const noting = (part: Part) => {
    if (part.kind === 'end') sums[part.section] = part.sum
    onPart(part)
  }
  try {
    const file = await open(temporary, 'wx')
    try {
      await writeAll(file, archiveBytes(head, parts, noting))
      await file.sync()
    } finally {
      await file.close()
    }
    const back = await openArchiveFile(temporary)
    const wrong = differences(sums, await sumsOf(back.parts))
    if (wrong.length > 0) throw new Error(`What was written to ${path} cannot be read back: ${wrong.join('; ')}. Is the disk sound?`)
    await rename(temporary, path)
    await syncFolder(dirname(path))
    return { sums, bytes: back.bytes }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    await rm(temporary, { force: true })
    if (code === 'ENOSPC') throw new Error(`The disk is full: the backup was not written. Give it another place with --to FILE.`)
    if (code !== undefined && /^E[A-Z]+$/.test(code))
      throw new Error(`${path} cannot be written (${code}). Give it another place with --to FILE.`)
    throw error
  }
}

/** By whom it is written stands in its name, with the machine: a folder may be shared. */
function partOf(pid: number | string): string {
  return `.${hostname().replaceAll(/[^\w-]/g, '-')}-${pid}.part`
}

/** What backups of this machine left that were killed. One whose process runs is left alone. */
async function removeLeftParts(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = /-(\d{1,10})\.part$/.exec(name)?.[1]
    if (pid === undefined || !name.endsWith(partOf(pid)) || isRunning(Number(pid))) continue
    await rm(join(folder, name), { force: true })
  }
}

/** Another process that has its number by now counts: then it is left for the next time. */
function isRunning(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function writeAll(file: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) await file.writev([chunk])
}

/** The name is in the folder only once the folder is on the disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
