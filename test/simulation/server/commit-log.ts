// The log of commits that the simulated server holds. Lines are there once their transaction is; positions come later.
import type { ToldLine } from '../../../src/storage/sql/own-lines.ts'
import type { Commit, CommitLine } from '../../../src/storage/storage.ts'
import type { LogLine } from './act.ts'

export class CommitLog {
  readonly lines: LogLine[] = []
  private readonly byToken = new Map<string, LogLine>()
  private readonly known = new Set<CommitLine>()
  private readonly unplaced = new Set<LogLine>()
  /** As positions were given: one that was given another since is void. */
  private readonly given: { readonly line: LogLine; readonly position: number }[] = []

  append(line: LogLine): void {
    this.lines.push(line)
    this.byToken.set(line.token, line)
    this.known.add(line.line)
    this.unplaced.add(line)
  }

  place(line: LogLine): void {
    line.position = this.given.length + 1
    this.given.push({ line, position: line.position })
    this.unplaced.delete(line)
  }

  has(line: CommitLine): boolean {
    return this.known.has(line)
  }

  find(token: string): LogLine | undefined {
    return this.byToken.get(token)
  }

  lastPosition(): number {
    return this.given.length
  }

  hasUnplaced(): boolean {
    return this.unplaced.size > 0
  }

  firstUnplaced(limit: number): LogLine[] {
    return [...this.unplaced].sort((a, b) => a.seq - b.seq).slice(0, limit)
  }

  after(position: number, limit: number): Commit[] {
    return this.placedAfter(position, limit).map(({ line, position: given }) => ({ ...line, position: given! }))
  }

  toldAfter(position: number, limit: number, tag: string): ToldLine[] {
    return this.placedAfter(position, limit).map(({ line, token, position: given }) => ({
      ...line,
      position: given!,
      token,
      changes: token.startsWith(tag) ? null : line.changes,
    }))
  }

  private placedAfter(position: number, limit: number): LogLine[] {
    const found: LogLine[] = []
    for (let at = position; at < this.given.length && found.length < limit; at++) {
      const { line, position: given } = this.given[at]!
      if (line.position === given) found.push(line)
    }
    return found
  }
}
