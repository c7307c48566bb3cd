// Links to a guest's order, in mails: each has a secret of its own, in the fragment of the address, which no server
// and no other site is sent. The page sends it as Cart-Token. Stored hashed, good while the order is nobody's account's.
import { leastIdAt } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret, secretMark, timedSecret } from '../../base/secret.ts'
import { compare, eq, type Filter } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import type { Order } from './collections.ts'

const linkPrefix = 'olk'

export const orderLinks = collection('orderLinks', {
  prefix: linkPrefix,
  system: true,
  internal: true,
  feed: false,
  fields: {
    /** Nobody looks from its other end, and an order is never deleted: it needs no index. */
    order: field.text({ required: true, max: 100 }),
    tokenHash: field.text({ required: true, unique: true }),
  },
})

/** Ids ascend with time, so those that are over need no index of their own. */
export function linksBefore(time: number): Filter {
  return compare('id', 'lt', leastIdAt(linkPrefix, time))
}

/** The prefix by which a Cart-Token is known to be one of these. */
export const orderLinkPrefix = 'order'

/** The page of an order, for a mail to who placed it, with the secret of the mail: a guest's opens on any device, an account's after signing in. */
export async function orderLink(
  { tx, now, newId, newSecret, project }: Work,
  { id, customer }: Pick<Order, 'id' | 'customer'>,
): Promise<{ readonly url: string; readonly secret: string | null }> {
  const page = `${project.publicUrl}/orders/${id}`
  if (customer !== null) return { url: page, secret: null }
  const token = timedSecret(newSecret(orderLinkPrefix), now)
  await tx.insert(orderLinks, { id: newId(linkPrefix), order: id, tokenHash: hashSecret(token) }, 'conflict')
  return { url: `${page}#token=${secretMark}`, secret: token }
}

/** The order that this secret opens, or null. */
export async function findLinkedOrder(read: Pick<Reader, 'find'>, tokenHash: string, now: number): Promise<string | null> {
  const link = await findUnique(read, orderLinks, eq('tokenHash', tokenHash))
  return link === null || link.createdAt + limits.orderLinkMs <= now ? null : link.order
}
