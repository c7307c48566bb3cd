// Files that nobody has claimed in time, and those of which not all bytes came.
import { limits } from '../../base/limits.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import type { Schedule } from '../../effects/schedule.ts'
import { files } from './collections.ts'
import { removeFile } from './remove-files.ts'

export const sweepFiles: Schedule = {
  name: 'files.sweep',
  everyMs: 120_000,
  async run(work) {
    for (const state of ['uploading', 'stored'] as const) {
      const where = and(eq('state', state), compare('expiresAt', 'lt', work.now))
      // Beyond the limit: the next tick.
      const over = await work.tx.find(files, { where, sort: [{ path: 'expiresAt', descending: false }], limit: limits.filesPerTick })
      for (const file of over) await removeFile(work, file)
    }
  },
}
