// The erasure of one person: what is asked for, how far it is, and what came of it. It names an account by its id alone, so it can
// be kept as the proof of what was done.
import { nobody, staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

/** Of one collection: how many records went, lost what names the person, or stayed as they were, and why those stay. */
export type ErasureLine = {
  readonly collection: string
  readonly removed: number
  readonly pseudonymised: number
  readonly kept: number
  readonly because?: string
}

export const erasureStates = ['waiting', 'running', 'done', 'canceled'] as const

export const erasures = collection('erasures', {
  prefix: 'era',
  system: true,
  fields: {
    user: field.ref('users', { required: true, onErase: 'keep' }),
    state: field.enum(erasureStates, { required: true }),
    /** When it begins. Until then its owner can keep the account. */
    dueAt: field.dateTime({ required: true }),
    /** Why it has not begun though it is due. */
    waitsFor: field.text({ max: limits.refusalCharactersMax }),
    /** Whether the account was shut before it was asked for, and stays so when it is kept. */
    wasDisabled: field.boolean({ required: true, feed: false }),
    /** The address, while it is looked for, and whether its owner has shown that it is theirs. */
    isProven: field.boolean({ required: true, default: false, feed: false }),
    address: field.text({ read: nobody, feed: false, personal: true }),
    /** Those of before, while they are looked for. */
    former: field.json<readonly string[]>({
      read: nobody,
      feed: false,
      personal: true,
      schema: { type: 'array', items: { type: 'string' } },
    }),
    /** How far it is: the step, and the record or line behind which it continues. */
    step: field.integer({ required: true, feed: false }),
    after: field.text({ read: nobody, feed: false, max: limits.idCharactersMax }),
    report: field.json<readonly ErasureLine[]>({ required: true, feed: false, schema: { type: 'array', items: { type: 'object' } } }),
    doneAt: field.dateTime(),
  },
  indexes: [['state', 'dueAt']],
  access: { read: staff },
})
export type Erasure = NonNullable<(typeof erasures)['record']>

/** Records that an erasure under way has changed, so that what refers to them is found, and their old lines in the change feed. */
export const erasedRecords = collection('erasedRecords', {
  prefix: 'erd',
  system: true,
  internal: true,
  feed: false,
  appendOnly: true,
  fields: {
    erasure: field.text({ required: true, max: limits.idCharactersMax }),
    record: field.text({ required: true, max: limits.idCharactersMax }),
    how: field.enum(['delete', 'clear'], { required: true }),
  },
  indexes: [['erasure']],
})

/** The id of its row, which finds it and keeps it from being noted twice. */
export function erasedId(erasure: string, record: string): string {
  return `${erasure.slice(erasure.indexOf('_') + 1)}.${record}`
}
