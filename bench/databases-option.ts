/** Owns `--only sqlite,postgres` of what is measured on each database. */
import { type DatabaseName, databaseNames } from '../test/support/databases.ts'
import { UsageError } from './options.ts'

/** All when nothing is said. @throws UsageError for a name that is none */
export function chosenDatabases(only: string | undefined): readonly DatabaseName[] {
  if (only === undefined) return databaseNames
  return only.split(',').map((word) => {
    const name = databaseNames.find((known) => known === word)
    if (name === undefined) throw new UsageError(`--only does not know "${word}"; there are ${databaseNames.join(', ')}`)
    return name
  })
}
