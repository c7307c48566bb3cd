// Schedules: bounded upkeep that is due every so often. A tick is a guarded step of the schedule's row
// in the transaction that does the work, so it happens once however many processes look.
import { staff } from '../access/rule.ts'
import type { Cancel } from '../base/clock.ts'
import { isEngineError } from '../base/engine-error.ts'
import { textOf } from '../base/error-text.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { DomainEvent } from '../contract/events.ts'
import { and, compare, eq, oneOf } from '../contract/filter.ts'
import { type Work, type WorkParts, workIn } from '../operation/work.ts'
import { collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'
import { findAll } from '../storage/find-all.ts'
import { inTransaction, type TransactionParts } from '../storage/in-transaction.ts'
import type { Transaction } from '../storage/transaction.ts'
import { diedDuring } from './own-rests.ts'

export const schedules = collection('schedules', {
  prefix: 'sched',
  system: true,
  feed: false,
  fields: {
    name: field.text({ required: true, unique: true }),
    nextAt: field.dateTime({ required: true }),
    lastAt: field.dateTime(),
    /** How often it has ticked. */
    ticks: field.integer({ required: true, default: 0 }),
    /** By what it is due: `every 2m`, or a line of cron and its time zone. */
    plan: field.text(),
    /** Why its last try failed; null once one has passed. */
    lastError: field.longText(),
    /** Since when a try of code of a project is under way: it ends the process if it never returns. */
    begunAt: field.dateTime(),
    /** Tries in a row during which the process died. */
    cutOffs: field.integer(),
  },
  indexes: [['nextAt']],
  access: { read: staff },
})

/** One row a tick, behind a fence: what proves that each came once, in its turn and not too early. */
export const scheduleTicks = collection('scheduleTicks', {
  prefix: 'tick',
  title: 'Schedule ticks',
  system: true,
  feed: false,
  appendOnly: true,
  fields: {
    schedule: field.text({ required: true }),
    /** 1, 2, … of its schedule. */
    tick: field.integer({ required: true }),
    dueAt: field.dateTime({ required: true }),
    /** The process that made it. */
    owner: field.text({ required: true }),
  },
  unique: [['schedule', 'tick']],
  indexes: [['createdAt']],
  access: { read: staff },
})

type ScheduleRow = NonNullable<(typeof schedules)['record']>

/** `run` does a bounded piece of work; what is left over waits for the next tick, which comes at the next look where it says `again`. */
export type Schedule = {
  readonly name: string
  /** By what it is due, where `everyMs` does not say it. Another one than is stored makes its next tick due anew. */
  readonly plan?: string
  /** Of code of a project: what it is and where it is declared, for people. */
  readonly ownCode?: string
  /** `dueAt`: when this tick was. */
  readonly run: (work: Work, dueAt?: number) => Promise<readonly DomainEvent[] | 'again' | void>
} & ({ readonly everyMs: number } | { readonly nextAfter: (after: number) => number })

function nextAfter(schedule: Schedule, after: number): number {
  return 'everyMs' in schedule ? after + schedule.everyMs : schedule.nextAfter(after)
}

/** As a project would write it: `every 2m`. */
function planOf(schedule: Schedule): string | null {
  if (schedule.plan !== undefined || !('everyMs' in schedule)) return schedule.plan ?? null
  const seconds = schedule.everyMs / 1_000
  return `every ${seconds % 3_600 === 0 ? `${seconds / 3_600}h` : seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`}`
}

export type SchedulerParts = TransactionParts &
  WorkParts & {
    readonly log: Log
    readonly schedules: readonly Schedule[]
    readonly react: (work: Work, events: readonly DomainEvent[]) => Promise<void>
  }

export function createScheduler(parts: SchedulerParts) {
  let isRunning = false
  let cancel: Cancel = () => {}
  let ticking: Promise<void> = Promise.resolve()
  const failures = createFailures(parts)

  async function tick(): Promise<void> {
    await parts.clock.refresh?.()
    // By name: rows of schedules that are no more must not take the places of those that are.
    const known = oneOf(
      'name',
      parts.schedules.map(({ name }) => name),
    )
    const where = and(known, compare('nextAt', 'lte', parts.clock.now()))
    const due = await findAll(parts.storage.reader, schedules, where)
    for (const row of due) {
      const schedule = parts.schedules.find(({ name }) => name === row.name)
      if (!schedule || !isRunning || failures.isLeftAlone(schedule.name)) continue
      // One that always fails must not keep those behind it from their work.
      await runOne(parts, schedule, row).then(
        () => failures.hasPassed(schedule.name),
        (error) => failures.note(schedule, row, error),
      )
    }
  }

  function loop(): void {
    cancel = parts.clock.after(limits.effectPollMs, () => {
      ticking = tick()
        .catch((error) => parts.log.write('error', 'Schedules could not be looked up; the next tick tries again.', { error }))
        .finally(() => {
          if (isRunning) loop()
        })
    })
  }

  return {
    async start(): Promise<void> {
      await declare(parts)
      isRunning = true
      loop()
    },
    async stop(): Promise<void> {
      isRunning = false
      cancel()
      await ticking
    },
  }
}

async function runOne(parts: SchedulerParts, schedule: Schedule, row: ScheduleRow): Promise<void> {
  if (schedule.ownCode === undefined) return await tickOnce(parts, schedule, row)
  if (!(await beginOwn(parts, schedule, row))) return
  try {
    await tickOnce(parts, schedule, row)
  } catch (error) {
    const ended = (tx: Transaction) => tx.touch(schedules, row.id, { set: { begunAt: null, cutOffs: null } })
    await inTransaction(parts, causeOf(schedule), ended).catch((failure) =>
      parts.log.write('warn', 'The end of a try of a schedule could not be stored.', { schedule: schedule.name, error: failure }),
    )
    throw error
  }
}

async function tickOnce(parts: SchedulerParts, schedule: Schedule, row: ScheduleRow): Promise<void> {
  await inTransaction(parts, causeOf(schedule), async (tx, now) => {
    // The clock may have been set back since the look.
    if (now < row.nextAt) return
    const change = {
      set: { nextAt: nextAfter(schedule, now), lastAt: now, lastError: null, begunAt: null, cutOffs: null },
      add: { ticks: 1 },
    }
    if (!(await tx.touch(schedules, row.id, change, and(eq('nextAt', row.nextAt), eq('ticks', row.ticks))))) return
    const tick = { id: parts.newId('tick'), schedule: schedule.name, tick: row.ticks + 1, dueAt: row.nextAt, owner: tx.worker.id }
    await tx.insert(scheduleTicks, tick, 'conflict')
    const work = workIn(parts, tx, now)
    const events = (await schedule.run(work, row.nextAt)) ?? []
    if (events === 'again') await tx.touch(schedules, row.id, { set: { nextAt: now + limits.effectPollMs } })
    else await parts.react(work, events)
  })
}

function causeOf({ name }: Pick<Schedule, 'name'>) {
  return { operation: `schedule.${name}`, actor: 'system', requestId: '' }
}

/**
 * Writes that a try of code of a project begins, since one that never returns ends the process and all that its transaction has written: by that
 * the next process knows. False where another one has begun, or where so many died that it rests.
 */
async function beginOwn(parts: SchedulerParts, { name, ownCode }: Schedule, row: ScheduleRow): Promise<boolean> {
  return await inTransaction(parts, causeOf({ name }), async (tx, now) => {
    if (row.begunAt !== null && Math.abs(now - row.begunAt) < limits.effectLeaseMs) return false
    const cutOffs = (row.cutOffs ?? 0) + (row.begunAt === null ? 0 : 1)
    const rests = cutOffs >= limits.ownEffectCutOffsMax
    const set = rests
      ? { nextAt: now + limits.ownEffectRestMs, begunAt: null, cutOffs: cutOffs - 1, lastError: restOf(ownCode!, cutOffs) }
      : { begunAt: now, cutOffs }
    const isOurs = await tx.touch(schedules, row.id, { set }, eq('version', row.version))
    if (isOurs && rests) parts.log.write('error', 'A schedule rests, since the process died during it.', { schedule: name, times: cutOffs })
    return isOurs && !rests
  })
}

function restOf(ownCode: string, times: number): string {
  const minutes = limits.ownEffectRestMs / 60_000
  return `${diedDuring(ownCode, times)} Mend it: it is tried again in ${minutes} minutes, and then once in ${minutes} minutes until it passes.`
}

async function declare(parts: SchedulerParts): Promise<void> {
  await inTransaction(parts, { operation: 'schedules.declare', actor: 'system', requestId: '' }, async (tx, now) => {
    const known = new Map((await findAll(tx, schedules)).map((row) => [row.name, row]))
    // Together, which is one round trip, and in one order, in which two processes that start at once do not block each other.
    await Promise.all(
      parts.schedules.map(async (schedule) => {
        const { name } = schedule
        const plan = planOf(schedule)
        const row = known.get(name)
        const nextAt = nextAfter(schedule, now)
        if (row === undefined)
          // Another process may declare it at the same time.
          await tx.insertOnce(schedules, {
            id: parts.newId('sched'),
            name,
            nextAt,
            lastAt: null,
            ticks: 0,
            plan,
            lastError: null,
            begunAt: null,
            cutOffs: null,
          })
        else if (row.plan !== plan) await tx.touch(schedules, row.id, { set: { nextAt, plan } }, eq('nextAt', row.nextAt))
      }),
    )
  })
}

function createFailures(parts: SchedulerParts) {
  /** By name: how often one has failed in a row, and until when it is left alone. */
  const failing = new Map<string, { readonly times: number; readonly until: number }>()

  return {
    isLeftAlone: (name: string) => (failing.get(name)?.until ?? 0) > parts.clock.now(),
    hasPassed: (name: string) => void failing.delete(name),
    /** What the storage says is tried again at the next look; a mistake in the work, which stays one, less and less often. */
    async note({ name }: Schedule, row: ScheduleRow, error: unknown): Promise<void> {
      const isLost = isEngineError(error, 'conflict')
      parts.log.write(isLost ? 'warn' : 'error', 'A schedule failed; it is tried again.', { schedule: name, error })
      if (isEngineError(error) && error.status !== 500) return
      const times = (failing.get(name)?.times ?? 0) + 1
      failing.set(name, { times, until: parts.clock.now() + Math.min(limits.scheduleBackoffMaxMs, limits.effectBackoffMs * 2 ** times) })
      const lastError = textOf(error)
      await inTransaction(parts, causeOf({ name }), (tx) => tx.touch(schedules, row.id, { set: { lastError } })).catch((failure) =>
        parts.log.write('warn', 'Why a schedule failed could not be stored.', { schedule: name, error: failure }),
      )
    },
  }
}
