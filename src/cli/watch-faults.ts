// Mistakes that nobody catches, in a process that serves. One of code of the project is logged, and everybody else is served. After one
// of the engine nobody knows what it would do next: the process ends.
import type { Log } from '../base/log.ts'
import { ownEnd, ownFault } from '../extend/own-fault.ts'

/** `stop`: lets it finish what it has begun, and ends it. */
export function watchFaults(log: Log, stop: () => void): void {
  let isStopping = false
  process.on('uncaughtException', (error) => {
    const own = ownFault(error)
    if (own !== null) {
      log.write('error', 'Code of the project failed where nobody waits for it. Everybody else is served.', own)
      return
    }
    log.write('error', 'Kingpost stops because of a bug.', { error })
    // A second one does not wait for what the first one has broken.
    if (isStopping) process.exit(1)
    isStopping = true
    stop()
  })
  process.once('exit', () => {
    const own = ownEnd()
    if (own === null) return
    // Such as by `process.exit(0)`, for which a supervisor would not start it again.
    process.exitCode ||= 1
    log.write('error', 'Code of the project ended the process.', own)
  })
  process.on('unhandledRejection', (error) => {
    log.write('error', 'A promise failed and nobody was waiting for it.', ownFault(error) ?? { error })
  })
}
