// One process at a time, by a lock on a file of its own: the system lets it go when the process ends, even
// after kill -9.
import { DatabaseSync } from 'node:sqlite'

/** The function that lets it go, or null when another process holds it. @throws the driver's error when the file cannot be used */
export function tryLock(path: string): (() => void) | null {
  const lock = new DatabaseSync(path)
  try {
    lock.exec('pragma journal_mode=delete; pragma busy_timeout=0; begin exclusive')
    return () => lock.close()
  } catch (error) {
    lock.close()
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === 5) return null
    throw error
  }
}
