// What a database says of itself beside its content: named marks, read at start and by the tools that
// treat a database as a whole.
import type { StorageAdapter } from '../storage.ts'

/** Present after a restore: event ids carry it, so that a place in the lost past is not taken for one in this one. */
export const epochMark = 'epoch'
/** Present from a restore until its effects were reviewed. */
export const recoveryMark = 'recovery'
/** Present while a restore or a move fills the database. */
export const fillingMark = 'filling'
/** Present on the source of a move, from its beginning. */
export const moveMark = 'move'

/** They belong to the content: backups and moves take them along. */
export const contentMarks = [epochMark, recoveryMark]

export type Recovery = {
  /** When it was restored, ms UTC: records made before it are of the restored past. */
  readonly at: number
  /** When the backup was taken. */
  readonly backupAt: number
}

export type Move = {
  readonly id: string
  /** Where to, without a password. */
  readonly to: string
  readonly at: number
  readonly isDone: boolean
}

export async function readRecovery(storage: Pick<StorageAdapter, 'readMark'>): Promise<Recovery | null> {
  return parsed<Recovery>(await storage.readMark(recoveryMark))
}

export async function readMove(storage: Pick<StorageAdapter, 'readMark'>): Promise<Move | null> {
  return parsed<Move>(await storage.readMark(moveMark))
}

function parsed<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T)
}
