// A log in which a failure that comes again and again is told in full once a minute: a full disk fails every request, and a stack for
// each fills the disk that has room again. Invariant: whoever gives a request id finds a line of it, unless the failure is a known one.
import type { Clock } from './clock.ts'
import { textOf } from './error-text.ts'
import { limits } from './limits.ts'
import type { Log } from './log.ts'

/** Fields: `error` makes it a failure; `code` says that it is one of ours, which needs no looking into. */
export function createBoundedLog(log: Log, clock: Clock): Log {
  const told = new Map<string, { readonly until: number; leftOut: number }>()
  return {
    write(level, message, fields) {
      if (fields === undefined || !('error' in fields)) return log.write(level, message, fields)
      const { error, ...rest } = fields
      const reason = textOf(error)
      const key = `${message} ${String(rest['code'] ?? reason)}`
      const now = clock.monotonic()
      const last = told.get(key)
      if (last !== undefined && now < last.until) {
        last.leftOut++
        if (rest['requestId'] !== undefined && rest['code'] === undefined) log.write(level, message, { ...rest, reason })
        return
      }
      // Behind the others, so that the oldest are forgotten first.
      told.delete(key)
      if (told.size >= limits.failuresRemembered) told.delete(told.keys().next().value!)
      told.set(key, { until: now + limits.failureLogMs, leftOut: 0 })
      log.write(level, message, { ...fields, ...(last === undefined || last.leftOut === 0 ? {} : { leftOut: last.leftOut }) })
    },
  }
}
