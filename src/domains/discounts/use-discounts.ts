// Uses of discounts: taken in the transaction of the checkout, given back when the order comes to nothing, taken again when it revives.
// Invariants: a tally counts the uses that are held or used, and no tally passes its limit, whoever asks at once: it is locked before it is
// looked at, and the discount is held meanwhile, so that no limit is lowered below it. All are locked together, in the order of their ids.
import { EngineError, LostRace } from '../../base/engine-error.ts'
import type { Money } from '../../base/money.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type Discount, type DiscountUse, discounts, discountTallies, discountUses } from './collections.ts'
import type { Discounting } from './discounts-of.ts'
import { customerOf, hasOrdered, perCustomerMax } from './find-discounts.ts'
import { type Customer, holdersOf, tallyId } from './tallies.ts'
import { type WhyNot, whyNot } from './why-not.ts'

/** What of an order decides whose uses they are. */
export type Order = { readonly id: string; readonly customer: string | null; readonly email: string }
export type Wanted = { readonly discount: Discount; readonly amount: Money }

/** @throws discount_unusable naming a code that its customer cannot use, or that was used up a moment ago */
export async function takeUses(work: Work, order: Order, wanted: readonly Wanted[]): Promise<void> {
  const { tx } = work
  const own = await customerOf(tx, order.customer)
  // Nobody typed in what has no code: an address that is not the account's own keeps nobody from it.
  const customerFor = ({ code }: Discount): Customer => (code === null ? own : { ...own, emails: [...own.emails, order.email] })
  const uses = wanted.map((one) => ({ ...one, slots: slotsOf(one.discount, customerFor(one.discount)) }))
  const slots = uses.flatMap((use) => use.slots)
  // Asked together: to a server database that is one round trip.
  const [held, tallies] = await Promise.all([lockDiscounts(tx, wanted), lockTallies(tx, slots)])
  const versions = new Map(held.map(({ id, version }) => [id, version]))
  for (const { discount, amount, slots: own } of uses) {
    // What the total was made of is not so any more: look again.
    if (versions.get(discount.id) !== discount.version) throw new LostRace()
    if (discount.firstOrder && (await hasOrdered(tx, customerFor(discount)))) throw unusable(discount.code, whyNot('not_first_order'))
    await tx.insert(
      discountUses,
      { id: work.newId('dsu'), discount: discount.id, order: order.id, amount, state: 'held', tallies: own.map(({ id }) => id) },
      'conflict',
    )
  }
  const full = await takeSlots(tx, slots, tallies)
  if (full === null) return
  // A code can be taken out of the cart. What has no code is looked for again, and is not found any more.
  if (full.discount.code === null) throw new LostRace()
  throw unusable(full.discount.code, full.whyNot)
}

/** One tally to be counted up, and what is to be said where it is full. */
type Slot = {
  readonly id: string
  readonly discount: Discount
  readonly of: 'all' | 'customer'
  readonly max: number | null
  readonly whyNot: WhyNot
}

function slotsOf(discount: Discount, customer: Customer): Slot[] {
  const { id, usesMax, firstOrder } = discount
  const personal = whyNot(firstOrder ? 'not_first_order' : 'used_by_customer')
  return [
    { id: tallyId(id), discount, of: 'all', max: usesMax, whyNot: whyNot('used_up') },
    ...holdersOf(customer).map(
      (holder): Slot => ({ id: tallyId(id, holder), discount, of: 'customer', max: perCustomerMax(discount), whyNot: personal }),
    ),
  ]
}

async function lockDiscounts(tx: Transaction, wanted: readonly Pick<Wanted, 'discount'>[]): Promise<readonly Discount[]> {
  return await tx.lockAll(
    discounts,
    wanted.map(({ discount }) => discount.id),
    'shared',
  )
}

type Tallies = ReadonlyMap<string, number>

/** The uses so far, of those that there are. */
async function lockTallies(tx: Transaction, slots: readonly Pick<Slot, 'id'>[]): Promise<Tallies> {
  const found = await tx.lockAll(
    discountTallies,
    slots.map(({ id }) => id),
    'exclusive',
  )
  return new Map(found.map(({ id, uses }) => [id, uses]))
}

