// The effects runner: claims what is due, carries it out, writes the end. Invariants: an attempt owns
// its effect only until its lease ends; the row's version is the fence, so the late end of an older attempt
// is refused; nothing is called inside a transaction.

import { type Clock, sleep } from '../base/clock.ts'
import { isEngineError } from '../base/engine-error.ts'
import { textOf } from '../base/error-text.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import { errorCodes } from '../contract/error-codes.ts'
import type { DomainEvent } from '../contract/events.ts'
import { and, compare, eq } from '../contract/filter.ts'
import type { Ended } from '../operation/define.ts'
import { type Work, type WorkParts, workIn } from '../operation/work.ts'
import type { AnyRecord } from '../schema/collection.ts'
import { recordOf } from '../schema/collection.ts'
import { inTransaction, type TransactionParts } from '../storage/in-transaction.ts'
import type { Transaction } from '../storage/transaction.ts'
import { createBornLine } from './born-line.ts'
import { claimDue, type EffectRole } from './claim.ts'
import { type Effect, type EffectHandler, effects, type Outcome, type PerformContext, takeSubject } from './effect.ts'
import { createFailureLog } from './failure-log.ts'
import { createOwnRests } from './own-rests.ts'
import { createPlaces } from './places.ts'

export type RunnerParts = TransactionParts &
  WorkParts & {
    readonly log: Log
    readonly handlers: readonly EffectHandler[]
    /** Writes what follows from events into the same transaction. */
    readonly react: (work: Work, events: readonly DomainEvent[]) => Promise<void>
    readonly slots?: number
    /** Names this process as the owner of its leases. */
    readonly workerId: string
  }

type Alongside = (tx: Transaction, ended: Ended) => Promise<void>

export type EffectRunner = {
  start(roles?: readonly EffectRole[]): Promise<void>
  /** Whether this process carries out effects of this kind now, and has a place for one. */
  carriesOut(kind: string): boolean
  /** Looks for due effects now instead of at the next poll. */
  wake(): void
  /**
   * Runs effects born leased to this process; resolves when each attempt has ended. `write` adds to the transaction that ends
   * the only one, where that end tells its record and nothing follows from it.
   */
  runAwaited(ids: readonly string[], write?: Alongside): Promise<Ended>
  /** Claims nothing more and resolves when the attempts under way have ended. */
  stop(): Promise<void>
}

