// Rate limits that hold over all processes of a shared database: one row per class and caller, forgotten
// once it says nothing any more. http/shared-rate-limit.ts writes them.
import { collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'

export const rateLimits = collection('rateLimits', {
  prefix: 'rate',
  system: true,
  internal: true,
  feed: false,
  fields: {
    /** When the bucket is empty again: GCRA's theoretical arrival time of the next request. */
    arrival: field.dateTime({ required: true }),
  },
  indexes: [['arrival']],
})
