// Which views a change may be news for, without asking each of them: a view whose filter can only be true of records that hold a
// certain value (its own account, a room), or that lead to one that does (a membership of it), is found by that value. Invariant: a
// view that is not named would have been told nothing, once the commits at hand reach as far as the rows that were read.
import { eq, type Filter, hasVia, matches, type Scalar } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import { valueAtPath } from '../schema/model.ts'
import type { Commit, RecordChange } from '../storage/storage.ts'
import type { Hop } from './dependents.ts'
import type { Target } from './judge.ts'
import type { LiveView } from './live-view.ts'
import type { Rows } from './rows.ts'
import { type Key, keysOf, type Lead } from './view-keys.ts'

/** Views by the value at the end of their leads. */
type Way = { readonly leads: readonly Lead[]; readonly path: string; readonly values: Map<Scalar, Set<LiveView>> }
/** Views that look at a collection: found by a value, or asked each. */
type Routes = { readonly ways: Map<string, Way>; readonly others: Set<LiveView> }

/** What is read to find views. Without rows every view is named whose leads would have to be followed. */
export type Around = { readonly commits: readonly Commit[]; readonly rows: Rows | null }

export type ViewRoutes = {
  add(view: LiveView): void
  remove(view: LiveView): void
  /** Views that may have to be told of the change. */
  of(change: RecordChange, around: Around): Promise<ReadonlySet<LiveView>>
}

export function createViewRoutes(): ViewRoutes {
  const byCollection = new Map<string, Routes>()

  function routesTo(collection: string): Routes {
    let routes = byCollection.get(collection)
    if (!routes) {
      routes = { ways: new Map(), others: new Set() }
      byCollection.set(collection, routes)
    }
    return routes
  }

  function eachPlace({ targets }: LiveView, take: (views: Set<LiveView>, forget: () => void) => void): void {
    for (const { collection, where } of looksOf(targets)) {
      const { ways, others } = routesTo(collection)
      const keys = keysOf(where)
      if (keys === null) take(others, () => {})
      for (const key of keys ?? []) {
        const name = nameOf(key)
        const way = ways.get(name) ?? { leads: key.leads, path: key.path, values: new Map<Scalar, Set<LiveView>>() }
        const views = way.values.get(key.value) ?? new Set()
        ways.set(name, way)
        way.values.set(key.value, views)
        take(views, () => {
          way.values.delete(key.value)
          if (way.values.size === 0) ways.delete(name)
        })
      }
    }
  }

  return {
    add: (view) => eachPlace(view, (views) => views.add(view)),
    remove: (view) =>
      eachPlace(view, (views, forget) => {
        views.delete(view)
        if (views.size === 0) forget()
      }),
    async of(change, around) {
      const found = new Set<LiveView>()
      const routes = byCollection.get(change.collection)
      if (!routes) return found
      const states = statesOf(change)
      const take = (views: Iterable<LiveView>) => {
        for (const view of views) if (!found.has(view) && mayTell(view, change, states)) found.add(view)
      }
      take(routes.others)
      for (const way of [...routes.ways.values()]) {
        const ends = await endsOf(way.leads, states, around)
        const values = ends === null || ends.some((end) => isUnknown(end, way.path)) ? null : ends.flatMap((end) => valuesAt(end, way.path))
        if (values === null) for (const views of way.values.values()) take(views)
        else for (const value of new Set(values)) take(way.values.get(value) ?? [])
      }
      return found
    },
  }
}

function nameOf({ leads, path }: Key): string {
  return leads.length === 0 ? path : JSON.stringify([leads, path])
}

/** Records that these lead to, as they are and as they were in these commits; null where they are too many. */
async function endsOf(
  leads: readonly Lead[],
  states: readonly AnyRecord[],
  { commits, rows }: Around,
): Promise<readonly AnyRecord[] | null> {
  let ends = states
  for (const { local, collection, remote } of leads) {
    if (rows === null || ends.some((end) => isUnknown(end, local))) return null
    const wanted = new Set(ends.flatMap((end) => valuesAt(end, local)))
    const pages = await Promise.all([...wanted].map((value) => rows.find(collection, eq(remote, value))))
    if (pages.some(({ isCut }) => isCut)) return null
    const changed = commits.flatMap(({ changes }) => changes.filter((change) => change.collection === collection).flatMap(statesOf))
    const led = changed.filter((state) => isUnknown(state, remote) || valuesAt(state, remote).some((value) => wanted.has(value)))
    ends = [...pages.flatMap(({ found }) => found), ...led]
  }
  return ends
}

/** What a view looks at: its own records, and those that its filter follows references to. */
function looksOf(targets: readonly Target[]): { collection: string; where: Filter }[] {
  const hops = targets.flatMap(({ chains }) => chains.map((chain) => chain.at(-1)!))
  return [
    ...targets.map(({ collection, where }) => ({ collection: collection.name, where })),
    ...hops.map(({ collection, of }) => ({ collection, where: of })),
  ]
}

function mayTell({ targets }: LiveView, change: RecordChange, states: readonly AnyRecord[]): boolean {
  return targets.some(
    ({ collection, where, paths, chains }) =>
      (collection.name === change.collection && mayFit(where, paths, states)) ||
      chains.some((chain) => isAt(chain.at(-1)!, change) && mayFit(chain.at(-1)!.of, chain.at(-1)!.paths, states)),
  )
}

function isAt({ collection, paths }: Hop, { collection: changed, action, before = {} }: RecordChange): boolean {
  if (collection !== changed) return false
  return action !== 'updated' || Object.keys(before).some((path) => paths.has(path.split('.', 1)[0]!))
}

/** A line that lacks what the filter looks at is for the view to judge: it reads afresh. */
function mayFit(where: Filter, paths: ReadonlySet<string>, states: readonly AnyRecord[]): boolean {
  if (hasVia(where)) return true
  return states.some((state) => matches(where, state) === true || [...paths].some((path) => isUnknown(state, path)))
}

function isUnknown(state: AnyRecord, path: string): boolean {
  return state[path.split('.', 1)[0]!] === undefined
}

/** As it is after the change and as it was before it, as far as it was there. */
function statesOf({ action, record, before }: RecordChange): AnyRecord[] {
  return action === 'updated' ? [record, { ...record, ...before } as AnyRecord] : [record]
}

function valuesAt(state: AnyRecord, path: string): readonly Scalar[] {
  const value = state[path]
  if (Array.isArray(value)) return value as Scalar[]
  const one = valueAtPath(state, path)
  return one === null ? [] : [one]
}
