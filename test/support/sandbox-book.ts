// A sandbox's book on a clock that a test moves, and what its webhooks said.
import type { Clock } from '../../src/base/clock.ts'
import type { EgressRequest } from '../../src/base/egress.ts'
import { createIdSource, type NewId } from '../../src/base/ids.ts'
import type { Random } from '../../src/base/random.ts'
import { createSandboxBook, type SandboxBook } from '../../src/sandbox/book.ts'
import { calmSettings, type SandboxSettings } from '../../src/sandbox/settings.ts'
import { createMemoryStore, type SandboxStore } from '../../src/sandbox/store.ts'
import type { WebhookDialect } from '../../src/sandbox/webhooks.ts'
import { createDice } from '../simulation/world.ts'

export type BookOnClock = {
  readonly book: SandboxBook
  readonly told: readonly EgressRequest[]
  /** Moves time on, one due thing after the other. */
  pass(ms: number): void
}

type Options = {
  readonly store?: SandboxStore
  readonly settings?: Partial<SandboxSettings>
  readonly dialect?: WebhookDialect
  readonly now?: number
  /** As a face names things. */
  readonly naming?: (clock: Clock, random: Random) => NewId
}

export function openBookOnClock({
  store = createMemoryStore(),
  settings = {},
  dialect,
  now: start = Date.UTC(2026, 10, 24),
  naming = createIdSource,
}: Options = {}): BookOnClock {
  let now = start
  const timers = new Map<object, { readonly at: number; readonly task: () => void }>()
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(delayMs, task) {
      const timer = { at: now + delayMs, task }
      timers.set(timer, timer)
      return () => void timers.delete(timer)
    },
    soon: (task) => task(),
  }
  const dice = createDice(7)
  const told: EgressRequest[] = []
  const book = createSandboxBook(
    {
      ...{ store, clock, random: dice, newId: naming(clock, dice) },
      egress: {
        async request(request) {
          told.push(request)
          return { status: 204, body: '', headers: {} }
        },
      },
      webhookUrl: 'http://shop.test/webhooks',
      secret: 'sbx_test',
      ...(dialect === undefined ? {} : { dialect }),
    },
    { ...calmSettings, ...settings },
  )
  return {
    book,
    told,
    pass(ms) {
      for (const end = now + ms; ; ) {
        const next = [...timers.values()].toSorted((a, b) => a.at - b.at)[0]
        if (next === undefined || next.at > end) {
          now = end
          return
        }
        now = Math.max(now, next.at)
        timers.delete(next)
        next.task()
      }
    },
  }
}
