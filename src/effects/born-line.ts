// Effects that are leased to this process from birth and wait for a place: the oldest for which there is one comes first.
import type { Effect } from './effect.ts'
import type { OwnPlaces } from './own-places.ts'

export type BornLine = {
  size(): number
  add(effect: Effect): void
  next(): Effect | undefined
  /** For somebody who waits for it. */
  remove(id: string): Effect | undefined
  /** Of code of the project, which has no place for now. */
  removeOwn(): readonly Effect[]
  removeAll(): readonly Effect[]
}

export function createBornLine(places: Pick<OwnPlaces, 'isOwn' | 'hasRoom'>): BornLine {
  const own: Effect[] = []
  const others: Effect[] = []
  return {
    size: () => own.length + others.length,
    add: (effect) => void (places.isOwn(effect.kind) ? own : others).push(effect),
    next() {
      const [first] = own
      const [other] = others
      if (first === undefined || !places.hasRoom(first.kind)) return others.shift()
      return other === undefined || first.createdAt <= other.createdAt ? own.shift() : others.shift()
    },
    remove(id) {
      const index = others.findIndex((effect) => effect.id === id)
      return index < 0 ? undefined : others.splice(index, 1)[0]
    },
    removeOwn: () => own.splice(0),
    removeAll: () => [...own.splice(0), ...others.splice(0)],
  }
}
