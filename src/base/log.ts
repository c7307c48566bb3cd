// The log port: one line of JSON an event, to standard error. Secrets never reach it: callers pass
// ids and codes, not bodies.
import type { Clock } from './clock.ts'
import { toIso } from './clock.ts'
import { isA, stackOf } from './error-text.ts'
import { withoutSecrets } from './hidden.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Readonly<Record<string, unknown>>

export interface Log {
  write(level: LogLevel, message: string, fields?: LogFields): void
}

export const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Writes lines of at least `least` through `print`. */
export function createLog(clock: Clock, least: LogLevel, print: (line: string) => void): Log {
  return {
    write(level, message, fields) {
      if (ranks[level] < ranks[least]) return
      print(withoutSecrets(JSON.stringify({ at: toIso(clock.now()), level, message, ...plain(fields) })))
    },
  }
}

export const silentLog: Log = { write() {} }

/** Errors do not survive JSON.stringify; their stack is what the log is for. */
function plain(fields: LogFields = {}): LogFields {
  const error = fields['error']
  if (!isA(error, Error)) return 'error' in fields ? { ...fields, error: stackOf(error) } : fields
  const cause = isA(error.cause, Error) ? { cause: stackOf(error.cause) } : {}
  return { ...fields, error: stackOf(error), ...cause }
}
