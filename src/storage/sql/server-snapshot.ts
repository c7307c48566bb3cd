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
  // There is one connection: what is asked together is answered one after another.
  let last: Promise<unknown> = Promise.resolve()
  const ask = <T>(step: Step<T>): Promise<T> => {
    const answer = last.then(() => askOn(connection, step))
    last = answer.catch(() => {})
    return answer
  }
  try {
    await ask({ statements: steps.beginSnapshot, read: () => {} })
    const newest = await ask(steps.lastPosition())
    const waiting = (await ask(steps.waitingCommits())).map((line, index): Commit => ({ ...line, position: newest + 1 + index }))
    return {
      source,
      reader: createStepReader(steps, ask),
      async commitsAfter(position, limit) {
        const given = await ask(steps.commitsAfter(position, limit))
        return given.length === limit ? given : [...given, ...waiting.filter((line) => line.position > position)].slice(0, limit)
      },
      async commitRange() {
        const range = await ask(steps.commitRange())
        return waiting.length === 0 ? range : { oldest: range.oldest || newest + 1, newest: newest + waiting.length }
      },
      lastPosition: async () => newest + waiting.length,
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
