// Reads of one turn of the event loop share one snapshot, which spares each of them SQLite's file locks (some 4 us). It ends with
// the turn, and before anybody is told of a commit: reads after it see it.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../base/clock.ts'
import { run, type StatementCache } from './reader.ts'

export function createTurnSnapshot(reader: DatabaseSync, prepared: StatementCache, clock: Clock) {
  let isOpen = false

  function close(): void {
    if (!isOpen) return
    isOpen = false
    try {
      // A read that met a failing disk or a damaged file has ended it.
      if (reader.isTransaction) prepared('commit').run()
    } catch {
      // Nobody waits for this: whoever reads next is told.
    }
  }

  return {
    close,
    open(): void {
      if (isOpen) return
      isOpen = true
      if (!reader.isTransaction) run(() => prepared('begin').run())
      clock.soon(close)
    },
  }
}
