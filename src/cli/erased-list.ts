// Accounts that were erased here, one line each, in a file beside the database that no backup holds and no restore replaces: their
// ids and when. A restore reads it and has those that come back erased again.
import { appendFile, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemClock, toIso } from '../base/clock.ts'
import type { ErasedList } from '../domains/personal/erase-person.ts'
import { makeFolder } from './private-files.ts'

const fileName = 'erased.jsonl'

export function openErasedList(dataFolder: string): ErasedList {
  const folder = resolve(dataFolder)
  return {
    async add(user) {
      makeFolder(folder)
      // Synced: an erasure is over only once it is here.
      await appendFile(join(folder, fileName), `${JSON.stringify({ user, at: toIso(systemClock.now()) })}\n`, { flush: true })
    },
  }
}

/** None where there is no such file. */
export async function readErased(dataFolder: string): Promise<ReadonlySet<string>> {
  const text = await readFile(join(resolve(dataFolder), fileName), 'utf8').catch(() => '')
  // A line that a crash has cut off is of an erasure that was not over.
  return new Set(text.split('\n').flatMap((line) => /"user":"(usr_[0-9a-z]{26})"/.exec(line)?.[1] ?? []))
}
