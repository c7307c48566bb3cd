// Reads a system-call trace (`strace -f -y`) for one question: did an answer leave before what it speaks of
// was on the disk? Written for the write-ahead log of one database: a write to it makes it unsynced, an
// fsync or fdatasync of it that succeeded makes it synced.

export type TraceEvent = { readonly kind: 'write' | 'sync' | 'answer'; readonly line: number; readonly text: string }

const callPattern = /^(?:\d+\s+)?(\w+)\((\d+)<([^>]*)>(.*)$/
const resumedPattern = /^(\d+)\s+<\.\.\. (\w+) resumed>(.*)$/

/** The events of a trace in their order. A sync counts when it has returned, a write and an answer when they begin. */
export function readTrace(trace: string, walSuffix: string): TraceEvent[] {
  const events: TraceEvent[] = []
  /** Threads whose sync of the log has begun and not returned. */
  const syncing = new Set<string>()
  for (const [index, text] of trace.split('\n').entries()) {
    const add = (kind: TraceEvent['kind']) => void events.push({ kind, line: index + 1, text })
    const resumed = resumedPattern.exec(text)
    if (resumed) {
      const [, thread, call, rest] = resumed as unknown as [string, string, string, string]
      if (isSync(call) && syncing.delete(thread) && succeeded(rest)) add('sync')
      continue
    }
    const called = callPattern.exec(text)
    if (!called) continue
    const [, call, , file, rest] = called as unknown as [string, string, string, string, string]
    const isLog = file.endsWith(walSuffix)
    if (isSync(call)) {
      if (!isLog) continue
      if (rest.includes('<unfinished')) syncing.add(text.split(/\s/, 1)[0]!)
      else if (succeeded(rest)) add('sync')
    } else if (isLog) add('write')
    else if (/^socket:|^TCP/.test(file) && /"HTTP\/1\.1 20[14] /.test(rest)) add('answer')
  }
  return events
}

/** Answers that left while the log held something that was not on the disk. */
export function earlyAnswers(events: readonly TraceEvent[]): TraceEvent[] {
  const early: TraceEvent[] = []
  let isSynced = true
  for (const event of events) {
    if (event.kind === 'answer') {
      if (!isSynced) early.push(event)
    } else isSynced = event.kind === 'sync'
  }
  return early
}

/** Answers with no write to the log since the answer before. Where requests came one by one, there is none. */
export function emptyAnswers(events: readonly TraceEvent[]): TraceEvent[] {
  const empty: TraceEvent[] = []
  let hasWritten = false
  for (const event of events) {
    if (event.kind === 'write') hasWritten = true
    if (event.kind !== 'answer') continue
    if (!hasWritten) empty.push(event)
    hasWritten = false
  }
  return empty
}

function isSync(call: string): boolean {
  return call === 'fsync' || call === 'fdatasync'
}

function succeeded(rest: string): boolean {
  return /= 0$/.test(rest.trimEnd())
}
