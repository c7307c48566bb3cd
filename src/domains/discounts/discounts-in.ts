// `discounts` of a shop: what a discount must be, beyond what its fields say alone, and what may no longer be changed once it was used.

import { staff } from '../../access/rule.ts'
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { checkGroups } from '../../config/customer-groups.ts'
import { checkSoldIn } from '../../config/sold-in.ts'
import { and, compare, eq, isNull, oneOf } from '../../contract/filter.ts'
import { type AfterChange, collection, recordOf, type WriteAccess } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findAll } from '../../storage/find-all.ts'
import { type Discount, discountFields, discounts, discountTallies } from './collections.ts'
import { meaningOf, ppmOf } from './discount-value.ts'
import { tallyId } from './tallies.ts'

type Offered = { readonly currencies: readonly string[]; readonly isAutomatic: boolean; readonly customerGroups: readonly string[] }

/** `isAutomatic`: it may have some without a code, for which every cart asks. The handle for engine code stays `discounts`. */
export function discountsIn(offered: Offered) {
  const { currencies } = offered
  const [currency] = currencies
  // The kind of the field knows one; several are looked at below.
  const own = currencies.length === 1 ? { currency: currency! } : {}
  return collection('discounts', {
    prefix: 'dsc',
    // By any part of a code; there are few beside orders.
    search: 'parts',
    fields: { ...discountFields, minimumSum: field.money({ min: 0, ...own }) },
    // Every cart asks for those without a code.
    indexes: [['active', 'code']],
    loaded: {
      /** On orders that are placed, or wait for their payment. */
      fields: { uses: field.integer({ required: true }) },
      async load(read, records) {
        const ids = records.map(({ id }) => tallyId(id))
        const tallies = new Map((await findAll(read, discountTallies, oneOf('id', ids))).map(({ id, uses }) => [id, uses]))
        return ids.map((id) => ({ uses: tallies.get(id) ?? 0 }))
      },
    },
    access: { read: staff, create: staff, update: staff, delete: staff },
    async afterChange({ tx, before, after }: AfterChange) {
      if (after === null) return
      const discount = recordOf(discounts, after)
      checkFields(discount, offered)
      if (before !== null) await checkUses(tx, discount)
      if (discount.code === null && discount.active) await checkAutomatic(tx)
    },
  })
}

/** @throws validation_failed */
function checkFields(discount: Discount, { currencies, isAutomatic, customerGroups: groups }: Offered): void {
  const { kind, per, code, startsAt, endsAt, getProducts, getCategories, firstOrder, usesPerCustomerMax, customerGroups } = discount
  checkValue(discount, currencies)
  if (code === null && !isAutomatic)
    throw invalid('/code', 'required', 'is missing: discounts without a code are off in this shop (shop.automaticDiscounts in the config)')
  const isPlain = kind === 'percent' || kind === 'fixed'
  if (!isPlain && per !== 'order') throw invalid('/per', 'enum', 'is for percent and fixed alone: leave it at order')
  if (kind !== 'buy_x_get_y' && getProducts.length + getCategories.length > 0)
    throw invalid(getProducts.length > 0 ? '/getProducts' : '/getCategories', 'maxItems', 'is for buy_x_get_y alone: leave it empty')
  checkGroups(groups, customerGroups)
  if (startsAt !== null && endsAt !== null && endsAt <= startsAt) throw invalid('/endsAt', 'minimum', 'must be after startsAt')
  if (firstOrder && usesPerCustomerMax !== null && usesPerCustomerMax > 1)
    throw invalid('/usesPerCustomerMax', 'maximum', 'must be 1 or empty: a first order is one')
}

const wanted = {
  percent: 'must be a number above 0 and at most 100, with at most 4 decimals',
  fixed: 'must be an amount above zero',
  free_shipping: 'must be empty, or the most that is taken',
  buy_x_get_y: 'must say how many are bought and how many come with them: {"buy": 2, "get": 1}',
} as const

/** @throws validation_failed */
function checkValue({ kind, value: given, minimumSum }: Discount, currencies: readonly string[]): void {
  const value = meaningOf(kind, given)
  if (value === null) throw invalid('/value', 'type', wanted[kind])
  const { percent, amount } = value
  if (percent !== undefined && ppmOf(percent) === null)
    throw invalid(kind === 'percent' ? '/value' : '/value/percent', 'multipleOf', wanted.percent)
  for (const [path, one] of [
    ['/value', amount],
    ['/minimumSum', minimumSum],
  ] as const)
    if (one) checkSoldIn({ currencies }, one.currency, `${path}/currency`)
  if (amount && minimumSum !== null && minimumSum.currency !== amount.currency)
    throw invalid('/minimumSum/currency', 'enum', `must be ${amount.currency}, as the value is`)
  if (amount && (amount.amount < 1 || amount.amount > limits.cartAmountMax))
    throw invalid('/value/amount', 'minimum', `must be above zero and at most ${limits.cartAmountMax}`)
}

/** A limit below what is used already would say something that is not so. @throws validation_failed */
async function checkUses(tx: WriteAccess, { id, usesMax, usesPerCustomerMax, firstOrder }: Discount): Promise<void> {
  // Checkouts hold the discount while they take a use: what is counted here stays so until the commit.
  const all = usesMax === null ? null : await tx.lock(discountTallies, tallyId(id), 'exclusive')
  if (all !== null && all.uses > usesMax!)
    throw invalid('/usesMax', 'minimum', `must be at least ${all.uses}: so often it is used. Pause it to stop it`)
  const perCustomer = firstOrder ? 1 : usesPerCustomerMax
  if (perCustomer === null) return
  const above = and(eq('discount', id), eq('of', 'customer'), compare('uses', 'gt', perCustomer))
  // Beyond the limit: one is enough to say no.
  const [often] = await tx.find(discountTallies, { where: above, limit: 1, isUnordered: true })
  if (often !== undefined)
    throw invalid(
      firstOrder ? '/firstOrder' : '/usesPerCustomerMax',
      'minimum',
      `is too low: a customer has used it ${often.uses} times. Pause it and make another one`,
    )
}

/** Each cart looks at all of them. @throws validation_failed */
async function checkAutomatic(tx: WriteAccess): Promise<void> {
  const max = limits.automaticDiscountsMax
  // Beyond the limit: that is what is asked.
  const found = await tx.find(discounts, { where: and(eq('active', true), isNull('code')), limit: max + 1 })
  if (found.length > max)
    throw invalid('/active', 'maxItems', `must be false: ${max} discounts without a code are active, and more cannot be`)
}
