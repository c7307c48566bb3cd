// The steps of an erasure, in their order, each done in pieces that are a transaction of their own. What a piece has done and where
// the next one begins is written together, so that a process that dies leaves no piece half done and none is done twice.
import { isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { and, compare, eq, type Filter, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import type { HooksOf } from '../../records/record-hooks.ts'
import { type AnyRecord, recordOf } from '../../schema/collection.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
import { erasedAddress, type PersonalWay, personalOf } from '../../schema/personal.ts'
import type { Reader } from '../../storage/storage.ts'
import { noteAdmin } from '../accounts/admins.ts'
import { users } from '../accounts/collections.ts'
import { type Erasure, type ErasureLine, erasedRecords, erasures } from './collections.ts'
import { type Erasing, eraseFreeForm, eraseRecord, type Fate } from './erase-records.ts'
import { addressesOf, isAskedBy, type Person, placesIn, speakOf, waysOf, whereFollows, whereNamed } from './person.ts'

export type Step =
  | { readonly kind: 'named' | 'following'; readonly collection: CollectionModel; readonly way: PersonalWay }
  | { readonly kind: 'freeForm'; readonly collection: CollectionModel }
  /** What it was called before; the account itself; old lines of the feed; what was noted on the way; the file of the database; the list for restores. */
  | { readonly kind: 'addresses' | 'account' | 'lines' | 'notes' | 'file' | 'list' }

const ownKinds = ['personal.erase', 'personal.export', 'personal.removeExport', 'files.remove']

/** The records that are found by what they name come twice: what was written while the first turn went on is met by the second. */
export function stepsOf(model: Model): readonly Step[] {
  const places = placesIn(model, [users.name, erasures.name, erasedRecords.name])
  const named = places.filter(({ way }) => way.holds !== 'record').map((place) => ({ kind: 'named', ...place }) as const)
  const following = places.filter(({ way }) => way.holds === 'record').map((place) => ({ kind: 'following', ...place }) as const)
  const freeForm = [...model.collections.values()]
    .filter((collection) => personalOf(collection).freeForm !== null)
    .map((collection) => ({ kind: 'freeForm', collection }) as const)
  const turn = [...named, ...following, ...freeForm]
  return [
    { kind: 'addresses' },
    ...turn,
    { kind: 'account' },
    ...turn,
    { kind: 'lines' },
    { kind: 'notes' },
    { kind: 'file' },
    { kind: 'list' },
  ]
}

export type Manner = 'many' | 'one' | 'hookless' | 'gentle'
export type Piece = {
  readonly work: Work
  readonly model: Model
  readonly person: Person
  readonly erasure: Erasure
  /**
   * `one`: what is refused must not keep the others. `hookless`: one, without hooks of the project. `gentle`: one, and since others refer to
   * it, it stays without its words.
   */
  readonly manner: Manner
  readonly hooksOf: HooksOf
  /** What is kept is counted by the first turn alone. */
  readonly isFirstTurn: boolean
}
/** What a piece has done. `after`: where the next one begins; null when the step is over. */
type Done = {
  readonly after: string | null
  readonly report: readonly ErasureLine[]
  readonly address?: null
  readonly former?: readonly string[] | null
}

/** Does one piece of a step that is records, and writes how far it came. @throws still_referenced, cascade_too_large */
export async function erasePiece(piece: Piece, step: Step): Promise<void> {
  const { work, erasure } = piece
  await advance(work, erasure, await recordsOf(piece, step))
}

/** Behind what somebody else has written meanwhile nothing is written: another process has this erasure. @throws conflict */
export async function advance({ tx }: Pick<Work, 'tx'>, { id, version, step, report }: Erasure, done: Partial<Done>): Promise<void> {
  const { after = null, ...more } = done
  const set = { step: after === null ? step + 1 : step, after, report, ...more }
  await tx.touchOrFail(erasures, id, { set }, eq('version', version))
}

async function recordsOf(piece: Piece, step: Step): Promise<Done> {
  switch (step.kind) {
    case 'named':
      return await eraseNamed(piece, step)
    case 'following':
      return await eraseFollowing(piece, step)
    case 'freeForm':
      return await eraseSpeaking(piece, step)
    case 'account':
      return await eraseAccount(piece)
    case 'notes':
      return await forgetNotes(piece)
    default:
      return { after: null, report: piece.erasure.report }
  }
}

type OfWay = { readonly collection: CollectionModel; readonly way: PersonalWay }

async function eraseNamed(piece: Piece, { collection, way }: OfWay): Promise<Done> {
  const where = whereNamed(way, piece.person)
  if (where === null) return { after: null, report: piece.erasure.report }
  const found = way.holds === 'user' ? await pageOf(piece, collection, where) : null
  const { page, after } = found === null ? await walkedOf(piece, collection, way) : { page: found, after: nextOf(piece, found) }
  const fates = await eachOf(page, (record) => eraseRecord(erasing(piece), collection, record))
  return { after, report: counted(piece, collection, fates) }
}

/** Where no index names them, records are looked at in their order, so many in a piece: others write in between, however many there are. */
async function walkedOf({ work, erasure, manner, person }: Piece, collection: CollectionModel, way: PersonalWay) {
  // Beyond the limit: the next piece.
  const looked = await work.tx.find<AnyRecord>(collection, { where: and(behind(erasure)), limit: limits.personalLook })
  const theirs = looked.filter((record) => waysOf(collection, record, person).some(({ field }) => field === way.field))
  const page = theirs.slice(0, sizeOf(manner))
  const last = page.length < theirs.length ? page.at(-1) : looked.length < limits.personalLook ? undefined : looked.at(-1)
  return { page, after: last?.id ?? null }
}

/** What belongs to records that are erased. A page of those at a time, and of these again until none is left. */
async function eraseFollowing(piece: Piece, { collection, way }: OfWay): Promise<Done> {
  const { tx } = piece.work
  const { erasure, person } = piece
  const noted = await pageOf(piece, model(piece, erasedRecords.name), eq('erasure', erasure.id))
  const isStart = erasure.after === null || erasure.after === ''
  const own = isStart ? [person.id, ...addressesOf(person)] : []
  const ids = [...own, ...noted.map((row) => recordOf(erasedRecords, row).record)]
  if (way.onErase === 'keep') {
    const kept = await tx.count(collection, whereFollows(way, ids))
    return { after: nextOf(piece, noted), report: counted(piece, collection, Array<Fate>(kept).fill('kept')) }
  }
  // Beyond the limit: the same page of notes again.
  const found = await tx.find<AnyRecord>(collection, { where: whereFollows(way, ids), limit: limits.erasureBatch })
  const fates = await eachOf(found, (record) => eraseRecord({ ...erasing(piece), by: way }, collection, record))
  const report = counted(piece, collection, fates)
  if (found.length === limits.erasureBatch && way.onErase === 'delete') return { after: erasure.after ?? '', report }
  return { after: nextOf(piece, noted), report }
}

async function eraseSpeaking(piece: Piece, { collection }: { readonly collection: CollectionModel }): Promise<Done> {
  const { work, erasure, person } = piece
  const page = await pageOf(piece, collection)
  const texts = page.map((record) => JSON.stringify(record))
  const speaking = await speakOf(work.tx, { person, erasure: erasure.id }, texts)
  const theirs = page.filter(
    (record, index) => (speaking[index] || isAskedBy(person, record)) && !ownKinds.includes(String(record['kind'])),
  )
  const fates = await eachOf(theirs, (record) => eraseFreeForm(erasing(piece), collection, record))
  return { after: nextOf(piece, page), report: counted(piece, collection, fates) }
}

async function eraseAccount(piece: Piece): Promise<Done> {
  const { tx } = piece.work
  const user = await tx.get(users, piece.person.id)
  const collection = model(piece, users.name)
  if (user === null) return { after: null, report: piece.erasure.report }
  const set = { email: erasedAddress(user.id), name: null, roles: [], emailVerified: false, disabled: true, customerGroup: null }
  await noteAdmin(piece.work, user, await tx.update(users, user, { set }))
  return { after: null, report: counted(piece, collection, ['pseudonymised']) }
}

/** From here on nothing here knows the address. */
async function forgetNotes(piece: Piece): Promise<Done> {
  const { tx } = piece.work
  const { erasure } = piece
  // Beyond the limit: the next piece.
  const page = await tx.find(erasedRecords, { where: eq('erasure', erasure.id), limit: limits.pageSizeMax })
  const ids = page.map(({ id }) => id)
  if (ids.length > 0) await tx.deleteWhere(erasedRecords, oneOf('id', ids))
  if (page.length === limits.pageSizeMax) return { after: '', report: erasure.report }
  return { after: null, report: erasure.report, address: null, former: null }
}

function erasing({ work, model: all, person, erasure, manner, hooksOf }: Piece): Erasing {
  const isGentle = manner === 'gentle'
  return { work, model: all, person, erasure: erasure.id, isGentle, hooksOf: manner === 'hookless' || isGentle ? null : hooksOf }
}

function model({ model: all }: Piece, name: string): CollectionModel {
  return all.get({ name })
}

/** Behind the last one seen. */
async function pageOf({ work, erasure, manner }: Piece, collection: CollectionModel, where?: Filter): Promise<AnyRecord[]> {
  // Beyond the limit: the next piece.
  return await work.tx.find<AnyRecord>(collection, { where: and(where, behind(erasure)), limit: sizeOf(manner) })
}

function behind({ after }: Erasure): Filter | undefined {
  return after === null || after === '' ? undefined : compare('id', 'gt', after)
}

function sizeOf(manner: Manner): number {
  return manner === 'many' ? limits.erasureBatch : 1
}

function nextOf({ manner }: Piece, page: readonly AnyRecord[]): string | null {
  return page.length < sizeOf(manner) ? null : page.at(-1)!.id
}

async function eachOf(records: readonly AnyRecord[], erase: (record: AnyRecord) => Promise<Fate>): Promise<Fate[]> {
  const fates: Fate[] = []
  for (const record of records) fates.push(await erase(record))
  return fates
}

/** The report with what has become of these. */
function counted({ erasure: { report }, isFirstTurn }: Piece, collection: CollectionModel, all: readonly Fate[]): readonly ErasureLine[] {
  const fates = isFirstTurn ? all : all.filter((fate) => fate !== 'kept')
  if (fates.length === 0) return report
  const { because } = personalOf(collection)
  const before = report.find((line) => line.collection === collection.name) ?? { removed: 0, pseudonymised: 0, kept: 0 }
  const of = (fate: Fate) => fates.filter((one) => one === fate).length
  const line = {
    collection: collection.name,
    removed: before.removed + of('removed'),
    pseudonymised: before.pseudonymised + of('pseudonymised'),
    kept: before.kept + of('kept'),
    ...(because === '' ? {} : { because }),
  }
  return [...report.filter((one) => one.collection !== collection.name), line]
}

/** Why it cannot begin yet, for people; null when it can. */
export async function waitsFor(
  read: Reader,
  all: Model,
  { person, now }: { readonly person: Person; readonly now: number },
): Promise<string | null> {
  for (const collection of all.collections.values()) {
    const { waits, ways } = personalOf(collection)
    if (waits === null) continue
    for (const way of ways) {
      const where = whereNamed(way, person)
      // Beyond the limit: one is enough to wait.
      const [open] = where === null ? [] : await read.find<AnyRecord>(collection, { where: and(where, waits(now)), limit: 1 })
      if (open !== undefined) return `${collection.title}: ${open.id} is under way.`
    }
  }
  return null
}

/** What may be refused where others refer to it. */
export function isReferredTo(error: unknown): boolean {
  return isEngineError(error, 'still_referenced') || isEngineError(error, 'cascade_too_large')
}
