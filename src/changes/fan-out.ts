// Tells all readers who are up to date of each new commit: a commit is read once, judged once for each view that it may be news
// for, written out once, and given to everybody who shares the view. A reader who is behind is set apart and holds up nobody.
// Invariant: a reader in here has been told everything up to `told`, and to its own place if that is further.
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { Commit } from '../storage/storage.ts'
import { createHistory, type History } from './history.ts'
import { judge } from './judge.ts'
import { type LiveView, type Member, needsOf } from './live-view.ts'
import { isAfter, type Place, whole } from './places.ts'
import { createPump } from './pump.ts'
import { createRows, type Rows } from './rows.ts'
import { createSight } from './sight.ts'
import { lacksAny, pagesAfter, type Source, type Stretch, stretchAfter } from './stretch.ts'
import { createTeller } from './tell.ts'
import { tellMembers } from './tell-members.ts'
import { createViewGroups, type ViewGroup, type ViewGroups } from './view-groups.ts'

export type FanOut = {
  readonly source: Source
  /** Where readers of this view are. `leave` when the reader has gone. */
  enter(view: LiveView): Entered
  counts(): FanOutCounts
}

export type Entered = {
  /** The view that is told of, which others may share. */
  readonly view: LiveView
  /** From now on it is told along with all others. False when it has to catch up first. */
  join(member: Member): boolean
  /** The place of a reader that has joined; null for others. */
  placeOf(member: Member): Place | null
  leave(member: Member): void
}

export type FanOutCounts = {
  readonly readers: number
  readonly views: number
  /** How often a commit was judged for a view. */
  readonly judged: number
  /** How often a part of a stream, one event or several, was given to a reader. */
  readonly delivered: number
  /** Readers that were set apart. */
  readonly setApart: number
}

type Found = { readonly commits: readonly Commit[]; readonly touched: ReadonlyMap<ViewGroup, number>; readonly rows: Rows }

/** One look at the feed. */
type Look = {
  readonly source: Source
  readonly start: Place
  readonly head: number
  readonly counts: { judged: number; delivered: number; setApart: number }
  readonly pause: () => Promise<void>
}

/** What all its views have in common. */
type Known = { readonly commits: readonly Commit[]; readonly history: History; readonly rows: Rows }

const viewsTogether = 64

export function createFanOut({ feed, read, clock }: Source & { readonly clock: Clock }): FanOut {
  const source = { feed, read }
  const pause = () => new Promise<void>((resolve) => clock.soon(resolve))
  const groups = createViewGroups()
  const counts = { judged: 0, delivered: 0, setApart: 0 }
  /** Positions up to which commits were taken, and up to which all were told of them. */
  let taken = 0
  let told = 0
  let stopListening: (() => void) | null = null

  const pump = createPump(async () => {
    if (groups.size() === 0 || feed.newest() <= taken) return
    const start = { position: taken, index: whole }
    try {
      // Whoever comes from here on stands behind what was taken.
      const found = await findNews({ source, groups }, taken, (position) => (taken = position))
      await tellAll(found, { source, start, head: taken, counts, pause })
    } catch (error) {
      // Where the feed cannot be read, all are ended, and come back with their last id.
      for (const group of groups.all()) failAll(group, error)
    }
    told = taken
  })

  return {
    source,
    enter(asked) {
      if (groups.size() === 0 && !pump.isRunning()) told = taken = feed.newest()
      stopListening ??= feed.onAdvance(() => void pump.ask())
      const group = groups.enter(asked)
      const { view, members } = group
      return {
        view,
        join(member) {
          if (member.place.index !== whole || member.place.position < taken) return false
          members.add(member)
          return true
        },
        placeOf(member) {
          if (!members.has(member)) return null
          return isAfter(member.place, { position: told, index: whole }) ? member.place : { position: told, index: whole }
        },
        leave(member) {
          groups.leave(group, member)
          if (groups.size() > 0) return
          stopListening?.()
          stopListening = null
        },
      }
    },
    counts() {
      const all = groups.all()
      return { ...counts, views: all.length, readers: all.reduce((sum, { holders }) => sum + holders, 0) }
    },
  }
}

/** What was committed since, and whom it may concern. Rows that were read for that may be ahead of the commits: then more are taken. */
async function findNews(
  { source, groups }: { readonly source: Source; readonly groups: ViewGroups },
  start: number,
  take: (position: number) => void,
): Promise<Found> {
  const { feed, read } = source
  const commits: Commit[] = []
  let head = start
  for (let turn = 1; ; turn++) {
    for await (const page of pagesAfter(feed, head)) {
      commits.push(...page)
      head = page.at(-1)!.position
      take(head)
    }
    const rows = createRows(read)
    const isLast = turn === limits.liveLooks
    const touched = await groups.touchedBy({ commits, rows: isLast ? null : rows })
    if (rows.asked() > 0) await feed.caughtUp()
    if (isLast || rows.asked() === 0 || feed.newest() === head) return { commits, touched, rows }
  }
}

async function tellAll({ commits, touched, rows }: Found, look: Look): Promise<void> {
  const { source, start, counts, pause } = look
  const all = [...touched.keys()]
  const names = new Set(needsOf(all.flatMap(({ view }) => view.targets)).keys())
  const known = { commits, history: createHistory(commits, names), rows }
  const telling = { start, tell: createTeller(source.read), counts, pause }
  for (let first = 0; first < all.length; first += viewsTogether) {
    const some = all.slice(first, first + viewsTogether)
    for (const group of some) counts.judged += touched.get(group)!
    const stretches = await Promise.all(some.map((group) => ofGroup(group, () => stretchOf(group.view, look, known))))
    for (const [index, stretch] of stretches.entries())
      if (stretch !== null) await ofGroup(some[index]!, () => tellMembers(some[index]!, stretch, telling))
  }
}

/** What a view is told of these commits. */
async function stretchOf(view: LiveView, { source, start, head, pause }: Look, { commits, history, rows }: Known): Promise<Stretch> {
  const { targets } = view
  if (commits.length > limits.liveReplayCommitsMax || lacksAny(commits, needsOf(targets))) return { head, news: null }
  const sight = createSight(history, rows)
  const { news, isUnsure } = await judge(history, sight, { targets, start, pause })
  if (sight.isGivenUp()) return { head, news: null }
  if (!isUnsure || rows.asked() === 0) return { head, news }
  // What was just read may be ahead of these commits: then the view is told of what came since along with them.
  await source.feed.caughtUp()
  return source.feed.newest() === head ? { head, news } : await stretchAfter(source, view, { place: start, pause })
}

/** What goes wrong with one view ends its own readers. */
async function ofGroup<T>(group: ViewGroup, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    failAll(group, error)
    return null
  }
}

function failAll({ members }: ViewGroup, error: unknown): void {
  for (const { sink } of [...members]) sink.fail(error)
}
