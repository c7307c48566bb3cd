// How many requests are worked on at once. While nothing waits long, as many as come; once what is accepted would wait, the rest is
// refused at once (503, `Retry-After`), so that what was accepted keeps its pace. What counts as waiting is measured: how late the event
// loop comes to its timers, and how long the oldest write or read has waited for its turn. A request that waits for another company
// makes neither longer, and refuses nobody.
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'

export type AdmissionCounts = { readonly inside: number; readonly room: number; readonly refused: number }

/**
 * Who goes first. `staff` has shown a secret before that only they have; `provider` is what anybody can say who asks at the address of a
 * payment provider's webhooks, so of each network that is good for a few alone. Null: everybody else.
 */
export type Rank = 'staff' | 'provider' | null

export type Admission = {
  /** Of a request whose head has come: whether it is worked on. */
  admits(network: () => string, rank: () => Rank): boolean
  /** It is worked on from now on, until the answer is called. */
  enter(network: string): () => void
  counts(): AdmissionCounts
}

export type AdmissionParts = {
  readonly clock: Clock
  /** How long the oldest request to the database has waited for its turn there. */
  readonly waitedMs: () => number
  /** Told each second while requests are refused, how many. */
  readonly onRefused?: (count: number) => void
}

/** A delay counts when so many samples in a row have it. */
const samplesTogether = 3

export function createAdmission({ clock, waitedMs, onRefused = () => {} }: AdmissionParts): Admission {
  /** How many of each network are inside. */
  const holders = new Map<string, number>()
  const room = createRoom()
  let inside = 0
  let refused = 0
  let untold = 0
  let toldAt = Number.NEGATIVE_INFINITY
  let isWatched = false
  /** Those that are done, and count until the turn of the event loop ends: reads of one turn follow each other without a wait that shows. */
  let done: string[] = []

  function sampleLater(): void {
    const due = clock.monotonic() + limits.admissionSampleMs
    clock.after(limits.admissionSampleMs, () => {
      const now = clock.monotonic()
      room.fit(Math.max(now - due, waitedMs()), inside)
      tell(now)
      isWatched = inside > 0
      isWatched ? sampleLater() : room.forget()
    })
  }

  function tell(now: number): void {
    if (untold === 0 || now - toldAt < 1_000) return
    onRefused(untold)
    untold = 0
    toldAt = now
  }

  function endTurn(): void {
    inside -= done.length
    for (const network of done) takeOne(holders, network)
    done = []
  }

  /** While there is room whoever comes is let in; once there is a delay, and it is half full, each network has no more than its share. */
  function hasRoomFor(network: () => string, rank: () => Rank): boolean {
    const size = room.size()
    if (inside < size / 2) return true
    const own = holders.get(network()) ?? 0
    if (inside >= size) room.wasFull()
    // Many may come from one address (a proxy, a company): as long as nobody waits for them, all may be from there.
    if (inside < size && (own < shareOf(size, holders.size + (own === 0 ? 1 : 0)) || !room.isTight())) return true
    if (inside < size * 1.25 && own < limits.requestsOfEachMin) return true
    const asked = rank()
    if (asked === 'staff') return inside < size * 1.5
    return asked === 'provider' && own < limits.requestsOfProvider && inside < size * 1.25
  }

  return {
    admits(network, rank) {
      if (hasRoomFor(network, rank)) return true
      refused++
      untold++
      tell(clock.monotonic())
      return false
    },
    enter(network) {
      inside++
      holders.set(network, (holders.get(network) ?? 0) + 1)
      if (!isWatched) sampleLater()
      isWatched = true
      return () => {
        if (done.push(network) === 1) clock.soon(endTurn)
      }
    },
    counts: () => ({ inside, room: room.size(), refused }),
  }
}

function shareOf(size: number, networks: number): number {
  return Math.max(limits.requestsOfEachMin, Math.floor(size / networks))
}

function takeOne(counts: Map<string, number>, name: string): void {
  const left = counts.get(name)! - 1
  if (left === 0) counts.delete(name)
  else counts.set(name, left)
}

/** Follows the delay: down to what keeps it, up again while there is none. */
function createRoom() {
  let size: number = limits.requestsInside
  let isFull = false
  let delays: readonly number[] = []
  return {
    size: () => size,
    /** Who is let in now waits. */
    isTight: () => (delays.at(-1) ?? 0) > limits.admissionDelayMs / 2,
    /** Somebody has found none. */
    wasFull: () => void (isFull = true),
    forget: () => void (delays = []),
    fit(delay: number, inside: number): void {
      delays = [...delays, delay].slice(-samplesTogether)
      // One slow request, or the collector of garbage, is no overload.
      const lasting = delays.length < samplesTogether ? 0 : Math.min(...delays)
      if (lasting > limits.admissionDelayMs) {
        const fitting = Math.min(size, inside) * Math.max(0.5, limits.admissionDelayMs / lasting)
        size = Math.max(limits.requestsInsideMin, Math.floor(fitting))
      } else if (isFull && delay < limits.admissionDelayMs / 2) size = Math.min(limits.requestsInsideMax, size * 2)
      else if (inside < size / 4) size = Math.max(limits.requestsInside, Math.floor(size * 0.95))
      isFull = false
    },
  }
}
