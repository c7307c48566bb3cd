// Reads outside a transaction. Those of one turn of the event loop travel together, on as few connections as keep the
// database busy. A read has no effect, so one whose connection was lost is asked again on another.
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Reader } from '../storage.ts'
import { ConnectionLost, StatementFailure } from './driver.ts'
import type { ConnectionPool } from './pool.ts'
import { type Counter, readAll, send, stepAt } from './round-trips.ts'
import type { Step, Steps } from './steps.ts'

type Asked = { readonly step: Step<unknown>; resolve(value: unknown): void; reject(error: unknown): void; tries: number }

export class PooledReads {
  private readonly pool: ConnectionPool
  private readonly traffic: Counter
  private queue: Asked[] = []

  constructor(pool: ConnectionPool, traffic: Counter) {
    this.pool = pool
    this.traffic = traffic
  }

  ask<T>(step: Step<T>): Promise<T> {
    if (step.statements.length === 0) return Promise.resolve(step.read([]))
    return new Promise<T>((resolve, reject) => {
      this.add({ step, resolve: resolve as (value: unknown) => void, reject, tries: 0 })
    })
  }

  private add(asked: Asked): void {
    this.queue.push(asked)
    if (this.queue.length > 1) return
    queueMicrotask(() => {
      const all = this.queue
      this.queue = []
      for (let start = 0; start < all.length; start += limits.readsTogetherMax)
        void this.travel(all.slice(start, start + limits.readsTogetherMax))
    })
  }

  private async travel(group: readonly Asked[]): Promise<void> {
    try {
      const connection = await this.pool.acquire()
      const steps = group.map(({ step }) => step)
      try {
        const statements = steps.flatMap((step) => step.statements)
        const answers = readAll(steps, await send(connection, statements, this.traffic))
        for (const [index, { resolve }] of group.entries()) resolve(answers[index])
      } finally {
        this.pool.release(connection)
      }
    } catch (error) {
      this.failed(group, error)
    }
  }

  private failed(group: readonly Asked[], error: unknown): void {
    const steps = group.map(({ step }) => step)
    const index = error instanceof StatementFailure ? stepAt(steps, error.index) : -1
    for (const [position, asked] of group.entries()) {
      if (position === index) asked.reject((error as StatementFailure).reason)
      else if (index >= 0)
        void this.travel([asked]) // Only a neighbour failed.
      else if (error instanceof ConnectionLost && asked.tries++ < 1) this.add(asked)
      else asked.reject(error instanceof ConnectionLost ? new EngineError('storage_unavailable', { cause: error }) : error)
    }
  }
}

/** The port's reads over whatever sends steps. */
export function createStepReader(steps: Steps, ask: <T>(step: Step<T>) => Promise<T>): Reader {
  return {
    get: (ref, id, where) => ask(steps.get(ref, id, where)),
    getMany: (ref, ids) => ask(steps.getMany(ref, ids)),
    find: (ref, query) => ask(steps.find(ref, query)),
    count: (ref, where, atMost) => ask(steps.count(ref, where, atMost)),
    group: (ref, query) => ask(steps.group(ref, query)),
  }
}
