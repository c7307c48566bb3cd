// What a monitor is told of mailboxes: whether they can be read, and how much is still to be read.
import { limits } from '../../base/limits.ts'
import type { Reader } from '../../storage/storage.ts'
import { inboundMailboxes } from './collections.ts'

export async function mailboxFigures(read: Pick<Reader, 'find'>): Promise<{ readonly failing: number; readonly waiting: number }> {
  // Beyond the limit: rows of mailboxes that the config named once.
  const rows = await read.find(inboundMailboxes, { sort: [{ path: 'updatedAt', descending: true }], limit: limits.mailboxesMax })
  const failing = rows.filter(({ state }) => state === 'failing').length
  return { failing, waiting: rows.reduce((sum, { waiting }) => sum + waiting, 0) }
}
