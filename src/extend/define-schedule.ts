// Schedules of a project: bounded work that is due every so often, or by the clock on the wall. Each tick is one transaction, once
// however many processes look.
import { declare, placeOfDeclaration } from '../base/place.ts'
import type { Schedule } from '../effects/schedule.ts'
import { type Cron, nextDue, parseCron, parseEvery } from './cron.ts'
import { named, type Piece, runOwnCode } from './own-code.ts'
import type { OwnName } from './own-name.ts'
import { type DutyWork, dutyWork, type OwnParts } from './own-work.ts'
import { boundOf } from './scope.ts'

type Every = `${number}${'s' | 'm' | 'h' | 'd'}`
type FiveParts = `${string} ${string} ${string} ${string} ${string}`

type Plan =
  /** `30s`, `5m`, `2h`, `1d`. */
  | { readonly every: Every; readonly cron?: never; readonly timeZone?: never }
  /** Minute, hour, day, month, weekday, by the clock of `timeZone` (`UTC` when left out): `0 7 * * 1-5` in `Europe/Berlin`. */
  | { readonly cron: FiveParts; readonly timeZone?: string; readonly every?: never }

export type TickContext = DutyWork & {
  /** When this tick was due, in milliseconds; `now` is when it is made. */
  readonly dueAt: number
}

export type OwnSchedule = Piece & {
  readonly kind: 'schedule'
  readonly name: string
  readonly every: string | null
  readonly cron: string | null
  readonly timeZone: string
  readonly run: (context: TickContext) => unknown
}

/**
 * Declares one. Ticks that were missed while nothing ran are made up for by one. A tick that fails is tried again, the
 * oftener it failed the later.
 */
export function defineSchedule(name: OwnName, spec: Plan & { readonly run: (context: TickContext) => void | Promise<void> }): OwnSchedule {
  const {
    every = null,
    cron = null,
    timeZone = 'UTC',
    run,
  } = spec as { every?: string; cron?: string; timeZone?: string } & Pick<OwnSchedule, 'run'>
  const place = placeOfDeclaration()
  return declare({ kind: 'schedule', name, every, cron, timeZone, run, what: `The schedule ${name}`, place }, { name, ...spec }, place)
}

/** As the engine runs it. */
export function ownSchedule(own: OwnSchedule, parts: OwnParts): Schedule {
  const { name, every, cron, timeZone } = own
  const piece: Piece = { ...own, outside: 'an effect' }
  const dueAfter = every === null ? byClock(parseCron(cron!), timeZone) : { everyMs: parseEvery(every)! }
  return {
    name,
    plan: every === null ? `${cron} ${timeZone}` : `every ${every}`,
    ...dueAfter,
    ownCode: named(own),
    async run(work, dueAt = work.now) {
      const { context, events } = dutyWork(parts, work)
      await runOwnCode(piece, boundOf(work.tx, parts.clock), (during) => own.run({ ...context({ during, causedBy: [] }), dueAt }))
      return events
    },
  }
}

function byClock(cron: Cron, timeZone: string) {
  return { nextAfter: (after: number) => nextDue(cron, timeZone, after)! }
}
