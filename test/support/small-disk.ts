// A disk that is really small: a tmpfs mounted for one test. It needs root.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Cleanable, cleanUp } from './clean-up.ts'
import { temporaryFolder } from './server-process.ts'

/** The mount's folder, or null where this user may not mount. Unmounted when the test ends. */
export function mountSmallDisk(t: Cleanable, kib: number): string | null {
  const folder = join(temporaryFolder(t), 'disk')
  mkdirSync(folder)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', folder])
  if (mounted.status !== 0) return null
  cleanUp(t, () => spawnSync('umount', [folder]))
  return folder
}
