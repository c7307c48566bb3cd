// Databases by where they are: opened to read one state, or to be filled. What marks a database as not fit
// to be served is looked at here, before anything is written to it.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Model } from '../schema/model.ts'
import { fillingMark, readMove } from '../storage/archive/marks.ts'
import { openSqliteSnapshot } from '../storage/sqlite/snapshot.ts'
import type { Snapshot, WholeStorage } from '../storage/storage.ts'
import { lockFolder, openStorage, prepareFolder } from './open-storage.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** Where a database is. */
export type Place = { readonly folder: string }

/** The database that the settings name. */
export function placeOf({ dataFolder }: ProcessSettings): Place {
  return { folder: resolve(dataFolder) }
}

/** @throws UsageError */
export function placeAt(option: string, url: string): Place {
  const folder = /^sqlite:(.*)\/kingpost\.db$/.exec(url)?.[1]
  if (folder === undefined)
    throw new UsageError(`${option} must be sqlite:FOLDER/kingpost.db, not "${url.replace(/\/\/[^@/]*@/, '//…@')}".`)
  return { folder: resolve(folder) }
}

/** As people may read it: without a password. */
export function nameOf({ folder }: Place): string {
  return `sqlite:${join(folder, 'kingpost.db')}`
}

/** One committed state, while servers may go on. @throws Error with one sentence for people */
export async function openSnapshot(place: Place, model: Model): Promise<Snapshot> {
  const path = checkThere(place)
  try {
    return openSqliteSnapshot(path, model)
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

function checkThere({ folder }: Place): string {
  const path = join(folder, 'kingpost.db')
  if (!existsSync(path)) throw new Error(`There is no database at ${path}. Name its folder with --data-dir FOLDER.`)
  return path
}

export type OpenDatabase = { readonly storage: WholeStorage; close(): Promise<void> }

/** One that is there, for this process alone. @throws Error with one sentence for people */
export async function openSource(place: Place, model: Model): Promise<OpenDatabase> {
  checkThere(place)
  return await openAlone(place, model)
}

/** One that is there, while servers may run. @throws Error with one sentence for people */
export async function openBeside(place: Place, model: Model): Promise<OpenDatabase> {
  checkThere(place)
  const storage = openStorage(place.folder, model)
  return { storage, close: () => storage.close() }
}

/** For this process alone: nothing else serves or fills it meanwhile. @throws Error with one sentence for people */
export async function openAlone({ folder }: Place, model: Model): Promise<OpenDatabase> {
  prepareFolder(folder)
  const unlock = lockFolder(folder)
  const storage = openStorage(folder, model)
  return {
    storage,
    async close() {
      await storage.close()
      unlock()
    },
  }
}

/** @throws Error with one sentence for people when the database is half filled, or its data lives elsewhere now */
export async function checkFit(storage: Pick<WholeStorage, 'readMark'>): Promise<void> {
  if ((await storage.readMark(fillingMark)) !== null)
    throw new Error(
      'This database is only half filled: a restore or move into it has not ended. Run the same command again, or give an empty one.',
    )
  const move = await readMove(storage)
  if (move === null) return
  const at = new Date(move.at).toISOString()
  throw new Error(
    move.isDone
      ? `This database was moved to ${move.to} on ${at}: what it owed is carried out there. Start with that one. To go on here and give up the other, type: kingpost move --undo`
      : `A move of this database to ${move.to} was begun on ${at} and has not ended. Run it again, or give it up: kingpost move --undo`,
  )
}