/** Null once all are taken, or the first that is full: then the transaction is to fail. `tallies`: as they were locked. */
async function takeSlots(tx: Transaction, slots: readonly Slot[], tallies: Tallies): Promise<Slot | null> {
  const sorted = slots.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const full = sorted.find(({ id, max }) => max !== null && (tallies.get(id) ?? 0) >= max)
  if (full !== undefined) return full
  const known = sorted.filter(({ id }) => tallies.has(id))
  await tx.addOrFail(
    discountTallies,
    known.map(({ id }) => ({ id, add: { uses: 1 } })),
  )
  // Made by somebody else meanwhile: then all of it runs again.
  for (const { id, discount, of } of sorted.filter((slot) => !tallies.has(slot.id)))
    await tx.insert(discountTallies, { id, discount: discount.id, of, uses: 1 }, 'conflict')
  return null
}

/** What may have come about since the cart was shown, without its holder. */
const news: readonly WhyNot['code'][] = ['unavailable', 'used_up', 'used_by_customer', 'not_first_order']

/**
 * That no code was lost since the cart was shown: nobody pays more than they have seen because others were quicker.
 * @throws discount_unusable
 */
export function checkCodes({ refused }: Discounting): void {
  const lost = refused.find(({ reason }) => news.includes(reason.code))
  if (lost !== undefined) throw unusable(lost.code, lost.reason)
}

function unusable(code: string | null, reason: WhyNot): EngineError {
  return new EngineError('discount_unusable', {
    detail: `${reason.message} Take ${code ?? 'it'} out of the cart to continue.`,
    params: { discount: code, reason: reason.code },
    errors: [{ path: '/discountCodes', code: reason.code, message: reason.message }],
  })
}

/** Orders that were placed keep their uses, also when they are canceled later. */
export async function keepUses({ tx }: Work, order: string): Promise<void> {
  await tx.touchAll(discountUses, and(eq('order', order), eq('state', 'held')), { set: { state: 'used' } })
}

/** Of orders that come to nothing: others can have them. */
export async function releaseUses({ tx }: Work, orders: readonly string[]): Promise<void> {
  if (orders.length === 0) return
  const released = await tx.touchAll(discountUses, and(oneOf('order', orders), eq('state', 'held')), { set: { state: 'released' } })
  const counts = new Map<string, number>()
  for (const id of released.flatMap(({ tallies }) => tallies)) counts.set(id, (counts.get(id) ?? 0) + 1)
  const sorted = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
  await tx.addOrFail(
    discountTallies,
    sorted.map(([id, count]) => ({ id, add: { uses: -count } })),
  )
}

/** Whether an order that has come to nothing could have its uses again now. Only taking them is a promise. */
export async function canUseAgain(tx: Transaction, order: string): Promise<boolean> {
  const slots = await slotsAgain(tx, await usesOf(tx, order))
  const tallies = new Map(
    (
      await tx.getMany(
        discountTallies,
        slots.map(({ id }) => id),
      )
    ).map((tally) => [tally.id, tally.uses]),
  )
  return slots.every(({ id, max }) => max === null || (tallies.get(id) ?? 0) < max)
}

/** @throws conflict when somebody had them since that was looked at */
export async function takeUsesAgain({ tx }: Work, order: string): Promise<void> {
  const uses = await usesOf(tx, order)
  await tx.lockAll(
    discounts,
    uses.map(({ discount }) => discount),
    'shared',
  )
  const slots = await slotsAgain(tx, uses)
  if ((await takeSlots(tx, slots, await lockTallies(tx, slots))) !== null) throw new LostRace()
  await tx.touchAll(discountUses, and(eq('order', order), eq('state', 'released')), { set: { state: 'held' } })
}

async function usesOf(tx: Transaction, order: string): Promise<DiscountUse[]> {
  const found = await findAll(tx, discountUses, and(eq('order', order), eq('state', 'released')))
  return found.toSorted((a, b) => (a.discount < b.discount ? -1 : 1))
}

/** As its limits are now. A discount that was used is never deleted. */
async function slotsAgain(tx: Transaction, uses: readonly DiscountUse[]): Promise<Slot[]> {
  const found = await tx.getMany(
    discounts,
    uses.map(({ discount }) => discount),
  )
  const byId = new Map(found.map((discount) => [discount.id, discount]))
  return uses.flatMap(({ discount: id, tallies }) => {
    const discount = byId.get(id)!
    const all = tallyId(id)
    return tallies.map(
      (tally): Slot =>
        tally === all
          ? { id: tally, discount, of: 'all', max: discount.usesMax, whyNot: whyNot('used_up') }
          : { id: tally, discount, of: 'customer', max: perCustomerMax(discount), whyNot: whyNot('used_by_customer') },
    )
  })
}
