// What must hold of deleted records that can be restored: each is gone from its collection.
import { deletedRecords, readerOfDeleted } from '../../records/deleted-records.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import { type InvariantGroup, pagesOf } from '../invariant.ts'

export const deletedInvariants: InvariantGroup = {
  needs: [deletedRecords.name],
  invariants: {
    'deleted.gone': 'A record that can be restored is no record of its collection.',
  },
  async check(context) {
    const asItWas = readerOfDeleted(context.model)
    for await (const page of pagesOf(context, deletedRecords)) {
      const known = Map.groupBy(
        page.flatMap((row) => asItWas(row) ?? []),
        ({ collection }) => collection.name,
      )
      for (const [name, deleted] of known)
        for (const { id } of await context.read.getMany<AnyRecord>(
          { name },
          deleted.map(({ record }) => record.id),
        ))
          context.report('deleted.gone', [`${name}/${id}`], 'it is there, and among the deleted')
    }
  },
}
