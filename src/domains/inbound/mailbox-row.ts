// How far a mailbox is read, and by which process: one row, which the process with the lease writes. Invariant: whoever has lost the lease writes no more.
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { type Work, type WorkParts, workIn } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import { inTransaction, type TransactionParts } from '../../storage/in-transaction.ts'
import type { Change } from '../../storage/storage.ts'
import { type InboundMailbox, inboundMailboxes } from './collections.ts'
import { MailboxError } from './mailbox-client.ts'

export type MailboxRow = ReturnType<typeof createMailboxRow>

/** `name`: of the mailbox, as the config has it. */
export function createMailboxRow(parts: TransactionParts & WorkParts, name: string) {
  const me = () => parts.worker!().id
  const cause = { operation: 'mail.poll', actor: 'system', requestId: '' }
  const write = <T>(work: (work: Work, row: InboundMailbox | null) => Promise<T>) =>
    inTransaction(
      parts,
      cause,
      async (tx, now) => await work(workIn(parts, tx, now), await findUnique(tx, inboundMailboxes, eq('name', name))),
    )

  const change = async ({ tx }: Work, row: InboundMailbox | null, wanted: Change): Promise<InboundMailbox | null> => {
    const isOurs = row !== null && (await tx.touch(inboundMailboxes, row.id, wanted, eq('owner', me())))
    return isOurs ? await tx.get(inboundMailboxes, row.id) : null
  }

  return {
    /** Null while another process reads it. */
    claim: () =>
      write(async ({ tx, now, newId }, row) => {
        const lease = { owner: me(), leaseUntil: now + limits.mailboxLeaseMs }
        if (row === null) return await tx.insertOnce(inboundMailboxes, { id: newId('inb'), name, ...untouched, ...lease })
        // Where one process alone uses the database, the one before is gone.
        const isHeld = parts.storage.capabilities.isShared && row.owner !== me() && (row.leaseUntil ?? 0) > now
        const state = row.failingSince === null ? 'connecting' : 'failing'
        return isHeld ? null : await tx.updateIfUnchanged(inboundMailboxes, row, { set: { ...lease, state } })
      }),
    renew: () => write(async (work, row) => (await change(work, row, { set: { leaseUntil: work.now + limits.mailboxLeaseMs } })) !== null),
    /** @throws MailboxError where another process has taken over */
    async save(wanted: Change): Promise<InboundMailbox> {
      const saved = await write(
        async (work, row) => await change(work, row, { ...wanted, set: { ...wanted.set, leaseUntil: work.now + limits.mailboxLeaseMs } }),
      )
      if (saved === null) throw new MailboxError('Another process reads it.')
      return saved
    },
    /** Whether that is news. */
    fail: (lastError: string) =>
      write(async (work, row) => {
        const failingSince = row?.failingSince ?? work.now
        const failed = await change(work, row, { set: { state: 'failing', lastError, failingSince } })
        return failed !== null && (row!.failingSince === null || row!.lastError !== lastError)
      }).catch(() => true),
    leave: () => write(async (work, row) => await change(work, row, { set: { leaseUntil: null, owner: null } })),
  }
}

const untouched = {
  state: 'connecting',
  lastError: null,
  failingSince: null,
  uidValidity: null,
  lastUid: 0,
  since: null,
  sinceUid: 0,
  waiting: 0,
  taken: 0,
  leftThere: 0,
  readAt: null,
  troubledUid: null,
  troubles: 0,
} as const
