// A shop whose process dies at a step that a test names, and is started again by whoever needs it next. Everything that it does to
// the world outside is a step: each statement, each commit before and after it is durable, each call of the provider and each mail
// before and after its effect. Time moves by leaps alone. What is dead writes nothing, hears nothing and is answered nothing.
import { type Clock, sleep, systemClock } from '../../src/base/clock.ts'
import { isEngineError } from '../../src/base/engine-error.ts'
import { createIdSource } from '../../src/base/ids.ts'
import { limits } from '../../src/base/limits.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { ShopConfig } from '../../src/config/backend-config.ts'
import { type CapturePolicy, sandbox } from '../../src/config/payment-makers.ts'
import type { Message } from '../../src/domains/emails/transport.ts'
import type { PaymentProvider } from '../../src/domains/payments/provider.ts'
import { type Backend, createBackend } from '../../src/engine/backend.ts'
import { createEngine, type Engine } from '../../src/engine/create-engine.ts'
import type { Reply } from '../../src/operation/run-operation.ts'
import { createSandboxProvider } from '../../src/payment-providers/sandbox/adapter.ts'
import { createSandboxBook, type SandboxBook } from '../../src/sandbox/book.ts'
import { createMemoryStore } from '../../src/sandbox/store.ts'
import { sandboxMethods } from '../../src/sandbox/taking.ts'
import type { Commit, CommitLine, Reader, StorageAdapter } from '../../src/storage/storage.ts'
import { createCountingHasher } from './api-harness.ts'
import { type Call, call } from './engines.ts'
import { openEmpty } from './reused-storage.ts'
import { counted, settled } from './settled.ts'
import { backend as config } from './shop.config.ts'

export type MortalShop = {
  readonly backend: Backend
  /** As an onlooker reads it: no step of the shop. */
  readonly storage: StorageAdapter
  readonly book: SandboxBook
  readonly taken: readonly Message[]
  readonly logged: readonly string[]
  now(): number
  /** Whether the provider has webhooks that nobody has taken. */
  hasNews(): boolean
  /** Counts the steps from now on, and dies at the one of this name. */
  watch(dieAt: string | null): void
  /** The steps since, and whether the shop died. */
  watched(): { readonly steps: readonly string[]; readonly isDead: boolean }
  /** A caller who asks again, under the same key, until there is an answer. */
  insist(operation: string, given: Call): Promise<Reply>
  leap(ms: number): Promise<void>
  /** Requests to the provider wait on their way, until `arrive`; the caller hears nothing. */
  delay(isDelayed: boolean): void
  arrive(): void
  /** Until so much time has passed, by leaps that others make. */
  wait(ms: number): Promise<void>
  close(): Promise<void>
}

type Process = { isAlive: boolean; engine: Engine | null; readonly died: Promise<null>; die(): void }

const never = <T>() => new Promise<T>(() => {})

export type MortalOptions = {
  readonly capture?: CapturePolicy
  /** Stands in for the provider, which it is given. */
  readonly provider?: (real: PaymentProvider) => PaymentProvider
}

