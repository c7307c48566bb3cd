// Which views a change may be news for, without asking each of them: a view whose filter can only be true of records that hold a
// certain value (its own account, a room) is found by that value. Invariant: a view that is not named would have been told
// nothing.
import { type Filter, hasVia, matches, type Scalar } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import { valueAtPath } from '../schema/model.ts'
import type { RecordChange } from '../storage/storage.ts'
import type { Hop } from './dependents.ts'
import type { Target } from './judge.ts'
import type { LiveView } from './live-view.ts'

/** A value without which a filter is not true, at a path; of a list one of its values. */
type Key = { readonly path: string; readonly value: Scalar }

type Paths = Map<string, Map<Scalar, Set<LiveView>>>
/** Views that look at a collection: found by a value, or asked each. */
type Routes = { readonly keyed: Paths; readonly others: Set<LiveView> }

export type ViewRoutes = {
  add(view: LiveView): void
  remove(view: LiveView): void
  /** Views that may have to be told of the change. */
  of(change: RecordChange): ReadonlySet<LiveView>
}

export function createViewRoutes(): ViewRoutes {
  const byCollection = new Map<string, Routes>()

  function routesTo(collection: string): Routes {
    let routes = byCollection.get(collection)
    if (!routes) {
      routes = { keyed: new Map(), others: new Set() }
      byCollection.set(collection, routes)
    }
    return routes
  }

  function placesOf({ targets }: LiveView, isToAdd: boolean): Set<LiveView>[] {
    return looksOf(targets).flatMap(({ collection, where }) => {
      const { keyed, others } = routesTo(collection)
      const keys = keysOf(where)
      if (keys === null) return [others]
      return keys.map(({ path, value }) => {
        const values = keyed.get(path) ?? new Map<Scalar, Set<LiveView>>()
        const views = values.get(value) ?? new Set()
        if (isToAdd) keyed.set(path, values.set(value, views))
        return views
      })
    })
  }

  function forgetEmpty({ targets }: LiveView): void {
    for (const { collection, where } of looksOf(targets))
      for (const { path, value } of keysOf(where) ?? []) {
        const { keyed } = routesTo(collection)
        const values = keyed.get(path)
        if (values?.get(value)?.size === 0) values.delete(value)
        if (values?.size === 0) keyed.delete(path)
      }
  }

  return {
    add(view) {
      for (const views of placesOf(view, true)) views.add(view)
    },
    remove(view) {
      for (const views of placesOf(view, false)) views.delete(view)
      forgetEmpty(view)
    },
    of(change) {
      const found = new Set<LiveView>()
      const routes = byCollection.get(change.collection)
      if (!routes) return found
      const states = statesOf(change)
      const take = (views: Iterable<LiveView>) => {
        for (const view of views) if (!found.has(view) && mayTell(view, change, states)) found.add(view)
      }
      take(routes.others)
      for (const [path, values] of routes.keyed)
        for (const state of states)
          if (isUnknown(state, path)) for (const views of values.values()) take(views)
          else for (const value of valuesAt(state, path)) take(values.get(value) ?? [])
      return found
    },
  }
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

/** The fewest keys of which the filter needs one; null when it may be true without any. */
export function keysOf(filter: Filter): readonly Key[] | null {
  switch (filter.op) {
    case 'eq':
    case 'has':
      return [{ path: filter.path, value: filter.value }]
    case 'in':
      return filter.values.map((value) => ({ path: filter.path, value }))
    case 'false':
      return []
    case 'and':
      return filter.of.map(keysOf).reduce(rarer, null)
    case 'or': {
      const parts = filter.of.map(keysOf)
      return parts.includes(null) ? null : parts.flatMap((keys) => keys!)
    }
    default:
      return null
  }
}

/** An id is rarer than a state, and fewer values are than more; which it is only decides how many views are looked at. */
function rarer(one: readonly Key[] | null, other: readonly Key[] | null): readonly Key[] | null {
  if (one === null || other === null) return one ?? other
  const lengthOf = (keys: readonly Key[]) => Math.min(...keys.map(({ value }) => String(value).length))
  return lengthOf(other) > lengthOf(one) ? other : one
}
