// What is computed and stored, against what its function makes of the record now: the text of a function does not say on what else
// it depends.
import { isDeepStrictEqual } from 'node:util'
import type { AnyRecord } from '../../schema/collection.ts'
import type { CompiledField } from '../../schema/model.ts'
import { type InvariantGroup, pagesOf } from '../invariant.ts'

export const computedInvariants: InvariantGroup = {
  needs: [],
  invariants: { 'computed.up_to_date': 'What is computed and stored is what its function makes of the record.' },
  async check(context) {
    for (const collection of context.model.collections.values()) {
      const fields = [...collection.fields.values()].filter(({ compute, isComputed }) => compute !== null && !isComputed)
      if (fields.length === 0) continue
      for await (const page of pagesOf<AnyRecord>(context, collection))
        for (const record of page)
          for (const field of fields) {
            const found = otherwise(field, record)
            if (found !== null) context.report('computed.up_to_date', [`${collection.name}/${record.id}`], `${field.name} ${found}`)
          }
    }
  },
}

function otherwise({ name, compute }: CompiledField, record: AnyRecord): string | null {
  const stored = record[name] ?? null
  try {
    const made = compute!(record)
    return isDeepStrictEqual(made, stored) ? null : `is ${JSON.stringify(stored)}, and its function makes ${JSON.stringify(made)}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
