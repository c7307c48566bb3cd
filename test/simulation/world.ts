// The simulator's world: virtual time, seeded chance and every event there is. Node itself schedules
// nothing here: an event is taken by time and then by a seeded tie-break, run, and all that it set going
// is run to its end before the next. So a run is a function of its seed.
import { setFlagsFromString } from 'node:v8'
import type { Cancel, Clock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import type { Random } from '../../src/base/random.ts'

setFlagsFromString('--allow-natives-syntax')
// Draining by setImmediate costs 1.1 us an event, this 0.1 us. It does nothing inside a microtask, which
// is why a run begins in a macrotask (see inMacrotask).
const drainMicrotasks = new Function('%PerformMicrotaskCheckpoint()') as () => void

/** Runs `work` where microtasks can be drained from. */
export function inMacrotask<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(work())
      } catch (error) {
        reject(error as Error)
      }
    })
  })
}

export type Dice = Random & {
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number
  chance(probability: number): boolean
  pick<T>(of: readonly T[]): T
  /** One of the keys, by their weights. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T
}

/** sfc32, seeded by splitmix: small, fast and good enough to steer tests. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0
  const mix = () => {
    state = (state + 0x9e3779b9) | 0
    let value = state ^ (state >>> 16)
    value = Math.imul(value, 0x21f0aaad)
    value ^= value >>> 15
    value = Math.imul(value, 0x735a2d97)
    return (value ^ (value >>> 15)) | 0
  }
  let a = mix()
  let b = mix()
  let c = mix()
  let d = 1
  const next = () => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let turn = 0; turn < 12; turn++) next()
  const fraction = () => next() / 4_294_967_296
  return {
    bytes(count) {
      const bytes = new Uint8Array(count)
      for (let at = 0; at < count; at += 4) {
        const word = next()
        for (let byte = 0; byte < 4 && at + byte < count; byte++) bytes[at + byte] = (word >>> (byte * 8)) & 255
      }
      return bytes
    },
    fraction,
    between: (least, most) => least + Math.floor(fraction() * (most - least + 1)),
    chance: (probability) => fraction() < probability,
    pick: (of) => of[Math.floor(fraction() * of.length)]!,
    weighted(weights) {
      const entries = Object.entries(weights) as [never, number][]
      let rest = fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [key, weight] of entries) {
        rest -= weight
        if (rest < 0) return key
      }
      return entries.at(-1)![0]
    },
  }
}

/** Whose event it is: a dead owner's never happens, a paused one's waits. */
export type Owner = { readonly name: string; isAlive: boolean; pausedUntil: number }

type Event = { at: number; readonly tie: number; readonly owner: Owner | null; readonly label: string; run: (() => void) | null }
/** A look every so often; `nextDue` is when it would next find something. */
type Poll = Event & { readonly everyMs: number; readonly nextDue: (() => number) | null }

/** Before an event of a process: true when something befell the process instead. */
export type Interruption = (owner: Owner) => boolean

export type World = ReturnType<typeof createWorld>

const beginMs = Date.UTC(2030, 0, 1)

export function createWorld(seed: number, trace: ((line: string) => void) | null) {
  const dice = createDice(seed)
  const events: Event[] = []
  const polls: Poll[] = []
  let now = beginMs
  let steps = 0
  let interrupt: Interruption = () => false

  function note(text: string): void {
    trace?.(`${String(now - beginMs).padStart(9)} ${text}`)
  }

  function at(delayMs: number, owner: Owner | null, label: string, run: () => void): Cancel {
    const event: Event = { at: now + Math.max(0, Math.ceil(delayMs)), tie: dice.fraction(), owner, label, run }
    push(events, event)
    return () => {
      event.run = null
    }
  }

  /** Looks that would find nothing are not made. Without `nextDue` it is that of the whole run. */
  function poll(everyMs: number, owner: Owner, run: () => void, nextDue: (() => number) | null = null): Cancel {
    const event: Poll = { at: now + everyMs, tie: dice.fraction(), owner, label: 'poll', run, everyMs, nextDue }
    push(polls, event)
    return () => {
      event.run = null
    }
  }

  /** A clock of one process; `skew` is how wrong it goes. What the engine does every so often is a poll. */
  function clockOf(owner: Owner | null, skew: () => number = () => 0): Clock {
    return {
      now: () => now + skew(),
      monotonic: () => now,
      after(delayMs, task) {
        if (owner !== null && delayMs === limits.effectPollMs) return poll(delayMs, owner, task)
        // The hourly sweep of the feed: nothing in a run is old enough.
        if (delayMs >= 3_600_000 && owner !== null) return () => {}
        return at(delayMs, owner, 'timer', task)
      },
      soon: (task) => void at(0, owner, 'soon', task),
    }
  }

  /** The next event, or null when all has come to rest. `nextDue` is when a poll would next find something. */
  function take(nextDue: () => number): Event | null {
    const idle: Poll[] = []
    try {
      for (;;) {
        while (events.length > 0 && isVoid(events[0]!)) pop(events)
        while (polls.length > 0 && isVoid(polls[0]!)) pop(polls)
        const event = events[0]
        const look = polls[0]
        if (!look || (event && (event.at < look.at || (event.at === look.at && event.tie < look.tie)))) return event ? pop(events) : null
        // Looks that would find nothing are not made: they are most of the events and change nothing.
        const until = Math.min((look.nextDue ?? nextDue)(), event?.at ?? Number.POSITIVE_INFINITY)
        if (look.at >= until) return pop(polls)
        pop(polls)
        if (until === Number.POSITIVE_INFINITY) idle.push(look)
        else {
          look.at += Math.ceil((until - look.at) / look.everyMs) * look.everyMs
          push(polls, look)
        }
      }
    } finally {
      for (const look of idle) push(polls, look)
    }
  }

  return {
    dice,
    note,
    at,
    poll,
    clockOf,
    now: () => now,
    elapsed: () => now - beginMs,
    steps: () => steps,
    isTraced: trace !== null,
    onInterrupt(listener: Interruption): void {
      interrupt = listener
    },
    drain: drainMicrotasks,
    /** Runs events until `isOver`, until nothing is left to happen, or for `stepsMax` steps. */
    run(isOver: () => boolean, nextDue: () => number, stepsMax: number): 'over' | 'rest' | 'exhausted' {
      drainMicrotasks()
      for (;;) {
        if (isOver()) return 'over'
        if (steps >= stepsMax) return 'exhausted'
        const event = take(nextDue)
        if (event === null) return 'rest'
        const { owner } = event
        now = Math.max(now, event.at)
        if (owner !== null && owner.pausedUntil > now) {
          event.at = owner.pausedUntil
          push(events, event)
          continue
        }
        steps += 1
        if (owner !== null && interrupt(owner)) {
          if (owner.isAlive) push(events, event)
          continue
        }
        if (trace !== null && event.label !== 'soon') note(`${(owner?.name ?? '-').padEnd(10)} ${event.label}`)
        event.run!()
        drainMicrotasks()
      }
    },
  }
}

function isVoid(event: Event): boolean {
  return event.run === null || (event.owner !== null && !event.owner.isAlive)
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.tie < b.tie)
}

/** A binary heap: the array's first is the next. */
function push<E extends Event>(heap: E[], event: E): void {
  heap.push(event)
  let child = heap.length - 1
  while (child > 0) {
    const parent = (child - 1) >> 1
    if (!isBefore(heap[child]!, heap[parent]!)) return
    swap(heap, child, parent)
    child = parent
  }
}

function pop<E extends Event>(heap: E[]): E {
  const first = heap[0]!
  const last = heap.pop()!
  if (heap.length === 0) return first
  heap[0] = last
  for (let parent = 0; ; ) {
    let least = parent
    for (const child of [parent * 2 + 1, parent * 2 + 2]) if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child
    if (least === parent) return first
    swap(heap, parent, least)
    parent = least
  }
}

function swap<E extends Event>(heap: E[], a: number, b: number): void {
  const kept = heap[a]!
  heap[a] = heap[b]!
  heap[b] = kept
}
