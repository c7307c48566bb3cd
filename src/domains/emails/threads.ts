// Conversations by mail: what was written to one address about one record, or what somebody wrote to us without being asked. Each message
// names its thread; to its customer a thread is one address to answer to. Invariant: what somebody writes opens a thread again, and
// changes nothing else of any record. What staff think of it (status, assignee, notes) is never mailed.
import { staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findUnique } from '../../storage/find-all.ts'

/** `open`: somebody has written, and we are to answer. `waiting`: for them, or for nobody. `closed`: done, until somebody writes again. */
export const threadStatuses = ['open', 'waiting', 'closed'] as const

export const emailThreads = collection('emailThreads', {
  prefix: 'eth',
  title: 'Conversations',
  search: 'parts',
  system: true,
  fields: {
    /** One per record and address; of letters about nothing, one per letter. */
    key: field.text({ required: true, unique: true, max: 500, feed: false }),
    record: field.text({ max: 100 }),
    /** Whom answers go to. */
    address: field.text({ required: true, search: true, max: 400 }),
    /** What whoever is at that address calls themselves. */
    name: field.text({ search: true, max: 200, personal: true }),
    subject: field.text({ required: true, search: true, max: 998 }),
    status: field.enum(threadStatuses, { required: true }),
    /** Something came in that nobody of the staff has looked at. One mark for all of them. */
    isUnread: field.boolean({ required: true }),
    /** Whether it is sure who wrote the last letter of a person. Null: nobody has written. */
    isVerified: field.boolean(),
    assignee: field.ref('users', { onErase: 'clear' }),
    /** Message-IDs of what it holds, the last one last: an answer names them. */
    messageIds: field.json<readonly string[]>({ required: true, feed: false, schema: { type: 'array', items: { type: 'string' } } }),
    /** When the last message was written or came. */
    lastAt: field.dateTime({ required: true }),
  },
  indexes: [['record'], ['status', '-lastAt'], ['assignee', '-lastAt'], ['-lastAt']],
  personal: {
    by: { address: { holds: 'address', onErase: 'delete' }, record: { holds: 'record', onErase: 'delete' } },
  },
  access: { read: staff },
})
export type EmailThread = NonNullable<(typeof emailThreads)['record']>

/** Message-IDs that are not made by us: of what came in, so that an answer to it finds its thread. */
export const emailIds = collection('emailIds', {
  prefix: 'emid',
  system: true,
  internal: true,
  feed: false,
  appendOnly: true,
  fields: {
    messageId: field.text({ required: true, max: 400 }),
    email: field.text({ required: true, max: 100 }),
  },
  indexes: [['messageId'], ['email']],
  personal: { by: { email: { holds: 'record', onErase: 'delete' } } },
})

/** RFC 5322 section 3.6.4: the first and the last of a long conversation are enough to find it. */
export function idsAfter(ids: readonly string[], ...more: readonly string[]): string[] {
  const all = [...new Set([...ids, ...more])]
  return all.length <= limits.mailReferencesMax ? all : [all[0]!, ...all.slice(1 - limits.mailReferencesMax)]
}

export type ThreadPlace = { readonly key: string; readonly record: string | null; readonly address: string; readonly subject: string }

/** That of one record and one address. */
export function threadKeyOf(record: string, address: string): string {
  return `${record}:${address}`.slice(0, 500)
}

/** The thread of that key, made where there is none. */
export async function openThread({ tx, now, newId }: Work, { key, record, address, subject }: ThreadPlace): Promise<EmailThread> {
  const known = await findUnique(tx, emailThreads, eq('key', key))
  if (known !== null) return known
  const row = {
    id: newId('eth'),
    key,
    record,
    address,
    name: null,
    subject,
    // Until a person writes there is nothing to answer.
    status: 'waiting',
    isUnread: false,
    isVerified: null,
    assignee: null,
    messageIds: [],
    lastAt: now,
  } as const
  // Two letters at once: the second runs again, and finds it.
  return await tx.insert(emailThreads, row, 'conflict')
}
