// What became of the records of one stretch of the feed: each as it was before and after every commit that changed it. With
// it a rule can be judged as of any position of the stretch. Invariant: however often one commit changed a record, that is
// one step: a commit is told whole.
import type { Scalar } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import { valueAtPath } from '../schema/model.ts'
import type { Commit, RecordChange } from '../storage/storage.ts'

export type Step = {
  readonly collection: string
  readonly id: string
  readonly position: number
  /** Of its last change among those of the commit. */
  readonly index: number
  /** Null when it was not there. */
  readonly before: AnyRecord | null
  readonly after: AnyRecord | null
  /** Names of the fields that were given a value; null for a record that was made or removed, or both. */
  readonly changed: ReadonlySet<string> | null
}

export type History = {
  /** In the order of positions, and within a commit by index. */
  readonly commits: ReadonlyMap<number, readonly Step[]>
  /** The record as it was right after `position`; undefined for one that did not change in the stretch. */
  at(collection: string, id: string, position: number): AnyRecord | null | undefined
  /** Records that had this value before, in or after the stretch, as far as they changed in it. */
  idsWith(collection: string, path: string, value: Scalar): Iterable<string>
}

/** `names`: collections that matter, the rest is passed over. */
export function createHistory(commits: readonly Commit[], names: ReadonlySet<string>): History {
  const byCommit = new Map<number, readonly Step[]>()
  const records = new Map<string, Map<string, Step[]>>()
  const indexes = new Map<string, Map<Scalar, Set<string>>>()

  for (const commit of commits) {
    const steps = stepsOf(commit, names)
    if (steps.length > 0) byCommit.set(commit.position, steps)
    for (const step of steps) {
      const ofCollection = records.get(step.collection) ?? new Map<string, Step[]>()
      records.set(step.collection, ofCollection)
      const own = ofCollection.get(step.id)
      if (own) own.push(step)
      else ofCollection.set(step.id, [step])
    }
  }

  function indexOf(collection: string, path: string): Map<Scalar, Set<string>> {
    const key = `${collection} ${path}`
    let index = indexes.get(key)
    if (index) return index
    index = new Map()
    indexes.set(key, index)
    for (const [id, steps] of records.get(collection) ?? [])
      for (const state of steps.flatMap(({ before, after }) => [before, after])) {
        const value = state && valueAtPath(state, path)
        if (value === null) continue
        const ids = index.get(value) ?? new Set()
        index.set(value, ids.add(id))
      }
    return index
  }

  return {
    commits: byCommit,
    at(collection, id, position) {
      const steps = records.get(collection)?.get(id)
      if (!steps) return undefined
      const last = steps.findLast((step) => step.position <= position)
      return last ? last.after : steps[0]!.before
    },
    idsWith: (collection, path, value) => indexOf(collection, path).get(value) ?? [],
  }
}

function stepsOf(commit: Commit, names: ReadonlySet<string>): Step[] {
  const steps = new Map<string, Step>()
  for (const [index, change] of commit.changes.entries()) {
    const { collection, id } = change
    if (!names.has(collection)) continue
    const key = `${collection} ${id}`
    const earlier = steps.get(key)
    const before = earlier ? earlier.before : stateBefore(change)
    const after = change.action === 'deleted' ? null : change.record
    const isUpdate = change.action === 'updated' && earlier?.changed !== null
    const changed = isUpdate ? new Set([...namesIn(change), ...(earlier?.changed ?? [])]) : null
    steps.delete(key)
    steps.set(key, { collection, id, position: commit.position, index, before, after, changed })
  }
  return [...steps.values()]
}

/** Of money a part may be named. */
function namesIn({ before = {} }: RecordChange): string[] {
  return Object.keys(before).map((path) => path.split('.', 1)[0]!)
}

function stateBefore({ action, record, before }: RecordChange): AnyRecord | null {
  if (action === 'created') return null
  return action === 'deleted' ? record : ({ ...record, ...before } as AnyRecord)
}
