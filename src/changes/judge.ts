// What a reader is told of a stretch of the feed. A commit is news of a record when it was changed there and can be seen after
// it, when it came into sight, or when it left it: judged as of that commit. What the news says is judged as of now: the record
// as it may be read now, or nothing, if it left sight since, for then that is told at its own place. So whoever has
// been told everything has what a list would show, and nobody is told what may not be read any more or never could.

import { type Filter, hasVia } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel, CompiledField } from '../schema/model.ts'
import { type Chain, dependentsOn } from './dependents.ts'
import type { History, Step } from './history.ts'
import { isAfter, type Place, whole } from './places.ts'
import type { Sight } from './sight.ts'

/** One collection as its reader sees it. */
export type Target = {
  readonly collection: CollectionModel
  readonly where: Filter
  /** How `where` looks at other collections. */
  readonly chains: readonly Chain[]
  /** Fields that `where` looks at. */
  readonly paths: ReadonlySet<string>
  /** Fields that the reader may see: the same array for all who see the same. */
  readonly fields: readonly CompiledField[]
  /** Their names. */
  readonly shown: ReadonlySet<string>
}

export type News = {
  readonly place: Place
  readonly target: Target
  readonly id: string
  readonly action: 'created' | 'updated' | 'deleted'
  /** As it is now; null for what is gone. */
  readonly record: AnyRecord | null
}

export type Judged = {
  /** In the order of their places. */
  readonly news: readonly News[]
  /** Something depends on rows of the database that may be ahead of the stretch. */
  readonly isUnsure: boolean
}

/** A record that a commit may be news of. */
type Case = { readonly target: Target; readonly id: string; readonly place: Place; readonly step: Step | null }

const now = Number.MAX_SAFE_INTEGER

export type Question = {
  readonly targets: readonly Target[]
  /** What comes after it is judged. */
  readonly start: Place
  /** Gives others their turn: a long stretch is judged in parts. */
  readonly pause: () => Promise<unknown>
}

const commitsPerTurn = 200

export async function judge(history: History, sight: Sight, { targets, start, pause }: Question): Promise<Judged> {
  const commits = [...history.commits.values()].filter((steps) => steps[0]!.position >= start.position)
  const verdicts: Verdict[] = []
  for (let from = 0; from < commits.length; from += commitsPerTurn) {
    if (from > 0) await pause()
    const part = commits.slice(from, from + commitsPerTurn)
    const cases = (await Promise.all(part.flatMap((steps) => targets.map((target) => casesOf(sight, target, steps))))).flat()
    const rest = cases.filter(({ place }) => isAfter(place, start)).sort((a, b) => (isAfter(a.place, b.place) ? 1 : -1))
    verdicts.push(...(await Promise.all(rest.map((one) => newsOf(sight, one)))))
  }
  return {
    news: verdicts.filter((verdict) => verdict !== null && verdict !== 'unsure'),
    isUnsure: sight.hasLookedAround() || verdicts.includes('unsure'),
  }
}

type Verdict = News | 'unsure' | null

async function casesOf(sight: Sight, target: Target, steps: readonly Step[]): Promise<Case[]> {
  const { position } = steps[0]!
  const { name } = target.collection
  const own = steps.filter((step) => step.collection === name)
  const dependents = await Promise.all(target.chains.map((chain) => dependentsOn(sight, chain, steps)))
  const others = new Set(dependents.flatMap((ids) => [...ids])).difference(new Set(own.map(({ id }) => id)))
  return [
    ...own.map((step) => ({ target, id: step.id, place: { position, index: step.index }, step })),
    ...[...others].map((id) => ({ target, id, place: { position, index: dependentIndex(name, id) }, step: null })),
  ]
}

/**
 * Dependents come behind the changes of their commit, in an order that is a function of each alone: who comes back in the
 * middle of them continues there, whatever became of the others. FNV-1a, 31 bits.
 */
function dependentIndex(collection: string, id: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(`${collection} ${id}`)) hash = Math.imul(hash ^ byte, 0x01000193)
  return 0x8000_0000 + ((hash >>> 1) % (whole - 0x8000_0000))
}

async function newsOf(sight: Sight, { target, id, place, step }: Case): Promise<Verdict> {
  const { where, collection } = target
  const { position } = place
  const [before, after] = step
    ? [step.before, step.after]
    : await Promise.all([sight.stateAt(collection.name, id, position - 1), sight.stateAt(collection.name, id, position)])
  const [wasSeen, isSeen] = await Promise.all([
    before !== null && sight.fits(where, before, position - 1),
    after !== null && sight.fits(where, after, position),
  ])
  if (!isSeen) {
    if (wasSeen) return { place, target, id, action: 'deleted', record: null }
    return step !== null && before !== null && mayHaveLeft(target, step) ? 'unsure' : null
  }
  if (wasSeen && (step === null || !isShown(target, step))) return null
  const record = await sight.stateAt(collection.name, id, now)
  if (record === null || !(await sight.fits(where, record, now))) return null
  return { place, target, id, action: before === null ? 'created' : 'updated', record }
}

/** Whether another answer about the records that the filter looks at would make it one that has left. */
function mayHaveLeft({ where, paths }: Target, { changed }: Step): boolean {
  return hasVia(where) && (changed === null || !changed.isDisjointFrom(paths))
}

/** When a record changed is told to those alone who may know that it did: so is `updatedAt`. */
function isShown({ shown }: Target, { changed }: Step): boolean {
  return changed === null || shown.has('updatedAt') || !changed.isDisjointFrom(shown)
}