export function createEffectRunner(parts: RunnerParts): EffectRunner {
  const { clock, log, storage } = parts
  const handlers = new Map(parts.handlers.map((handler) => [handler.kind.name, handler]))
  const slots = parts.slots ?? limits.effectSlots
  const tellFailure = createFailureLog(parts)
  const active = new Map<string, Promise<AnyRecord | null>>()
  /** By their effects: what is written beside the ends of those that somebody waits for. */
  const awaited = new Map<string, Alongside>()
  const places = createPlaces(handlers, slots)
  const rests = createOwnRests(parts, places.kinds)
  /** Leased to this process and waiting for a slot. */
  const born = createBornLine(places)
  let roles: readonly EffectRole[] = []
  let isRunning = false
  let isClaiming = false
  let isWanted = false
  /** More may be due than there were slots for. */
  let mayBeMore = false
  let claiming: Promise<void> = Promise.resolve()
  let cancelPoll = () => {}

  const isOurs = (kind: string) => isRunning && roles.includes(handlers.get(kind)?.role ?? 'worker')
  const carriesOut = (kind: string) => isOurs(kind) && places.hasRoom(kind)

  async function claimSome(): Promise<void> {
    const free = slots - active.size
    mayBeMore = free <= 0
    if (mayBeMore) return
    await clock.refresh?.()
    const claim = await claimDue(parts, { handlers, roles, places, limit: free })
    if (claim.own) places.noteSeen(claim.own)
    places.noteLeft(claim.fewLeft)
    for (const effect of claim.dead) {
      rests.hear(effect)
      tellFailure(effect, { end: 'dead', error: effect.lastError! })
    }
    if (isRunning) for (const effect of claim.taken) void begin(effect, effect === claim.again)
    else for (const effect of claim.taken) born.add(effect)
    // No place is left for what waits here of the project before what was cut off has been made again.
    if (claim.own && (claim.again || claim.own.isCutOffLeft)) for (const effect of born.removeOwn()) void begin(effect)
    mayBeMore = claim.mayBeMore
    if (claim.isContested) isWanted = true
  }

  async function claimAll(): Promise<void> {
    isClaiming = true
    try {
      do {
        isWanted = false
        await claimSome()
      } while (isWanted && isRunning)
    } catch (error) {
      // Another was first at all of them, where a lost guard ends the transaction: what is left is looked for again soon.
      const isLost = isEngineError(error, 'conflict')
      log.write(isLost ? 'info' : 'error', 'Effects could not be claimed.', { error })
    } finally {
      isClaiming = false
    }
  }

  /** Resolves to the record that the effect is about, where its end tells that. `isAgain`: its attempt before was cut off. */
  function begin(effect: Effect, isAgain = false): Promise<AnyRecord | null> {
    // One that waited here until its lease is nearly over goes back: another attempt could begin beside it.
    const isLate = effect.dueAt - clock.now() < limits.effectCallMs || !places.take(effect, isAgain)
    const attempt = (isLate ? handBack(parts, effect, isAgain) : carryOut(effect))
      .catch((error) => {
        log.write('error', 'The end of an effect could not be written; its lease will pass it on.', { effect: effect.id, error })
        return null
      })
      .finally(() => {
        active.delete(effect.id)
        places.leave(effect)
        const next = isRunning ? born.next() : undefined
        if (next) void begin(next)
        else if (isRunning && isRoomForMore()) wake()
      })
    active.set(effect.id, attempt)
    return attempt
  }

  /** Not at each slot that falls free: a claim is a round trip, and one round trip takes many. */
  function isRoomForMore(): boolean {
    const others = active.size - places.taken()
    return (mayBeMore && others <= (slots - places.taken()) / 2) || places.wantsMore()
  }

  async function giveUp(effect: Effect): Promise<void> {
    await handBack(parts, effect).catch((error) =>
      log.write('error', 'An effect could not be handed back; its lease will pass it on.', { effect: effect.id, error }),
    )
  }

  async function carryOut(effect: Effect): Promise<AnyRecord | null> {
    const handler = handlers.get(effect.kind)
    const payload = handler?.kind.payloadOf(effect) ?? null
    const whyNot = handler ? rests.of(effect.kind) : `Nothing here carries out ${effect.kind}.`
    const outcome = !handler || whyNot !== null ? waiting(parts, effect, whyNot!) : await perform(parts, handler, { effect, payload })
    const settled = outOfAttempts(handler, effect, keepable(outcome))
    tellFailure(effect, settled)
    const ending = { handler, effect, payload, alongside: awaited.get(effect.id) }
    return await endAttempt(parts, ending, settled, () => isRunning)
  }

  /** An attempt somebody waits for does not queue behind the others. */
  async function runNow(id: string): Promise<AnyRecord | null> {
    const under = active.get(id)
    if (under) return await under
    const effect = born.remove(id) ?? (await storage.reader.get(effects, id))
    if (effect?.state === 'running' && effect.owner === parts.workerId && !active.has(id)) return await begin(effect)
    return null
  }

  function wake(): void {
    if (roles.length === 0) return
    if (isClaiming) isWanted = true
    else if (isRunning) claiming = claimAll()
  }

  function poll(): void {
    cancelPoll = clock.after(limits.effectPollMs, () => {
      wake()
      if (isRunning) poll()
    })
  }

  /** What this process wrote and owns from birth begins right after its commit. */
  function beginBorn(effect: Effect): void {
    if (effect.state !== 'running' || effect.owner !== parts.workerId || active.has(effect.id)) return
    if (isRunning && active.size < slots && places.hasRoom(effect.kind)) void begin(effect)
    else born.add(effect)
  }

  const isDue = ({ state, dueAt, kind }: Effect, at: number) => state === 'ready' && dueAt <= at && isOurs(kind) && places.noteDue(kind)

  hearOfEffects(parts, { isDue, wake, born: beginBorn, all: rests.hear })

  return {
    async start(wanted = ['worker', 'mail']) {
      roles = wanted
      if (!storage.capabilities.isShared) await takeOver(parts)
      await rests.read()
      isRunning = true
      if (roles.length === 0) return
      wake()
      poll()
    },
    carriesOut,
    wake,
    async runAwaited(ids, write) {
      const [first] = ids
      if (write && first !== undefined && ids.length === 1) awaited.set(first, write)
      const subjects = await Promise.all(ids.map(runNow)).finally(() => ids.map((id) => awaited.delete(id)))
      return endedOf(subjects)
    },
    async stop() {
      isRunning = false
      cancelPoll()
      // What a claim or a settlement under way still leases to this process is handed back too.
      await claiming
      while (active.size + born.size() > 0) await Promise.all([...active.values(), ...born.removeAll().map(giveUp)])
    },
  }
}

type Heard = { isDue(effect: Effect, at: number): boolean; wake(): void; born(effect: Effect): void; all(effect: Effect): void }

