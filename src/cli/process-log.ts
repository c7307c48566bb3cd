import { createBoundedLog } from '../base/bounded-log.ts'
import { systemClock } from '../base/clock.ts'
import { createLog, type Log } from '../base/log.ts'
import { createPlainLog } from '../base/plain-log.ts'
import type { ProcessSettings } from './settings.ts'

/** The log of this process: for whoever develops, or for machines. */
export function createProcessLog({ isDevelopment, isJson }: Pick<ProcessSettings, 'isDevelopment' | 'isJson'>): Log {
  const print = (text: string) => void process.stderr.write(`${text}\n`)
  // Whoever develops tries the same again, and wants to see it again.
  return isDevelopment && !isJson ? createPlainLog('warn', print) : createBoundedLog(createLog(systemClock, 'warn', print), systemClock)
}
