// Lines of the log that were written before a rename, or by the version before it, under the names of now and with decimals as
// a record of now has them: a rule that looks at a field must not be answered by its absence.
import type { AnyRecord } from '../../schema/collection.ts'
import type { Model } from '../../schema/model.ts'
import { hasDecimals, withUnits } from '../decimals-in-log.ts'
import type { Commit, RecordChange } from '../storage.ts'
import { formerNames } from './stored-schema.ts'

type Names = { readonly collection: string; readonly fields: ReadonlyMap<string, string> }

/** The commits as they are read now. */
export function createRenamer(model: Model): (commits: readonly Commit[]) => readonly Commit[] {
  const names = namesOf(model)
  if (names.size === 0 && !hasDecimals(model)) return (commits) => commits
  const renamed = createChangeRenamer(model)
  return (commits) => commits.map((commit) => ({ ...commit, changes: commit.changes.map(renamed) }))
}

export function createChangeRenamer(model: Model): (change: RecordChange) => RecordChange {
  const names = namesOf(model)
  return (change) => {
    const now = names.get(change.collection)
    if (now === undefined) return withUnits(model, change)
    const { before } = change
    const record = withNames(change.record, now.fields) as AnyRecord
    return withUnits(model, { ...change, collection: now.collection, record, ...(before && { before: withNames(before, now.fields) }) })
  }
}

function namesOf(model: Model): ReadonlyMap<string, Names> {
  const names = new Map<string, Names>()
  for (const { name, source, fields } of model.collections.values()) {
    const former = [...fields.values()].flatMap((field) => formerNames(field.field).map((old) => [old, field.name] as const))
    for (const known of [name, ...formerNames(source).filter((old) => !model.find(old))])
      if (former.length > 0 || known !== name) names.set(known, { collection: name, fields: new Map(former) })
  }
  return names
}

function withNames(values: Readonly<Record<string, unknown>>, fields: ReadonlyMap<string, string>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [fields.get(name) ?? name, value]))
}