/** What nobody has yet is claimed as soon as it is heard of, whichever process wrote it: where only this one writes, by its commits. */
function hearOfEffects({ storage }: RunnerParts, { isDue, wake, born, all }: Heard): void {
  const { isShared } = storage.capabilities
  storage.onCommit((line) => {
    let isWaiting = false
    for (const { collection, action, record } of line.changes) {
      if (collection !== effects.name || action === 'deleted') continue
      const effect = recordOf(effects, record)
      if (action === 'created') born(effect)
      if (isShared) continue
      all(effect)
      isWaiting ||= isDue(effect, line.at)
    }
    if (isWaiting) wake()
  })
  if (!isShared) return
  storage.onFeed(({ at, changes }) => {
    let isWaiting = false
    for (const { collection, action, record } of changes) {
      if (collection !== effects.name || action === 'deleted') continue
      const effect = recordOf(effects, record)
      all(effect)
      isWaiting ||= isDue(effect, at)
    }
    if (isWaiting) wake()
  })
}

function endedOf(subjects: readonly (AnyRecord | null)[]): Ended {
  const ended = new Map<string, AnyRecord>()
  for (const record of subjects) if (record !== null) ended.set(record.id, record)
  return ended
}

/** `payload`: of `effect`, as its kind reads it; null when it cannot. */
type Stored = { readonly effect: Effect; readonly payload: unknown }

/**
 * What this process cannot carry out, such as the effect of a handler that is gone after a deploy or that only newer
 * processes have. It waits, says why, and loses none of its attempts: the longer it is owed, the rarer it is looked at.
 */
function waiting({ clock }: RunnerParts, { createdAt }: Effect, error: string): Outcome {
  const afterMs = Math.min(limits.effectBackoffMaxMs, Math.max(limits.effectWaitMs, clock.now() - createdAt))
  return { end: 'retry', error, afterMs, isNoAttempt: true }
}

/** The storage's word: the same may pass later. */
function isPassing(error: unknown): boolean {
  return isEngineError(error) && ['now', 'later'].includes(errorCodes[error.code].retry)
}

type Ending = Stored & {
  readonly handler: EffectHandler | undefined
  readonly alongside: Alongside | undefined
  /**
   * Nobody could be told that it may have happened. It counts as one attempt that failed and one of which nobody knows the end, so that the next
   * one is known to be perhaps the second.
   */
  readonly isUnheard?: true
}

/** An end that cannot be written makes a failed attempt: one without an end would be made again for ever. */
async function endAttempt(parts: RunnerParts, ending: Ending, outcome: Outcome, mayWait: () => boolean): Promise<AnyRecord | null> {
  const { effect, handler } = ending
  const end = (how: Outcome, by = ending) => whileLeased({ clock: parts.clock, effect, mayWait }, () => writeEnd(parts, by, how))
  try {
    return await end(outcome)
  } catch (error) {
    if (isPassing(error)) throw error
    // What follows from it is code of its handler; all else is the storage's.
    const what = isEngineError(error)
      ? 'What came of an effect could not be written.'
      : 'What follows from an effect failed: it counts as a failed attempt.'
    parts.log.write('error', what, { effect: effect.id, kind: effect.kind, error })
    const isUncertain = mayHaveHappened(outcome)
    const failed = outOfAttempts(handler, effect, { end: 'retry', error: textOf(error), ...(isUncertain && { isUncertain }) })
    const alone = { ...ending, handler: undefined }
    // Its `settle` hears of the failure, and that it may be made twice, unless that is what fails.
    if (!isUncertain) return await end(failed, alone)
    return await end(failed).catch((again) => {
      if (isPassing(again)) throw again
      return end(failed, { ...alone, isUnheard: true })
    })
  }
}

/** Outside: what is made again after it may be there twice. */
function mayHaveHappened(outcome: Outcome): boolean {
  return outcome.end === 'done' || outcome.end === 'unknown' || (outcome.end === 'retry' && outcome.isUncertain === true)
}

/** Answers what `settle` tells, where no events follow. */
async function writeEnd(parts: RunnerParts, ending: Ending, outcome: Outcome): Promise<AnyRecord | null> {
  const { handler, effect, payload, alongside, isUnheard } = ending
  return await inTransaction(parts, cause(effect.kind), async (tx, now) => {
    const set = { ...endOf(effect, outcome, now, parts.random.fraction()), ...(isUnheard && { attempts: effect.attempts + 1 }) }
    // Code of a project hears of an end that counts, and of no other: it is waited for.
    const ended = await tx.updateIfUnchanged(effects, effect, { set }, handler?.ownCode === undefined ? 'rare' : 'usual')
    // Somebody else owns it by now: what they write counts.
    if (ended === null) parts.log.write('warn', 'A late attempt was refused.', { effect: effect.id, attempt: effect.attempts })
    if (ended === null || payload === null) return null
    const work = workIn(parts, tx, now)
    let subject: AnyRecord | null = null
    const tell = (record: AnyRecord) => void (subject = record)
    const events = (await handler?.settle?.({ ...work, effect, payload, outcome, tell })) ?? []
    if (events.length > 0) {
      await parts.react(work, events)
      return null
    }
    if (subject !== null) await alongside?.(tx, endedOf([subject]))
    return subject
  })
}

