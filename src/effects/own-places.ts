// Places of a process for effects that run code of a project. Invariants: they are at most half of all, so that what hangs holds up
// neither mails nor payments; one whose process died during its attempt is made again with no other of the project
// beside it, so that whatever dies with it the next time is its doing and nobody else's.
import { limits } from '../base/limits.ts'
import type { Effect, EffectHandler } from './effect.ts'

export type OwnPlaces = {
  readonly kinds: readonly string[]
  isOwn(kind: string): boolean
  taken(): number
  /** How many may begin beside those that have. */
  room(): number
  /** Whether one that was never cut off, or none at all, may begin now. */
  hasRoom(kind: string): boolean
  /** Whether none of them may begin, so that nobody need look for them. */
  isFull(): boolean
  /** `isAgain`: it was cut off. False where it has to go back. */
  take(effect: Effect, isAgain: boolean): boolean
  leave(effect: Effect): void
  /** What a claim has seen: some that were cut off wait to be made again, each alone; more are due. */
  noteSeen(seen: { readonly isCutOffLeft: boolean; readonly isMore: boolean }): void
  /** One of this kind is due. Answers whether to look for it now; if not, it is looked for when there is a place. */
  noteDue(kind: string): boolean
  /** More of them may be due, and there is room for a good part of it. */
  wantsMore(): boolean
}

export function createOwnPlaces(handlers: ReadonlyMap<string, EffectHandler>, slots: number): OwnPlaces {
  const kinds = [...handlers.values()].flatMap(({ kind, ownCode }) => (ownCode === undefined ? [] : [kind.name]))
  const own = new Set(kinds)
  const most = Math.max(1, Math.min(limits.ownEffectPlaces, Math.floor(slots / 2)))
  const taken = new Set<string>()
  let alone: string | null = null
  // Until the first look has said otherwise.
  let isCutOffWaiting = kinds.length > 0
  let isMore = false
  const isFull = () => alone !== null || taken.size >= (isCutOffWaiting ? 1 : most)
  const hasRoom = (kind: string) => !own.has(kind) || !(isCutOffWaiting || isFull())

  return {
    kinds,
    isOwn: (kind) => own.has(kind),
    taken: () => taken.size,
    room: () => (alone === null ? most - taken.size : 0),
    hasRoom,
    isFull,
    take({ id, kind }, isAgain) {
      if (isAgain ? isFull() : !hasRoom(kind)) return false
      if (own.has(kind)) taken.add(id)
      if (isAgain) alone = id
      return true
    },
    leave({ id }) {
      taken.delete(id)
      if (alone === id) alone = null
    },
    noteSeen(seen) {
      isCutOffWaiting = seen.isCutOffLeft
      isMore = seen.isMore
    },
    noteDue(kind) {
      if (!own.has(kind) || !isFull()) return true
      isMore = true
      return false
    },
    wantsMore: () => isMore && !isFull() && taken.size <= most / 2,
  }
}
