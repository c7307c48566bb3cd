// The effect that erases one person. It waits until its time has come and nothing of theirs is open, closes what is left, and then
// goes through the steps, a few records in each transaction. Whatever ends the process, the next attempt continues at the piece that
// was not written.
import type { Clock } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import type { NewId } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue, type Outcome } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import type { HooksOf } from '../../records/record-hooks.ts'
import type { Model } from '../../schema/model.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Commit, Reader, RecordChange, StorageAdapter } from '../../storage/storage.ts'
import { users } from '../accounts/collections.ts'
import { accountErased } from '../accounts/events.ts'
import { wayBackTo } from '../accounts/proofs.ts'
import { type Erasure, erasures } from './collections.ts'
import { rewrittenLines } from './erase-lines.ts'
import { HookFailed } from './erase-records.ts'
import { advance, erasePiece, isReferredTo, type Step, stepsOf, waitsFor } from './erase-steps.ts'
import type { Person } from './person.ts'

export const eraseKind = effectKind('personal.erase', Type.Object({ erasure: Type.String() }))

/** Accounts that were erased here, kept apart from the database: a restore brings them back, and has to erase them again. */
export type ErasedList = { add(user: string): Promise<void> }

export type ErasingParts = {
  readonly storage: StorageAdapter
  readonly model: Model
  readonly clock: Clock
  /** A transaction of its own, of which no webhook is told. */
  readonly write: <T>(work: (work: Work) => Promise<T>) => Promise<T>
  readonly list: ErasedList
  /** What stands before and behind writes of records. */
  readonly hooksOf: HooksOf
  readonly log: Log
}

export async function oweErasure(work: Pick<Work, 'tx' | 'now' | 'newId'>, { id, dueAt }: Pick<Erasure, 'id' | 'dueAt'>): Promise<void> {
  await enqueue(work, eraseKind, { key: keyOf(id, dueAt), payload: { erasure: id }, dueAt })
}

function keyOf(id: string, dueAt: number): string {
  return `personal.erase:${id}:${dueAt}`
}

/** The rows that have an account erased which a restore has brought back. */
export function erasureOfRestored(user: string, { now, newId }: { readonly now: number; readonly newId: NewId }) {
  const times = { createdAt: now, updatedAt: now, version: 1 }
  const none = { waitsFor: null, isProven: false, address: null, former: null, step: 0, after: null, report: [], doneAt: null }
  const erasure = { id: newId(erasures.prefix!), user, state: 'waiting', dueAt: now, wasDisabled: true, ...none, ...times }
  const owed = { kind: eraseKind.name, key: keyOf(erasure.id, now), payload: { erasure: erasure.id }, dueAt: now, record: null }
  const fresh = { state: 'ready', attempts: 0, failures: null, owner: null, lastError: null }
  return { erasure, effect: { id: newId('eff'), ...owed, ...fresh, ...times } }
}

export function erasePerson(parts: ErasingParts): EffectHandler {
  const steps = stepsOf(parts.model)
  return effectHandler(eraseKind, {
    attemptsMax: 30,
    async perform({ payload, read }): Promise<Outcome<Erasure | null>> {
      const until = parts.clock.monotonic() + limits.personalPieceMs
      let erasure = await read.get(erasures, payload.erasure)
      if (erasure?.state === 'waiting') {
        const pauseMs = await begin(parts, erasure)
        if (pauseMs > 0) return again('It waits until its time has come.', pauseMs)
        erasure = await read.get(erasures, payload.erasure)
      }
      while (erasure?.state === 'running' && erasure.step < steps.length) {
        if (parts.clock.monotonic() >= until) return again(`Step ${erasure.step + 1} of ${steps.length} is under way.`, 0)
        const pauseMs = await take(parts, erasure, steps)
        if (pauseMs > 0) return again('The file of the database was written anew a short time ago.', pauseMs)
        erasure = await read.get(erasures, payload.erasure)
      }
      return { end: 'done', result: erasure?.state === 'running' ? erasure : null }
    },
    async settle({ tx, now, outcome }): Promise<readonly DomainEvent[]> {
      if (outcome.end !== 'done' || outcome.result === null) return []
      const erasure = await tx.get(erasures, outcome.result.id)
      if (erasure?.state !== 'running') return []
      await tx.update(erasures, erasure, { set: { state: 'done', doneAt: now } })
      const user = await tx.get(users, erasure.user)
      return user === null ? [] : [accountErased({ user })]
    },
  })
}

function again(error: string, afterMs: number): Outcome<never> {
  return { end: 'retry', error, afterMs, isNoAttempt: true }
}

/** Answers how long it still has to wait. */
async function begin({ write, model }: ErasingParts, { id }: Erasure): Promise<number> {
  return await write(async ({ tx, now }) => {
    const erasure = await tx.get(erasures, id)
    const user = erasure && (await tx.lock(users, erasure.user, 'exclusive'))
    if (erasure?.state !== 'waiting' || !user) return 0
    if (now < erasure.dueAt) return erasure.dueAt - now
    const address = user.emailVerified ? user.email : null
    const open = await waitsFor(tx, model, { person: { id: user.id, address }, now })
    if (open !== null) {
      if (open !== erasure.waitsFor) await tx.update(erasures, erasure, { set: { waitsFor: open } })
      return limits.erasureLookMs
    }
    await tx.update(erasures, erasure, { set: { state: 'running', waitsFor: null, address: user.email, isProven: user.emailVerified } })
    return 0
  })
}

