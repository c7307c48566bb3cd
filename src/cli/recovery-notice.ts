import { toIso } from '../base/clock.ts'
import { countHeld } from '../engine/recovery.ts'
import { readRecovery } from '../storage/archive/marks.ts'
import type { StorageAdapter } from '../storage/storage.ts'

/** What whoever starts a server must know: a restore waits for its review. */
export async function recoveryNotice(storage: StorageAdapter): Promise<string | null> {
  const recovery = await readRecovery(storage)
  if (recovery === null) return null
  const { recognised, mails, others } = await countHeld(storage.reader)
  const restored = `This database was restored from a backup of ${toIso(recovery.backupAt)}`
  const held = recognised + mails + others
  if (held === 0)
    return `${restored}, and nobody has ended its review: until then a mail about
what is older than the restore is held. End it: kingpost effects resume`
  return `${restored}. ${held} ${held === 1 ? 'effect is' : 'effects are'} held, because they may
have been carried out since: nothing of them is sent or charged again before you say so. Look at them: kingpost effects`
}