export async function openMortalShop({
  capture = 'placement',
  provider: standIn = (real) => real,
}: MortalOptions = {}): Promise<MortalShop> {
  const { clockOf, leap, now } = createLeapingClock()
  const clock = clockOf(() => true)
  const shop = { ...(config.shop as ShopConfig), payments: [sandbox({ capture })] }
  const backend = createBackend(
    { ...config, shop },
    { publicUrl: 'http://shop.example', isDevelopment: true, paymentProviders: [{ id: 'sandbox', methods: sandboxMethods }] },
  )
  const opened = await openEmpty(backend.model, clock)
  const storage = opened.capabilities.isShared ? counted(opened) : opened
  const watch = createWatch()
  const taken: Message[] = []
  const logged: string[] = []
  let process: Process | null = null
  let late: (() => void)[] | null = null
  const delayed: (() => void)[] = []
  const listeners = { commit: (_line: CommitLine) => {}, feed: (_commit: Commit) => {} }
  storage.onCommit((line) => listeners.commit(line))
  storage.onFeed((commit) => listeners.feed(commit))

  const secret = 'sbx_test'
  const store = createMemoryStore()
  const book = createSandboxBook({
    store,
    clock,
    random: systemRandom,
    newId: createIdSource(clock, systemRandom),
    webhookUrl: 'sandbox',
    secret,
    egress: {
      async request({ body = '', headers = {} }) {
        const answer = await ask('payments.receiveWebhook', { input: { provider: 'sandbox' }, rawBody: body, headers })
        if (answer === null) throw new Error('connection reset')
        return { status: answer.status, body: '' }
      },
    },
  })

  async function boot(): Promise<Process> {
    const one = createProcess()
    const reach = (step: string) => one.isAlive && watch.reach(step) && (one.die(), true)
    const isGone = (step?: string) => !one.isAlive || (step !== undefined && reach(step))
    const provider = createSandboxProvider(book, {
      secret,
      pagesUrl: 'http://shop.example/sandbox',
      async call(name, work) {
        if (isGone(`${name}: before the provider has it`)) return await never()
        if (late !== null && name !== 'fetch') {
          late.push(() => void work())
          throw new Error('timeout')
        }
        const value = await work()
        return isGone(`${name}: the provider has done it`) ? await never() : value
      },
    })
    one.engine = await createEngine({
      backend,
      storage: mortal(storage, isGone, (commit, feed) => Object.assign(listeners, { commit, feed })),
      clock: clockOf(() => one.isAlive),
      random: systemRandom,
      log: {
        write: (level, message, fields) => void (one.isAlive && logged.push(`${level}: ${message} ${String(fields?.['error'] ?? '')}`)),
      },
      services: { passwords: createCountingHasher() },
      providers: [standIn(provider)],
      mail: {
        async send(message) {
          if (isGone('a mail: before its server has it')) return await never()
          taken.push(message)
          return isGone('a mail: its server has taken it') ? await never() : { status: 'accepted', reply: '250' }
        },
        close: async () => {},
      },
      replace: { schedules: (all) => all.filter(({ name }) => !name.endsWith('.forget') && !name.endsWith('.sweep')) },
    })
    await one.engine.start()
    return one
  }

  async function up(): Promise<Process> {
    if (process?.isAlive !== true) process = await boot()
    return process
  }

  /** Null: whoever was asked died. */
  async function ask(operation: string, given: Call): Promise<Reply | null> {
    if (process?.isAlive !== true) return null
    const { engine, died } = process
    const reply = await Promise.race([call(engine!, operation, given), died])
    return reply !== null && !process.isAlive ? null : reply
  }

  return {
    ...{ backend, storage, book, taken, logged, now },
    hasNews: () => store.openDeliveries().length > 0,
    watch: watch.begin,
    watched: watch.end,
    async insist(operation, given) {
      for (let tries = 0; tries < 5; tries++) {
        await up()
        let ended: { readonly reply: Reply | null } | { readonly error: unknown } | undefined
        ask(operation, given).then(
          (reply) => (ended = { reply }),
          (error: unknown) => (ended = { error }),
        )
        for (let waits = 0; ended === undefined && waits < 60; waits++) {
          await settled()
          if (ended === undefined) await leap(250)
        }
        const end = ended as { readonly reply?: Reply | null; readonly error?: unknown } | undefined
        // Whoever died had begun it: what came of that is asked for later.
        const isUnderWay = isEngineError(end?.error, 'idempotency_in_flight')
        if (isUnderWay) await leap(limits.effectLeaseMs)
        else if (end?.error !== undefined) throw end.error
        if (end?.reply) return end.reply
      }
      throw new Error(`${operation} got no answer.`)
    },
    async leap(ms) {
      await up()
      await leap(ms)
    },
    delay(isDelayed) {
      if (late !== null) delayed.push(...late)
      late = isDelayed ? [] : null
    },
    arrive() {
      for (const task of delayed.splice(0)) task()
    },
    wait: (ms) => sleep(clock, ms),
    async close() {
      book.stop()
      process?.die()
      await settled()
      await storage.close()
    },
  }
}

