// What after hooks were told, kept until they are carried out: records as they were then, with fields that staff may not
// see. So it stands in a collection of its own that no query reaches, and not in the effect, which staff read.
import { collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'

export const hookCalls = collection('hookCalls', {
  prefix: 'hcl',
  system: true,
  internal: true,
  feed: false,
  appendOnly: true,
  fields: {
    hook: field.text({ required: true }),
    told: field.json<Readonly<Record<string, unknown>>>({ required: true, schema: { type: 'object' } }),
    /** How many after hooks led to it, each by what the one before it wrote. */
    chain: field.integer({ required: true }),
  },
  indexes: [['createdAt']],
  personal: { freeForm: 'delete' },
})
export type HookCall = NonNullable<(typeof hookCalls)['record']>
