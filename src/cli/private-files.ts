// What Kingpost writes is for its own user alone: the database holds everything, and a backup does too. New files get
// it from the process's mask (main.ts); here folders are made, and what an earlier start left open is closed.
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Nothing for the group and for others. */
export const privateMask = 0o077

const ownFile = /^(?:kingpost|sandbox)\.(?:db|lock)(?:-wal|-shm|-journal)?$/
const ownBackup = /^(?:kingpost-.*\.jsonl\.zst|before-migration-.*\.db)$/

/** @throws Error with one sentence for people */
export function prepareFolder(dataFolder: string): string {
  const folder = resolve(dataFolder)
  try {
    makeFolder(folder)
    accessSync(folder, constants.W_OK | constants.X_OK)
    const left = tighten(folder)
    if (left.length > 0) process.stderr.write(`Others than this user may read ${left.join(', ')}, and it cannot be changed by this user.\n`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason =
      code === 'ENOSPC' ? 'the disk is full' : code === 'ENOTDIR' || code === 'EEXIST' ? 'it is not a folder' : 'it cannot be written'
    throw new Error(`The data folder ${folder} cannot be used: ${reason}. Choose another one with --data-dir FOLDER.`)
  }
  return folder
}

/** With those above it. Node's own way never ends where a folder is there and takes no others, as /proc. */
export function makeFolder(path: string): void {
  const make = () => {
    try {
      mkdirSync(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path).isDirectory()) throw error
    }
  }
  try {
    make()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    makeFolder(dirname(path))
    make()
  }
}

/** Answers what could not be closed. A folder that holds other things too is left as it is: they may be meant for others. */
function tighten(folder: string): string[] {
  const left: string[] = []
  const close = (path: string) => {
    const { mode } = statSync(path)
    if ((mode & privateMask) === 0) return
    try {
      chmodSync(path, mode & 0o700)
    } catch {
      left.push(path)
    }
  }
  const closeAll = (path: string, isOurs: (name: string) => boolean) => {
    const names = readdirSync(path)
    const ours = names.filter(isOurs)
    for (const name of ours) if (name !== 'backups') close(join(path, name))
    if (names.length > 0 && ours.length === names.length) close(path)
  }
  const backups = join(folder, 'backups')
  if (existsSync(backups) && statSync(backups).isDirectory()) closeAll(backups, (name) => ownBackup.test(name))
  closeAll(folder, (name) => ownFile.test(name) || name === 'erased.jsonl' || name === 'backups' || name === 'files')
  return left
}
