// An old version on a database that has gone on would make an empty field or collection where a renamed one
// was: the journal tells.
import { toIso } from '../../base/clock.ts'
import type { JournalRow } from './stored-schema.ts'

/** The journal's row of a rename to a name that this model does not know. */
export function renamedLater(start: string, journal: readonly JournalRow[], isKnown: (name: string) => boolean): JournalRow | undefined {
  const found = journal.findLast((row) => row.state === 'done' && row.key.startsWith(start))
  return found && isKnown(found.key.split(' ')[2]!) ? undefined : found
}

export function laterVersion(name: string, { key, endedAt }: JournalRow): string {
  const day = toIso(endedAt ?? 0).slice(0, 10)
  return `${name} was renamed to ${key.split(' ')[2]} by a later version on ${day}. Start that version, or restore the backup made before it.`
}
