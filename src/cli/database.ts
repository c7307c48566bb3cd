// Databases by where they are: opened to read one state, or to be filled. What marks a database as not fit
// to be served is looked at here, before anything is written to it.
import { existsSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { createIdSource } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { systemRandom } from '../base/random.ts'
import type { Model } from '../schema/model.ts'
import { fillingMark, readMove } from '../storage/archive/marks.ts'
import { announce, presences } from '../storage/presence.ts'
import type { WholeStorage } from '../storage/storage.ts'
import { fileOf, lockFolder, openStorage, type Place } from './open-storage.ts'
import { prepareFolder } from './private-files.ts'
import { databaseOf, type ProcessSettings } from './settings.ts'

/** The database that the settings name. */
export function placeOf({ dataFolder, databaseUrl, allowWeakDurability, isDevelopment }: ProcessSettings): Place {
  return { dataFolder, databaseUrl, allowWeakDurability, isDevelopment }
}

/** The one that an option names. @throws UsageError */
export function placeAt(option: string, url: string, { dataFolder, allowWeakDurability, isDevelopment }: ProcessSettings): Place {
  return { allowWeakDurability, isDevelopment, ...databaseOf(option, url, dataFolder) }
}

/** As people may read it: without a password. */
export function nameOf(place: Place): string {
  if (place.databaseUrl === null) return `sqlite:${fileOf(place)}`
  // Not by URL: an address of MongoDB may name several hosts.
  const [, scheme, hosts, path = ''] = /^([a-z+]+:)\/\/(?:[^/]*@)?([^/?]*)(\/[^?]*)?/.exec(place.databaseUrl)!
  return `${scheme}//${hosts}${path}`
}

/** To be typed again: all of the address but its passwords. */
export function copyOf(place: Place): { readonly url: string; readonly hidesPassword: boolean } {
  if (place.databaseUrl === null) return { url: nameOf(place), hidesPassword: false }
  const url = place.databaseUrl
    .replace(/^([a-z+]+:\/\/[^:@/]*):[^/]*@/, '$1:PASSWORD@')
    .replaceAll(/([?&][^=&]*pass[^=&]*=)[^&]*/gi, '$1PASSWORD')
  return { url, hidesPassword: url !== place.databaseUrl }
}

/** A server tells by itself when a database is not there. */
function checkThere(place: Place): void {
  const path = fileOf(place)
  if (place.databaseUrl === null && !existsSync(path))
    throw new Error(`There is no database at ${path}. Name its folder with --data-dir FOLDER.`)
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
  const storage = await openStorage(place, model)
  const part = await takePart(storage).catch(async (error: unknown) => {
    await storage.close()
    throw error
  })
  return {
    storage,
    async close() {
      await part.leave()
      await storage.close()
    },
  }
}

/** For this process alone: nothing else serves or fills it meanwhile. @throws Error with one sentence for people */
export async function openAlone(place: Place, model: Model): Promise<OpenDatabase> {
  const unlock = place.databaseUrl === null ? lockFolder(prepareFolder(place.dataFolder)) : () => {}
  const storage = await openStorage(place, model)
  const close = async () => {
    await storage.close()
    unlock()
  }
  await refuseServed(storage, nameOf(place)).catch(async (error: unknown) => {
    await close()
    throw error
  })
  return { storage, close }
}

/** @throws Error with one sentence for people while a process serves the database; a file has its lock for that */
export async function refuseServed(storage: WholeStorage, name: string): Promise<void> {
  if (storage.capabilities.isShared) refuseBeside(await presences(storage), name)
}

/** `ages`: seconds since the last sign of each that serves it. @throws Error with one sentence for people */
export function refuseBeside(ages: readonly number[], name: string): void {
  if (ages.length === 0) return
  const count = ages.length === 1 ? 'A Kingpost runs' : `${ages.length} Kingposts run`
  throw new Error(
    `${count} on ${name}, heard of ${Math.min(...ages)} s ago. Stop them first. One that was killed counts as running for ${limits.presenceMs / 1_000} s.`,
  )
}

export type Part = { leave(): Promise<void>; readonly refused: Promise<Error> }

/**
 * Says that this process serves the database, until it leaves. `refused` resolves when it must stop, because a move
 * has begun that did not hear of it. @throws Error with one sentence for people when it must not begin
 */
export async function takePart(storage: WholeStorage): Promise<Part> {
  const check = () => checkFit(storage)
  let refuse: (error: Error) => void = () => {}
  const refused = new Promise<Error>((resolve) => {
    refuse = resolve
  })
  if (storage.capabilities.isShared) {
    const id = createIdSource(systemClock, systemRandom)('prc')
    const { leave } = await announce({ storage, clock: systemClock, id, check, onRefused: (error) => refuse(error as Error) })
    return { leave, refused }
  }
  await check()
  return { leave: async () => {}, refused }
}

/** @throws Error with one sentence for people when the database is half filled, or its data lives elsewhere now */
async function checkFit(storage: Pick<WholeStorage, 'readMark'>): Promise<void> {
  if ((await storage.readMark(fillingMark)) !== null)
    throw new Error(
      'This database is only half filled: a restore or move into it has not ended. Run the same command again, or give an empty one.',
    )
  const move = await readMove(storage)
  if (move === null) return
  const at = new Date(move.at).toISOString()
  throw new Error(
    move.isDone
      ? `This database was moved to ${move.to} on ${at}: what it owed is carried out there. Start with that one. To continue here and give up the other, type: kingpost move --undo`
      : `A move of this database to ${move.to} was begun on ${at} and has not ended. Run it again, or give it up: kingpost move --undo`,
  )
}
