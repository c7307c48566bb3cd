// Where databases of tests keep their files: in memory where the system has room there. No test takes the power away, a process that is
// killed loses nothing of it, and what waits for a disk is most of the time of tests on a server.
import { accessSync, constants, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const memory = '/dev/shm'
/** All databases of a whole run, and as much again. */
const bytesNeeded = 6e9

export function dataPlace(): string {
  try {
    accessSync(memory, constants.W_OK)
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize >= bytesNeeded ? memory : tmpdir()
  } catch {
    return tmpdir()
  }
}
