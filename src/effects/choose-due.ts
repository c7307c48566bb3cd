// Which of the effects that are due a process takes. Invariants: of a kind with a bound, and of those that are code of a project, no more than
// there are places for; one whose last attempt was cut off goes before the others of the project, alone, and after too many such attempts it is dead.
import { limits } from '../base/limits.ts'
import type { Random } from '../base/random.ts'
import type { Effect } from './effect.ts'
import { cutOffs } from './own-rests.ts'
import type { Places } from './places.ts'

/** `ready`: nobody has them. `left`: the lease of the attempt before has ended. Each the oldest first. */
export type Due = { readonly ready: readonly Effect[]; readonly left: readonly Effect[] }

export type Chosen = {
  readonly taken: readonly Effect[]
  /** Of those: the one that has to be alone. */
  readonly again: Effect | null
  readonly dead: readonly Effect[]
  /** Some that were cut off have to wait. */
  readonly isCutOffLeft: boolean
  /** Some of the project were left for want of places: others may stand behind them. */
  readonly isOwnLeft: boolean
  /** Kinds with a bound of which some were left. */
  readonly fewLeft: ReadonlySet<string>
}

export function chooseDue({ ready, left }: Due, places: Places, { limit, random }: { limit: number; random: Random }): Chosen {
  const isOwn = ({ kind }: Effect) => places.isOwn(kind)
  const cutOff = left.filter(isOwn)
  const dead = cutOff.filter((effect) => cutOffs(effect) >= limits.ownEffectCutOffsMax)
  // The one that was cut off most often is most likely what cuts off the others: they wait for the shortest time so.
  const waiting = cutOff.filter((effect) => !dead.includes(effect)).toSorted((a, b) => cutOffs(b) - cutOffs(a))
  const again = (places.taken() === 0 && waiting[0]) || null
  const fresh = ready.filter(isOwn)
  const own = new Set(waiting.length > 0 ? [] : fresh.slice(0, places.room()))
  const { fits, fewLeft } = boundBy(places)
  const others = [...ready, ...left].filter((effect) => (isOwn(effect) ? own.has(effect) : fits(effect))).slice(0, 2 * limit)
  const taken = [...(again === null ? [] : [again]), ...someOf(others, again === null ? limit : limit - 1, random)]
  return {
    taken,
    again,
    dead,
    isCutOffLeft: waiting.length > (again === null ? 0 : 1),
    isOwnLeft: fresh.length > own.size || waiting.length + dead.length > 0,
    fewLeft,
  }
}

/** The first of a kind with a bound, as many as there is room for. */
function boundBy(places: Places) {
  const begun = new Map<string, number>()
  const fewLeft = new Set<string>()
  const fits = ({ kind }: Effect) => {
    const room = places.roomOf(kind)
    if (room === null) return true
    const before = begun.get(kind) ?? 0
    if (before >= room) fewLeft.add(kind)
    else begun.set(kind, before + 1)
    return before < room
  }
  return { fits, fewLeft }
}

/** Where more is due than one process takes, each takes others: all would meet at the oldest, and wait for each other there. */
function someOf(due: readonly Effect[], limit: number, random: Random): readonly Effect[] {
  if (due.length <= limit) return due
  const rest = [...due]
  return Array.from({ length: limit }, () => rest.splice(Math.floor(random.fraction() * rest.length), 1)[0]!)
}
