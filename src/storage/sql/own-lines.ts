// Lines of the commit log that this process has written, until it is told of them: the log then tells their positions alone, since what
// they hold is at hand. Invariant: what is told is what is stored; a line that is not at hand, or is another's, is read.
import type { Commit, CommitLine } from '../storage.ts'

/** A line with its position; without its changes where its token says that this process wrote it. */
export type ToldLine = Omit<Commit, 'changes'> & { readonly token: string; readonly changes: Commit['changes'] | null }

/** So many wait only while the database gives no positions: beyond it they are read when it does. */
const linesMax = 10_000

export class OwnLines {
  /** How the tokens of this process begin. */
  readonly tag: string
  private readonly lines = new Map<string, CommitLine>()

  constructor(tag: string) {
    this.tag = tag
  }

  /** Before it is sent: it may be told of before its commit is answered. */
  add(token: string, line: CommitLine): void {
    if (this.lines.size < linesMax) this.lines.set(token, line)
  }

  /** Its commit has failed, or nobody knows. */
  forget(token: string): void {
    this.lines.delete(token)
  }

  /** Null when one of them must be read. */
  complete(told: readonly ToldLine[]): Commit[] | null {
    const commits: Commit[] = []
    for (const { token, changes, ...line } of told) {
      // What keeps a lost COMMIT from happening has the token of its line.
      const own = changes === null ? this.lines.get(token) : undefined
      const known = changes ?? (own?.operation === line.operation ? own.changes : null)
      this.lines.delete(token)
      if (known === null) return null
      commits.push({ ...line, changes: known })
    }
    return commits
  }
}
