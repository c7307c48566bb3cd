// The effects runner: claims what is due, carries it out, writes the end. Invariants: an attempt owns
// its effect only until its lease ends; `attempts` is the fence, so the late end of an older attempt
// is refused; nothing is called inside a transaction.

import { isEngineError } from '../base/engine-error.ts'
import type { NewId } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { DomainEvent } from '../contract/events.ts'
import { and, compare, eq, or } from '../contract/filter.ts'
import type { Project } from '../schema/project.ts'
import { inTransaction, type TransactionParts } from '../storage/in-transaction.ts'
import type { Transaction } from '../storage/transaction.ts'
import { type Effect, type EffectHandler, effects, type Outcome } from './effect.ts'

export type RunnerParts = TransactionParts & {
  readonly log: Log
  readonly newId: NewId
  readonly newSecret: (prefix: string) => string
  readonly project: Project
  readonly handlers: readonly EffectHandler[]
  /** Writes what follows from events into the same transaction. */
  readonly react: (tx: Transaction, now: number, events: readonly DomainEvent[]) => Promise<void>
  readonly slots?: number
}

export type EffectRunner = {
  start(): void
  /** Looks for due effects now instead of at the next poll. */
  wake(): void
  /** Runs effects born leased to this process; resolves when each attempt has ended. */
  runAwaited(ids: readonly string[]): Promise<void>
  /** Claims nothing more and resolves when the attempts under way have ended. */
  stop(): Promise<void>
}

export function createEffectRunner(parts: RunnerParts): EffectRunner {
  const { clock, log, storage } = parts
  const handlers = new Map(parts.handlers.map((handler) => [handler.kind, handler]))
  const slots = parts.slots ?? limits.effectSlots
  const active = new Map<string, Promise<void>>()
  let isRunning = false
  let isClaiming = false
  let isWanted = false
  let cancelPoll = () => {}

  async function claim(): Promise<readonly Effect[]> {
    const free = slots - active.size
    if (free <= 0) return []
    return await inTransaction(parts, cause('claim'), async (tx, now) => {
      const isDue = or(
        and(eq('state', 'ready'), compare('dueAt', 'lte', now)),
        and(eq('state', 'running'), compare('leaseUntil', 'lt', now)),
      )
      const due = await tx.find(effects, { where: isDue, sort: [{ path: 'dueAt', descending: false }], limit: free })
      const claimed: Effect[] = []
      for (const effect of due) {
        const attempts = effect.attempts + 1
        const leaseUntil = now + limits.effectLeaseMs
        const guard = and(eq('state', effect.state), eq('attempts', effect.attempts))
        if (await tx.touch(effects, effect.id, { set: { state: 'running', attempts, leaseUntil } }, guard))
          claimed.push({ ...effect, state: 'running', attempts, leaseUntil, version: effect.version + 1 })
      }
      return claimed
    })
  }

  async function claimAll(): Promise<void> {
    if (isClaiming) {
      isWanted = true
      return
    }
    isClaiming = true
    try {
      do {
        isWanted = false
        for (const effect of await claim()) void begin(effect)
      } while (isWanted && isRunning)
    } catch (error) {
      log.write('error', 'Effects could not be claimed.', { error })
    } finally {
      isClaiming = false
    }
  }

  function begin(effect: Effect): Promise<void> {
    const attempt = carryOut(effect)
      .catch((error) =>
        log.write('error', 'The end of an effect could not be written; its lease will pass it on.', { effect: effect.id, error }),
      )
      .finally(() => {
        active.delete(effect.id)
        if (isRunning && active.size === slots - 1) wake()
      })
    active.set(effect.id, attempt)
    return attempt
  }

  async function carryOut(effect: Effect): Promise<void> {
    const handler = handlers.get(effect.kind)
    const outcome = handler ? await perform(handler, effect) : ({ end: 'dead', error: `Nothing here carries out ${effect.kind}.` } as const)
    const settled = outOfAttempts(handler, effect, outcome)
    await inTransaction(parts, cause(effect.kind), async (tx, now) => {
      const guard = and(eq('state', 'running'), eq('attempts', effect.attempts))
      const ended = await tx.adjust(effects, effect.id, { set: endOf(effect, settled, now, parts.random.fraction()) }, guard)
      // Somebody else owns it by now: what they write counts.
      if (ended === null) return log.write('warn', 'A late attempt was refused.', { effect: effect.id, attempt: effect.attempts })
      const events = await handler?.settle?.({
        tx,
        effect,
        outcome: settled,
        now,
        newId: parts.newId,
        newSecret: parts.newSecret,
        project: parts.project,
      })
      if (events) await parts.react(tx, now, events)
    })
  }

  async function perform(handler: EffectHandler, effect: Effect): Promise<Outcome> {
    try {
      return await handler.perform({ effect, read: storage.reader, now: clock.now(), project: parts.project })
    } catch (error) {
      if (!isEngineError(error)) log.write('error', 'An effect broke.', { effect: effect.id, kind: effect.kind, error })
      return { end: 'retry', error: error instanceof Error ? error.message : String(error) }
    }
  }

  function wake(): void {
    if (isRunning) void claimAll()
  }

  function poll(): void {
    cancelPoll = clock.after(limits.effectPollMs, () => {
      wake()
      if (isRunning) poll()
    })
  }

  storage.onCommit((commit) => {
    const isReady = commit.changes.some(
      ({ collection, action, record }) =>
        collection === 'effects' && action === 'created' && record['state'] === 'ready' && (record['dueAt'] as number) <= commit.at,
    )
    if (isReady) wake()
  })

  return {
    start() {
      isRunning = true
      wake()
      poll()
    },
    wake,
    async runAwaited(ids) {
      const found = await Promise.all(ids.map((id) => storage.reader.get(effects, id)))
      await Promise.all(found.map((effect) => (effect?.state === 'running' && !active.has(effect.id) ? begin(effect) : undefined)))
    },
    async stop() {
      isRunning = false
      cancelPoll()
      await Promise.all(active.values())
    },
  }
}

function cause(kind: string) {
  return { operation: `effects.${kind}`, actor: 'system', requestId: '' }
}

function outOfAttempts(handler: EffectHandler | undefined, effect: Effect, outcome: Outcome): Outcome {
  const attemptsMax = handler?.attemptsMax ?? limits.effectAttemptsMax
  if (outcome.end !== 'retry' || effect.attempts < attemptsMax) return outcome
  return { end: 'dead', error: `${outcome.error} (gave up after ${effect.attempts} attempts)` }
}

/** The fields that end an attempt. `fraction` spreads retries over the whole pause (full jitter). */
function endOf(effect: Effect, outcome: Outcome, now: number, fraction: number) {
  if (outcome.end === 'done') return { state: 'done', leaseUntil: null, lastError: null }
  if (outcome.end !== 'retry') return { state: outcome.end, leaseUntil: null, lastError: outcome.error }
  const ceiling = Math.min(limits.effectBackoffMaxMs, limits.effectBackoffMs * 2 ** effect.attempts)
  const pauseMs = outcome.afterMs ?? Math.ceil(ceiling * (0.1 + 0.9 * fraction))
  return { state: 'ready', leaseUntil: null, dueAt: now + pauseMs, lastError: outcome.error }
}
