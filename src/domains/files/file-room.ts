import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import type { Reader } from '../../storage/storage.ts'
import { files } from './collections.ts'

/**
 * Whoever sends files and claims none fills the disk for an hour. Two at once may both find the last place free: one more does
 * no harm.
 * @throws too_many_files
 */
export async function checkRoomFor(read: Reader, sender: string, bytes: number): Promise<void> {
  const where = and(eq('sender', sender), oneOf('state', ['uploading', 'stored']))
  // Beyond the limit: as many as there may be say no.
  const open = await read.find(files, { where, isUnordered: true, limit: limits.filesUnclaimedMax })
  const total = open.reduce((sum, { size }) => sum + size, bytes)
  if (open.length >= limits.filesUnclaimedMax || total > limits.fileBytesUnclaimedMax) throw new EngineError('too_many_files')
}
