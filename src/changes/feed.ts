// The change feed: commits in order, the newest kept in memory where somebody may ask for them, others read from the log. Invariant:
// a reader that asks "after position p" gets every commit after p, once, in commit order.
import { limits } from '../base/limits.ts'
import type { Model } from '../schema/model.ts'
import { epochMark } from '../storage/archive/marks.ts'
import { createRenamer } from '../storage/migrations/renamed-changes.ts'
import type { Commit, StorageAdapter } from '../storage/storage.ts'

export type Feed = {
  /** Positions are of this epoch; null before the first restore. */
  readonly epoch: string | null
  /** Position of the newest commit this process knows to be durable. */
  newest(): number
  /**
   * Positions of the oldest commit that can still be replayed (that of the next one when all were forgotten, 0 before the
   * first) and of the newest there is: on a shared database perhaps one that this process has yet to be told of.
   */
  range(): Promise<{ readonly oldest: number; readonly newest: number }>
  /** Resolves when the feed has everything that was committed anywhere before. */
  caughtUp(): Promise<void>
  /** Commits after `position`, oldest first, at most `limit`. */
  after(position: number, limit: number): Promise<readonly Commit[]>
  /** Calls `listener` after each new commit, until the returned function is called. */
  onAdvance(listener: () => void): () => void
}

/** Of nothing: for operations that are looked at and not run. */
export const idleFeed: Feed = {
  epoch: null,
  newest: () => 0,
  range: async () => ({ oldest: 0, newest: 0 }),
  caughtUp: async () => {},
  after: async () => [],
  onAdvance: () => () => {},
}

/** The same, with every line under the names of now. */
export function renamedFeed(feed: Feed, model: Model): Feed {
  const rename = createRenamer(model)
  return { ...feed, after: async (position, limit) => rename(await feed.after(position, limit)) }
}

export async function createFeed(storage: StorageAdapter): Promise<Feed> {
  const { capabilities } = storage
  let newest = (await storage.commitRange()).newest
  const epoch = await storage.readMark(epochMark)
  // Positions in memory are consecutive up to `newest`; a gap would mean a commit of another process.
  let memory: Commit[] = []
  const listeners = new Set<() => void>()

  storage.onFeed((commit) => {
    newest = commit.position
    if (listeners.size === 0 && !capabilities.isShared) {
      // Whoever comes reads the log, which is at hand: kept for nobody, the records of thousands of commits would be collected
      // as old ones. On a server that read would wait behind all who write.
      if (memory.length > 0) memory = []
      return
    }
    if (memory.length > 0 && commit.position !== memory.at(-1)!.position + 1) memory = []
    memory.push(commit)
    if (memory.length > limits.feedMemoryCommits * 2) memory = memory.slice(-limits.feedMemoryCommits)
    for (const listener of listeners) listener()
  })

  return {
    epoch,
    newest: () => newest,
    async range() {
      const stored = await storage.commitRange()
      // An empty log after commits: all of them were forgotten, and none can be replayed.
      const oldest = stored.oldest === 0 && newest > 0 ? newest + 1 : stored.oldest
      return { oldest, newest: Math.max(stored.newest, newest) }
    },
    caughtUp: storage.caughtUp,
    async after(position, limit) {
      if (position >= newest) return []
      const first = memory[0]?.position
      if (first === undefined || position + 1 < first) return await storage.commitsAfter(position, limit)
      const start = position + 1 - first
      return memory.slice(start, start + limit)
    },
    onAdvance(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
