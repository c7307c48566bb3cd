// A view of the feed: collections under a filter and the rules of one caller. Readers whose views are alike are told the same
// things under the same ids, so they share one.

import type { EventSink } from '../operation/define.ts'
import type { Target } from './judge.ts'
import type { Place, Places } from './places.ts'

export type LiveView = {
  /** Digest of all that decides what is told. */
  readonly key: string
  readonly targets: readonly Target[]
  readonly places: Places
}

/** A reader. Its place is what it was told so far. */
export type Member = {
  place: Place
  readonly sink: EventSink
  /** It does not take what it is sent: it was set apart. */
  readonly fellBehind: () => void
}

/** Names of the fields that rules and filters look at, by collection. */
export type Needs = ReadonlyMap<string, ReadonlySet<string>>

export function needsOf(targets: Iterable<Target>): Needs {
  const needs = new Map<string, Set<string>>()
  const add = (collection: string, paths: Iterable<string>) => {
    const known = needs.get(collection) ?? new Set()
    for (const path of paths) known.add(path)
    needs.set(collection, known)
  }
  for (const { collection, paths, chains } of targets) {
    add(collection.name, paths)
    for (const hop of chains.flat()) add(hop.collection, hop.paths)
  }
  return needs
}