function createProcess(): Process {
  let tell = () => {}
  const died = new Promise<null>((resolve) => {
    tell = () => resolve(null)
  })
  const one: Process = {
    isAlive: true,
    engine: null,
    died,
    die() {
      one.isAlive = false
      tell()
    },
  }
  return one
}

/** Steps by their names; those of one name are told apart by their number. */
function createWatch() {
  let steps: string[] | null = null
  let dieAt: string | null = null
  let isDead = false
  const counts = new Map<string, number>()
  return {
    begin(at: string | null): void {
      steps = []
      dieAt = at
      isDead = false
      counts.clear()
    },
    end(): { readonly steps: readonly string[]; readonly isDead: boolean } {
      const told = { steps: steps ?? [], isDead }
      steps = null
      return told
    },
    /** Whether it is the one to die at. */
    reach(step: string): boolean {
      if (steps === null || isDead) return false
      const count = (counts.get(step) ?? 0) + 1
      counts.set(step, count)
      const name = count === 1 ? step : `${step} (${count})`
      steps.push(name)
      isDead = name === dieAt
      return isDead
    },
  }
}

type IsGone = (step?: string) => boolean
type Listen = (commit: (line: CommitLine) => void, feed: (commit: Commit) => void) => void

/** The storage as a process sees it that may die: a transaction without a commit is undone, as the database does when its client is gone. */
function mortal(storage: StorageAdapter, isGone: IsGone, listen: Listen): StorageAdapter {
  const gone = new Error('the process is dead')
  const commits: ((line: CommitLine) => void)[] = []
  const feeds: ((commit: Commit) => void)[] = []
  listen(
    (line) => {
      if (!isGone('a commit: it is durable')) for (const tell of commits) tell(line)
    },
    (commit) => {
      if (!isGone()) for (const tell of feeds) tell(commit)
    },
  )
  return {
    ...storage,
    reader: everyCall<Reader>(storage.reader, async (_name, ask) => {
      if (isGone()) return await never()
      const answer = await ask()
      return isGone() ? await never() : answer
    }),
    async transaction(work) {
      if (isGone()) return await never()
      try {
        const result = await storage.transaction(async (inner) => {
          const steps = everyCall(inner, async (name, ask, of) => {
            if (isGone(`statement: ${name} ${of}`)) throw gone
            return await ask()
          })
          const value = await work(steps)
          if (isGone('a commit: before it')) throw gone
          return value
        })
        return isGone('a commit: before its caller hears of it') ? await never() : result
      } catch (error) {
        if (isGone()) return await never()
        throw error
      }
    },
    onCommit: (listener) => void commits.push(listener),
    onFeed: (listener) => void feeds.push(listener),
    close: async () => {},
  }
}

type Through = (name: string, ask: () => unknown, of: string) => Promise<unknown>

function everyCall<T extends object>(target: T, through: Through): T {
  const calls = Object.entries(target).map(([name, value]) => [
    name,
    typeof value !== 'function'
      ? value
      : (...given: unknown[]) => through(name, () => value.apply(target, given), (given[0] as { name?: string } | undefined)?.name ?? ''),
  ])
  return Object.fromEntries(calls) as T
}

const startMs = Date.UTC(2026, 10, 24, 12)

/** Each leap lands at its end, and what was due on the way runs then, as on a machine that was asleep. */
function createLeapingClock() {
  let now = startMs
  const timers = new Set<{ readonly at: number; readonly task: () => void }>()
  const clockOf = (isAlive: () => boolean): Clock => ({
    now: () => now,
    monotonic: () => now,
    after(delayMs, task) {
      const timer = { at: now + delayMs, task: () => void (isAlive() && task()) }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    soon: (task) => systemClock.soon(() => void (isAlive() && task())),
  })
  return {
    clockOf,
    now: () => now,
    async leap(ms: number): Promise<void> {
      now += ms
      await settled()
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at)
        if (due.length === 0) return
        for (const timer of due) if (timers.delete(timer)) timer.task()
        await settled()
      }
    },
  }
}
