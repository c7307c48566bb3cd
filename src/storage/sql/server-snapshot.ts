// A snapshot on a database server: one connection in one read-only transaction that sees one moment.
import { EngineError } from '../../base/engine-error.ts'
import type { Commit, Snapshot } from '../storage.ts'
import { ConnectionLost, type SqlConnection, StatementFailure } from './driver.ts'
import { createStepReader } from './pooled-reader.ts'
import { readAll } from './round-trips.ts'
import type { Step, Steps } from './steps.ts'

export type SnapshotParts = {
  readonly source: Snapshot['source']
  readonly steps: Steps
  readonly connection: SqlConnection
  /** Gives the connection back. */
  close(): Promise<void>
}

/** @throws Error when the transaction cannot begin; the connection is given back then */
export async function openServerSnapshot({ source, steps, connection, close }: SnapshotParts): Promise<Snapshot> {
  const ask = <T>(step: Step<T>) => askOn(connection, step)
  try {
    await ask({ statements: steps.beginSnapshot, read: () => {} })
    const last = await ask(steps.lastPosition())
    const waiting = (await ask(steps.waitingCommits())).map((line, index): Commit => ({ ...line, position: last + 1 + index }))
    return {
      source,
      reader: createStepReader(steps, ask),
      async commitsAfter(position, limit) {
        const given = await ask(steps.commitsAfter(position, limit))
        return given.length === limit ? given : [...given, ...waiting.filter((line) => line.position > position)].slice(0, limit)
      },
      async commitRange() {
        const { oldest, newest } = await ask(steps.commitRange())
        return waiting.length === 0 ? { oldest, newest } : { oldest: oldest || last + 1, newest: last + waiting.length }
      },
      lastPosition: async () => last + waiting.length,
      readMark: (name) => ask(steps.readMark(name)),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function askOn<T>(connection: SqlConnection, step: Step<T>): Promise<T> {
  try {
    return readAll([step], await connection.run(step.statements))[0] as T
  } catch (error) {
    if (error instanceof ConnectionLost) throw new EngineError('storage_unavailable', { cause: error })
    throw error instanceof StatementFailure ? error.reason : error
  }
}
