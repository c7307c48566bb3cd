// A stretch of the feed from one place to the newest commit, and what one view is told of it.
import { limits } from '../base/limits.ts'
import type { Commit, Reader } from '../storage/storage.ts'
import type { Feed } from './feed.ts'
import { createHistory } from './history.ts'
import { judge, type News } from './judge.ts'
import { type LiveView, type Needs, needsOf } from './live-view.ts'
import { type Place, whole } from './places.ts'
import { createRows } from './rows.ts'
import { createSight } from './sight.ts'

export type Stretch = {
  /** Position up to which it was looked at. */
  readonly head: number
  /** Null when judging it would cost more than to read everything afresh. */
  readonly news: readonly News[] | null
}

export type Source = { readonly feed: Feed; readonly read: Reader }

const commitsPerRead = 256

/** All that came after the place, judged. `pause` gives others their turn. */
export async function stretchAfter(
  { feed, read }: Source,
  { targets }: LiveView,
  { place, pause }: { readonly place: Place; readonly pause: () => Promise<unknown> },
): Promise<Stretch> {
  const rows = createRows(read)
  const needs = needsOf(targets)
  const names = new Set(needs.keys())
  // Asking from the commit before finds the rest of one that was cut in the middle.
  const start = place.index === whole ? place.position : place.position - 1
  const commits: Commit[] = []
  for (let head = start; ; ) {
    const asked = rows.asked()
    const newest = feed.newest()
    if (newest - start > limits.liveReplayCommitsMax) return { head: newest, news: null }
    for await (const page of pagesAfter(feed, head)) {
      head = page.at(-1)!.position
      commits.push(...page.filter(({ changes }) => changes.some(({ collection }) => names.has(collection))))
    }
    if (lacksAny(commits, needs)) return { head, news: null }
    const history = createHistory(commits, names)
    const sight = createSight(history, rows)
    const { news, isUnsure } = await judge(history, sight, { targets, start: place, pause })
    if (sight.isGivenUp()) return { head, news: null }
    if (!isUnsure || rows.asked() === asked) return { head, news }
    // What was just read may be ahead of the stretch, and what that hides be told by nothing later: continue until it is not.
    await feed.caughtUp()
    if (feed.newest() === head) return { head, news }
  }
}

/** Until there is nothing more. */
export async function* pagesAfter(feed: Feed, position: number): AsyncIterable<readonly Commit[]> {
  for (let head = position; ; ) {
    const page = await feed.after(head, commitsPerRead)
    if (page.length === 0) return
    head = page.at(-1)!.position
    yield page
  }
}

/** Written before the field was there, or while the feed left it out: no rule about it can be judged from such a line. */
export function lacksAny(commits: readonly Commit[], needs: Needs): boolean {
  return commits.some(({ changes }) =>
    changes.some(({ collection, record }) => {
      const names = needs.get(collection)
      if (names !== undefined) for (const name of names) if (record[name] === undefined) return true
      return false
    }),
  )
}
