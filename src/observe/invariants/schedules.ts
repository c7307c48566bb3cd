// What must hold of schedules: every tick was made once, in its turn, and not before it was due.
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { schedules, scheduleTicks } from '../../effects/schedule.ts'
import { type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

type Schedule = NonNullable<(typeof schedules)['record']>
type Tick = NonNullable<(typeof scheduleTicks)['record']>

export const scheduleInvariants: InvariantGroup = {
  needs: ['schedules', 'scheduleTicks'],
  invariants: {
    'schedules.tick_once': 'The ticks of a schedule are numbered without a gap, none twice, and its row counts them.',
    'schedules.tick_in_turn': 'No tick was made before it was due, and each is due later than the one before.',
  },
  async check(context) {
    for await (const page of pagesOf(context, schedules)) for (const schedule of page) await checkTicks(context, schedule)
  },
}

/** From the oldest that is kept: of ticks that were forgotten only the number is known. */
async function checkTicks({ read, report, progress }: VerifyContext, schedule: Schedule): Promise<void> {
  let last: Tick | null = null
  while (true) {
    // Beyond the limit: the next page.
    const page: Tick[] = await read.find(scheduleTicks, {
      where: eq('schedule', schedule.name),
      sort: [{ path: 'tick', descending: false }],
      limit: limits.verifyPageSize,
      ...(last === null ? {} : { after: [last.tick, last.id] }),
    })
    for (const tick of page) {
      const rows = [`scheduleTicks/${tick.id}`]
      if (last !== null && tick.tick !== last.tick + 1)
        report('schedules.tick_once', rows, `tick ${tick.tick} of ${schedule.name} follows ${last.tick}`)
      if (tick.createdAt < tick.dueAt || (last !== null && tick.dueAt <= last.dueAt))
        report(
          'schedules.tick_in_turn',
          rows,
          `due at ${tick.dueAt}, made at ${tick.createdAt}, the one before due at ${last?.dueAt ?? 'some time'}`,
        )
      last = tick
    }
    progress(page.length)
    if (page.length < limits.verifyPageSize) break
  }
  // One more may have been made since the row was read.
  if (last !== null && last.tick < schedule.ticks)
    report('schedules.tick_once', [`schedules/${schedule.id}`], `it counts ${schedule.ticks} ticks; the last one kept is ${last.tick}`)
}
