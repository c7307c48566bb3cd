// Notifications: a change stream on the head of the log, which every run of a sequencer moves on. The driver takes a
// broken stream up again by itself; one that it cannot take up is opened again, and what may have been missed is told
// as such. Invariant: nothing rests on being told, only how soon it is.
import type { ChangeStream, Db } from 'mongodb'
import type { Cancel, Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { headName } from './commit-log.ts'

export class HeadWatch {
  private readonly db: Db
  private readonly clock: Clock
  private readonly wake: (position?: number) => void
  private stream: ChangeStream | null = null
  private cancelTimer: Cancel = () => {}
  private isClosed = false

  /** Calls `wake` with the position given last, and without one when something may have been missed. */
  constructor(db: Db, clock: Clock, wake: (position?: number) => void) {
    this.db = db
    this.clock = clock
    this.wake = wake
    this.open()
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.cancelTimer()
    await this.stream?.close().catch(() => {})
  }

  private open(): void {
    const stream = this.db.collection(headName).watch([{ $match: { operationType: 'update' } }])
    this.stream = stream
    stream.on('change', (change) => {
      const position = change.operationType === 'update' ? change.updateDescription.updatedFields?.['position'] : undefined
      if (position !== undefined) this.wake(Number(position))
    })
    stream.on('error', () => {
      if (this.isClosed) return
      void stream.close().catch(() => {})
      this.cancelTimer = this.clock.after(limits.feedPollMaxMs, () => {
        this.open()
        this.wake()
      })
    })
  }
}
