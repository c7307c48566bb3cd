// The discounts that a cart may have, and what is known of its customer. Invariant: a shop without discounts pays no query for them: only
// a cart with codes asks, and every cart where the config says that there are some without a code.
import { and, eq, isNull, not, oneOf } from '../../contract/filter.ts'
import type { CollectionRef } from '../../schema/collection.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { users } from '../accounts/collections.ts'
import { type Discount, discounts, discountTallies } from './collections.ts'
import type { Candidate } from './discounts-of.ts'
import { type Customer, holdersOf, tallyId } from './tallies.ts'

type Read = Pick<Reader, 'get' | 'getMany' | 'find'>

export type DiscountsAsked = { readonly codes: readonly string[]; readonly isAutomatic: boolean }

export async function findDiscounts(read: Pick<Reader, 'find'>, { codes, isAutomatic }: DiscountsAsked): Promise<readonly Discount[]> {
  const [named, automatic] = await Promise.all([
    codes.length === 0 ? [] : findAll(read, discounts, oneOf('code', codes)),
    isAutomatic ? findAll(read, discounts, and(eq('active', true), isNull('code'))) : [],
  ])
  return [...named, ...automatic]
}

/** Orders stand above this domain: of theirs no more than this is looked at. */
const orders: CollectionRef<{ readonly id: string; readonly createdAt: number }> = { name: 'orders' }

/** Whether this customer has an order that was placed. */
export async function hasOrdered(read: Pick<Reader, 'find'>, { account, emails }: Customer): Promise<boolean> {
  const isPlaced = not(isNull('placedAt'))
  const known = emails.filter((email) => email !== null)
  const asked = [...(account === null ? [] : [eq('customer', account)]), ...known.map((email) => eq('email', email))]
  // Beyond the limit: one is enough.
  const found = await Promise.all(asked.map((own) => read.find(orders, { where: and(own, isPlaced), limit: 1, isUnordered: true })))
  return found.some((one) => one.length > 0)
}

export function perCustomerMax({ firstOrder, usesPerCustomerMax }: Discount): number | null {
  return firstOrder ? 1 : usesPerCustomerMax
}

/** Of an account: with its own address. What a cart says of an address is no proof of who it is, and tells nothing here. */
export async function customerOf(read: Pick<Reader, 'get'>, account: string | null): Promise<Customer> {
  const user = account === null ? null : await read.get(users, account)
  return { account, emails: [user?.email ?? null] }
}

/** With what is known before checkout: of a guest nothing. */
export async function candidatesOf(read: Read, found: readonly Discount[], account: string | null): Promise<readonly Candidate[]> {
  const isLimited = found.some(({ usesMax }) => usesMax !== null)
  const isPersonal = account !== null && found.some((one) => perCustomerMax(one) !== null)
  if (!isLimited && !isPersonal) return found.map((discount) => ({ discount, uses: 0, usesOfCustomer: 0, hasOrdered: false }))
  const customer = isPersonal ? await customerOf(read, account) : { account: null, emails: [] }
  const holders = holdersOf(customer)
  const ids = found.flatMap(({ id }) => [tallyId(id), ...holders.map((holder) => tallyId(id, holder))])
  const [tallies, isKnown] = await Promise.all([
    read.getMany(discountTallies, ids),
    isPersonal && found.some(({ firstOrder }) => firstOrder) ? hasOrdered(read, customer) : false,
  ])
  const uses = new Map(tallies.map((tally) => [tally.id, tally.uses]))
  return found.map((discount) => ({
    discount,
    uses: uses.get(tallyId(discount.id)) ?? 0,
    usesOfCustomer: Math.max(0, ...holders.map((holder) => uses.get(tallyId(discount.id, holder)) ?? 0)),
    hasOrdered: isKnown,
  }))
}
