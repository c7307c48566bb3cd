import { assert } from '../base/assert.ts'
import { and, compare, eq } from '../contract/filter.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { AdapterTransaction, Addition, Change } from './storage.ts'

/** Of an adapter whose guarded writes travel together anyway: one for each row. */
export function addOneByOne(updateOrFail: AdapterTransaction['updateOrFail']): AdapterTransaction['addOrFail'] {
  return async (ref, additions, set) => {
    for (const { id, add } of additions) await updateOrFail(ref, and(eq('id', id), ...enough(add)), { set, add })
  }
}

/** What is taken away must be there. */
function enough(add: Addition['add']) {
  return Object.entries(add).flatMap(([path, amount]) => (amount < 0 ? [compare(path, 'gte', -amount)] : []))
}

/** A record after a change, known without asking: the change is exact. */
export function applied(before: AnyRecord, { set = {}, add = {} }: Change): AnyRecord {
  const record: Record<string, unknown> = { ...before, ...set }
  for (const [path, amount] of Object.entries(add)) {
    assert(!path.includes('.'), 'money is set, never added to')
    const value = before[path] as number | null
    record[path] = value === null ? null : value + amount
  }
  return record as AnyRecord
}