async function perform(parts: RunnerParts, handler: EffectHandler, { effect, payload }: Stored): Promise<Outcome> {
  const { log, storage, clock, project } = parts
  if (payload === null) return waiting(parts, effect, `What is stored for it is not what ${effect.kind} takes here.`)
  try {
    const { reader: read } = storage
    const subject: PerformContext<unknown>['subject'] = async (ref, id) => takeSubject(ref, effect, id) ?? (await read.get(ref, id))
    return await handler.perform({ effect, payload, subject, read, now: clock.now(), project })
  } catch (error) {
    if (!isEngineError(error)) log.write('error', 'An effect broke.', { effect: effect.id, kind: effect.kind, error })
    return { end: 'retry', error: textOf(error) }
  }
}

type Lease = { readonly clock: Clock; readonly effect: Effect; mayWait(): boolean }

/** What was learned outside would be lost with the attempt: a database that is away is asked again until the lease nearly ends. */
async function whileLeased<T>({ clock, effect, mayWait }: Lease, write: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if (!isPassing(error) || !mayWait() || clock.now() + 2 * limits.effectPollMs > effect.dueAt) throw error
      await sleep(clock, limits.effectPollMs)
    }
  }
}

/** A database that one process has to itself: whatever is leased belongs to a process that is dead. */
async function takeOver(parts: RunnerParts): Promise<void> {
  await inTransaction(parts, cause('takeOver'), async (tx, now) => {
    for (;;) {
      const where = and(eq('state', 'running'), compare('dueAt', 'gt', now))
      // Beyond the limit: the next turn of this loop.
      const leased = await tx.find(effects, { where, limit: limits.pageSizeMax })
      for (const { id, attempts } of leased) await tx.touch(effects, id, { set: { dueAt: now, owner: null } }, eq('attempts', attempts))
      if (leased.length < limits.pageSizeMax) return
    }
  })
}

/** `isAgain`: it stays what was cut off. */
async function handBack(parts: RunnerParts, effect: Effect, isAgain = false): Promise<null> {
  return await inTransaction(parts, cause('handBack'), async (tx, now) => {
    const guard = and(eq('state', 'running'), eq('attempts', effect.attempts))
    // The attempt was not made, so it does not count.
    const set = { state: isAgain ? 'running' : 'ready', attempts: effect.attempts - 1, dueAt: now, owner: null }
    await tx.touch(effects, effect.id, { set }, guard)
    return null
  })
}

function cause(kind: string) {
  return { operation: `effects.${kind}`, actor: 'system', requestId: '' }
}

/**
 * It is given up by what the other side has failed. An attempt whose end nobody wrote, because its process died or the database was
 * away, is not held against it: a bad hour of ours would use up what a mail server or a provider is given.
 */
function outOfAttempts(handler: EffectHandler | undefined, effect: Effect, outcome: Outcome): Outcome {
  const attemptsMax = handler?.attemptsMax ?? limits.effectAttemptsMax
  if (outcome.end !== 'retry' || outcome.isNoAttempt || failuresOf(effect) < attemptsMax) return outcome
  const after = ` (gave up after ${failuresOf(effect)} failures)`
  const isLast = outcome.isUncertain === true && ({ isLastUncertain: true } as const)
  return { end: 'dead', isUncertain: true, ...isLast, error: textOf(outcome.error, limits.refusalCharactersMax - after.length) + after }
}

/** What others say is kept by the effect and by what it is about: in characters that every database holds, and not more than is read. */
function keepable(outcome: Outcome): Outcome {
  return outcome.end === 'done' ? outcome : { ...outcome, error: textOf(outcome.error) }
}

/** With the attempt that fails now. */
function failuresOf({ failures }: Effect): number {
  return (failures ?? 0) + 1
}

/** The fields that end an attempt. `fraction` spreads retries over the whole pause (full jitter). */
function endOf(effect: Effect, outcome: Outcome, now: number, fraction: number) {
  if (outcome.end === 'done') return { state: 'done', owner: null, lastError: null }
  if (outcome.end !== 'retry') return { state: outcome.end, owner: null, lastError: outcome.error }
  const ceiling = Math.min(limits.effectBackoffMaxMs, limits.effectBackoffMs * 2 ** failuresOf(effect))
  const pauseMs = outcome.afterMs ?? Math.ceil(ceiling * (0.1 + 0.9 * fraction))
  const counts = outcome.isNoAttempt ? { attempts: effect.attempts - 1 } : { failures: failuresOf(effect) }
  return { state: 'ready', ...counts, owner: null, dueAt: now + pauseMs, lastError: outcome.error }
}
