// Places of a process for effects that may not have all of them. Invariants: of a kind that says so (`atOnce`) no more are carried out, and
// those that wait hold nothing; those that run code of a project have at most half of all, so that what hangs holds up neither mails nor
// payments; one whose process died during its attempt is made again with no other of the project beside it, so that whatever dies with it the
// next time is its doing and nobody else's.
import { limits } from '../base/limits.ts'
import type { Effect, EffectHandler } from './effect.ts'

export type Places = OwnPlaces & FewPlaces

export type FewPlaces = {
  /** How many of the kind may begin beside those that have. Null: it has no bound of its own. */
  roomOf(kind: string): number | null
  /** Kinds of which none may begin now, so that nobody need look for them. */
  full(): readonly string[]
  /** Of what a claim looked at: kinds of which some were left. */
  noteLeft(kinds: ReadonlySet<string>): void
}

type OwnPlaces = {
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

/** Of the kinds that say how many. */
function createFewPlaces(handlers: ReadonlyMap<string, EffectHandler>) {
  const few = new Map<string, { readonly most: number; readonly taken: Set<string>; isMore: boolean }>()
  for (const { kind, atOnce } of handlers.values())
    if (atOnce !== undefined) few.set(kind.name, { most: atOnce, taken: new Set(), isMore: false })
  const roomOf = (kind: string) => {
    const own = few.get(kind)
    return own === undefined ? null : own.most - own.taken.size
  }
  const full = () => [...few.keys()].filter((kind) => roomOf(kind) === 0)
  return {
    roomOf,
    full,
    /** Null: it has no bound of its own. */
    take({ id, kind }: Effect): boolean | null {
      const room = roomOf(kind)
      if (room === null) return null
      if (room > 0) few.get(kind)!.taken.add(id)
      return room > 0
    },
    leave: ({ id, kind }: Effect) => void few.get(kind)?.taken.delete(id),
    noteLeft(kinds: ReadonlySet<string>) {
      // Of those that were full nothing was seen.
      for (const [kind, own] of few) if (kinds.has(kind) || own.taken.size < own.most) own.isMore = kinds.has(kind)
    },
    /** Null: it has no bound of its own. */
    noteDue(kind: string): boolean | null {
      const own = few.get(kind)
      if (own === undefined) return null
      const hasRoom = own.taken.size < own.most
      if (!hasRoom) own.isMore = true
      return hasRoom
    },
    wantsMore: () => [...few.values()].some(({ isMore, taken, most }) => isMore && taken.size < most),
  }
}

export function createPlaces(handlers: ReadonlyMap<string, EffectHandler>, slots: number): Places {
  const few = createFewPlaces(handlers)
  const own = createOwnPlaces(handlers, slots)
  return {
    ...own,
    roomOf: few.roomOf,
    full: () => [...few.full(), ...(own.isFull() ? own.kinds : [])],
    noteLeft: few.noteLeft,
    hasRoom: (kind) => few.roomOf(kind) !== 0 && own.hasRoom(kind),
    take: (effect, isAgain) => few.take(effect) ?? own.take(effect, isAgain),
    leave(effect) {
      few.leave(effect)
      own.leave(effect)
    },
    noteDue: (kind) => few.noteDue(kind) ?? own.noteDue(kind),
    wantsMore: () => few.wantsMore() || own.wantsMore(),
  }
}

function createOwnPlaces(handlers: ReadonlyMap<string, EffectHandler>, slots: number): OwnPlaces {
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