/** Answers how long the step has to wait before it can be taken; 0 when it was. */
async function take(parts: ErasingParts, erasure: Erasure, steps: readonly Step[]): Promise<number> {
  const step = steps[erasure.step]!
  const waitMs = step.kind === 'file' ? await parts.storage.forgetRemains() : 0
  if (waitMs === 0) await takeNow(parts, erasure, { step, isFirstTurn: erasure.step < steps.findIndex((one) => one.kind === 'account') })
  return waitMs
}

type Taken = { readonly step: Step; readonly isFirstTurn: boolean }

async function takeNow(parts: ErasingParts, erasure: Erasure, { step, isFirstTurn }: Taken): Promise<void> {
  const { address, isProven } = erasure
  const former = erasure.former ?? []
  const person: Person = { id: erasure.user, address: isProven ? address : null, former, typed: address }
  const now = (work: (work: Work, current: Erasure) => Promise<void>) =>
    parts.write(async (given) => {
      // As it was read: another process that has this erasure, too, has gone on.
      const current = await given.tx.get(erasures, erasure.id)
      if (current?.version !== erasure.version) throw new EngineError('conflict')
      await work(given, current)
    })
  if (step.kind === 'lines')
    return await rewriteLines(parts, { erasure, person, advanceNow: (after) => now((work, current) => advance(work, current, { after })) })
  if (step.kind === 'addresses')
    return await gatherAddresses(parts, erasure, (done) => now((work, current) => advance(work, current, done)))
  if (step.kind === 'list') await parts.list.add(person.id)
  const { model, hooksOf } = parts
  for (const manner of ['many', 'one', 'hookless', 'gentle'] as const)
    try {
      return await now((work, current) => erasePiece({ work, model, hooksOf, person, erasure: current, manner, isFirstTurn }, step))
    } catch (error) {
      if (!isReferredTo(error) && !(error instanceof HookFailed)) throw error
      if (manner === 'one' && error instanceof HookFailed)
        parts.log.write('error', 'A hook failed in an erasure: what it stands before is erased without it.', { error: error.cause })
    }
}

/** What the account was called before stands in its own old lines alone. */
async function gatherAddresses(
  parts: ErasingParts,
  { user, former, address, after: from }: Erasure,
  advanceNow: (done: { readonly after: string | null; readonly former: readonly string[] }) => Promise<void>,
): Promise<void> {
  const found = new Set(former ?? [])
  let after: string | null = null
  for await (const commits of linesAfter(parts, from)) {
    for (const email of commits.flatMap(({ changes }) => changes.flatMap((change) => formerAddress(change, user) ?? [])))
      if (email !== address && !(await isOfAnother(parts.storage.reader, email, user))) found.add(email)
    after = behindLast(commits)
  }
  await advanceNow({ after, former: [...found] })
}

/** The lines of a piece, a few at a time: one may hold a hundred changes, and others have their turn in between. */
async function* linesAfter({ storage, clock }: ErasingParts, after: string | null): AsyncGenerator<readonly Commit[]> {
  let last: string | null = after ?? '0'
  for (let seen = 0; last !== null && seen < limits.erasureLinesPerPiece; seen += limits.erasureLinesAtOnce) {
    const commits = await storage.commitsAfter(Number(last), limits.erasureLinesAtOnce)
    yield commits
    last = behindLast(commits)
    await new Promise<void>((resolve) => clock.soon(resolve))
  }
}

/** Null where these were the last. */
function behindLast(commits: readonly Commit[]): string | null {
  return commits.length < limits.erasureLinesAtOnce ? null : String(commits.at(-1)!.position)
}

/** One that somebody had shown to be theirs. */
function formerAddress({ collection, id, record, before }: RecordChange, user: string): string | null {
  const email = before?.['email']
  const wasProven = { ...record, ...before }['emailVerified'] === true
  return collection === users.name && id === user && typeof email === 'string' && wasProven ? email : null
}

/** Whoever has it now, or has the way back to it, keeps what it names. */
async function isOfAnother(read: Reader, email: string, user: string): Promise<boolean> {
  const holder = await findUnique(read, users, eq('email', email))
  if (holder !== null) return holder.id !== user
  const way = await wayBackTo(read, email)
  return way !== null && way.user !== user
}

type Lines = { readonly erasure: Erasure; readonly person: Person; readonly advanceNow: (after: string | null) => Promise<void> }

async function rewriteLines(parts: ErasingParts, { erasure, person, advanceNow }: Lines): Promise<void> {
  const { storage, model } = parts
  let after: string | null = null
  for await (const commits of linesAfter(parts, erasure.after)) {
    const rewritten = await rewrittenLines({ read: storage.reader, model, person, erasure: erasure.id }, commits)
    if (rewritten.length > 0) await storage.rewriteCommits(rewritten)
    after = behindLast(commits)
  }
  await advanceNow(after)
}

/** The erasure of an account that is under way or over; null when there is none. */
export async function erasureOf({ tx }: Pick<Work, 'tx'>, user: string): Promise<Erasure | null> {
  // Beyond the limit: the newest is asked for.
  const found = await tx.find(erasures, { where: eq('user', user), sort: [{ path: 'createdAt', descending: true }], limit: 1 })
  return found[0] ?? null
}
