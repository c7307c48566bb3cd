// The heart of the book: every change of a payment goes through `change`, which writes it with the lines of the account and the
// webhooks that follow from it, or refuses to write what a book must never say.
import type { Clock } from '../base/clock.ts'
import type { Egress } from '../base/egress.ts'
import type { NewId } from '../base/ids.ts'
import type { Random } from '../base/random.ts'
import { linesOf } from './account.ts'
import { createFaults } from './faults.ts'
import { newsOf } from './news.ts'
import { bodyOf, createOwnDialect } from './own-dialect.ts'
import { checkPayment, nextDueOf, type SandboxPayment } from './payment.ts'
import { SandboxRefusal } from './refusal.ts'
import type { SandboxSettings } from './settings.ts'
import type { SandboxStore } from './store.ts'
import { createWebhooks, type WebhookDialect } from './webhooks.ts'

export type BookParts = {
  readonly store: SandboxStore
  readonly clock: Clock
  readonly random: Random
  readonly newId: NewId
  readonly egress: Egress
  readonly webhookUrl: string
  readonly secret: string
  /** The sandbox's own when left out. */
  readonly dialect?: WebhookDialect
}

export type BookCore = ReturnType<typeof createBookCore>

/** A timer holds no more (2^31 ms); one that is due later is set again. */
const timerMsMax = 20 * 86_400_000

/** What is to be done at its time, until it is closed. */
function createAgenda(clock: Clock) {
  let isOpen = true
  /** For when each payment is waited for. */
  const watched = new Map<string, number>()
  /** Runs work that is due at a time, now or after a restart. */
  function later(dueAt: number, work: () => void): void {
    const waitMs = Math.max(0, dueAt - clock.now())
    clock.after(Math.min(waitMs, timerMsMax), () => {
      if (!isOpen) return
      if (waitMs > timerMsMax) later(dueAt, work)
      else work()
    })
  }
  return {
    later,
    isOpen: () => isOpen,
    /** One timer for each payment: that of what comes first. */
    watch(id: string, dueAt: number | null, work: () => void): void {
      if (dueAt === null || watched.get(id) === dueAt) return
      watched.set(id, dueAt)
      later(dueAt, () => {
        if (watched.get(id) !== dueAt) return
        watched.delete(id)
        work()
      })
    },
    close(): void {
      isOpen = false
    },
  }
}

/** What is written together, and what begins once it is. */
function createBatch(store: SandboxStore) {
  let waiting: (() => void)[] | null = null
  return {
    whenWritten(task: () => void): void {
      if (waiting === null) task()
      else waiting.push(task)
    },
    /** All that `work` does stands, or nothing of it. */
    atomically<T>(work: () => T): T {
      if (waiting !== null) return work()
      const tasks: (() => void)[] = []
      waiting = tasks
      let result: T
      try {
        result = store.atomically(work)
      } finally {
        waiting = null
      }
      for (const task of tasks) task()
      return result
    },
  }
}

/** `advance`: does to a payment what is due. */
export function createBookCore(parts: BookParts, initial: SandboxSettings, advance: (core: BookCore, id: string) => void) {
  const { store, clock, random, newId } = parts
  let settings = initial
  const now = () => clock.now()
  const faults = createFaults(now)
  const agenda = createAgenda(clock)
  const batch = createBatch(store)
  const webhooks = createWebhooks({
    ...{ store, now, random, newId, faults },
    later: agenda.later,
    isOpen: agenda.isOpen,
    settings: () => settings,
    egress: parts.egress,
    webhookUrl: parts.webhookUrl,
    dialect: parts.dialect ?? createOwnDialect(parts.secret),
    oldBody: bodyOf,
  })

  const core = {
    store,
    newId,
    now,
    faults,
    webhooks,
    /** A real provider's captures have names of their own; what the sandbox takes at once goes by the payment's. */
    isFace: parts.dialect !== undefined,
    settings: (): SandboxSettings => settings,
    set: (changes: Partial<SandboxSettings>): void => void (settings = { ...settings, ...changes }),
    /** Whether something with this share happens now. */
    happens: (share: number): boolean => share > 0 && random.fraction() < share,

    /** @throws SandboxRefusal */
    get(id: string): SandboxPayment {
      const payment = store.getPayment(id)
      if (payment === null) throw new SandboxRefusal('no_payment', 'There is no such payment.')
      return payment
    },

    change: (before: SandboxPayment, set: Partial<SandboxPayment>): SandboxPayment => core.write(before, { ...before, ...set }),

    write(before: SandboxPayment | null, after: SandboxPayment): SandboxPayment {
      checkPayment(after)
      const at = now()
      const lines = linesOf(before, after, { newId, now: at })
      const news = newsOf(before, after)
      const deliveries = news.length === 0 ? [] : webhooks.of({ at, news, before, payment: after, payout: null, lines })
      store.put(after, deliveries, lines)
      batch.whenWritten(() => {
        webhooks.send(deliveries)
        core.watch(after)
      })
      return after
    },

    /** Comes back to it when something is due. */
    watch(payment: SandboxPayment): void {
      const { id } = payment
      agenda.watch(id, nextDueOf(payment), () => advance(core, id))
    },

    atomically: batch.atomically,
    whenWritten: batch.whenWritten,

    stop(): void {
      agenda.close()
      store.close()
    },
  }
  return core
}
