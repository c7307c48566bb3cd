// What a statement of the simulated server is: an act on the run's SQLite, in a transaction that is open at the server.
import type { Statement } from '../../../src/storage/sql/compile.ts'
import type { AdapterTransaction, CommitLine } from '../../../src/storage/storage.ts'
import type { Write } from './data.ts'

/** A line in the log of this server; positions are given after the commit, as the engine does it. */
export type LogLine = { readonly seq: number; readonly token: string; readonly line: CommitLine; position: number | null }

/** What a transaction has done so far. */
export class Open {
  readonly writes: Write[] = []
  readonly lines: LogLine[] = []
  given: readonly LogLine[] = []
  isAborted = false
}

export type ActParts = { readonly open: Open; readonly inner: AdapterTransaction }
/** What a statement does at the server. It may be begun again until it is through, and writes only once nothing blocks it. */
export type Act = (at: ActParts) => Promise<unknown>
export type ActingStatement = Statement & { readonly act: Act | 'begin' | 'commit' | 'rollback' }
