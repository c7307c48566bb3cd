// A database that nobody but this process has open: its plain reads see one state, for as long as they take.
// A snapshot of a server would end by itself (MongoDB's after a minute), or hold up its housekeeping.
import { type Clock, sleep } from '../../base/clock.ts'
import type { Snapshot, WholeStorage } from '../storage.ts'

const patienceMs = 30_000
const pauseMs = 50

/** It needs no closing. @throws Error when commits of a process that died get no positions */
export async function readQuiet(storage: WholeStorage, clock: Clock): Promise<Snapshot> {
  const { product, version } = storage.capabilities
  const lastPosition = await settledPosition(storage, clock)
  return {
    source: { product, version },
    reader: storage.reader,
    commitsAfter: (position, limit) => storage.commitsAfter(position, limit),
    commitRange: () => storage.commitRange(),
    lastPosition: async () => lastPosition,
    readMark: (name) => storage.readMark(name),
    close: async () => {},
  }
}

/** Listening has lines that are committed and not yet in the feed get their positions. */
async function settledPosition(storage: WholeStorage, clock: Clock): Promise<number> {
  storage.onFeed(() => {})
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    const snapshot = await storage.snapshot()
    const [given, { newest }] = [await snapshot.lastPosition(), await snapshot.commitRange()]
    await snapshot.close()
    if ((await storage.commitRange()).newest === newest) return given
    if (waitedMs > patienceMs)
      throw new Error('Commits of a process that died got no place in the change feed. Start a server once, stop it, and try again.')
    await sleep(clock, pauseMs)
  }
}
