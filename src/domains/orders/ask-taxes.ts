// What an outside tax service says of orders that staff put together, change or add to: asked in `prepare`, of the same cart that is then
// written. Invariant: an answer counts for what it was asked of; where that has changed by the time of writing, nothing is written.
import type { NewId } from '../../base/ids.ts'
import type { Project } from '../../config/project.ts'
import type { TaxQuote } from '../../config/tax-service.ts'
import type { PrepareContext } from '../../operation/define.ts'
import { type Address, type Cart, type CartLine, carts } from '../carts/collections.ts'
import { type Answers, askTaxes } from '../carts/tax-quote.ts'
import { type Asked, askRegister, asksRegister } from '../carts/vat-check.ts'
import { type Order, orders } from './collections.ts'
import type { NewLine } from './drafts.ts'

type Asking = Omit<PrepareContext<unknown>, 'input'>
type WithNumber = { readonly vatId?: string | null }

export function asksService({ shop }: Project): boolean {
  return (shop?.tax.service ?? null) !== null
}

export function asksAnybody(project: Project, { vatId }: WithNumber): boolean {
  return asksService(project) || asksRegister(project, vatId)
}

/** The register first: who is exempt by it has no tax to be asked for. `cartOf`: null of what cannot be. */
export async function askOf(
  asking: Asking,
  { vatId }: WithNumber,
  cartOf: (vatCheck: Asked, newId: NewId) => Promise<Cart | null>,
): Promise<Answers> {
  const vatCheck = asksRegister(asking.project, vatId) ? await askRegister(asking, vatId) : undefined
  const cart = asksService(asking.project) ? await cartOf(vatCheck, names()) : null
  return { vatCheck, taxQuote: cart && (await askTaxes({ ...asking, isAgreed: true }, cart)) }
}

/** Of what is looked at and not written: what it is called decides no tax. */
function names(): NewId {
  let made = 0
  return (prefix) => `${prefix}_${made++}`
}

/** What is added to an order that is placed, as a cart of its own that goes where the order goes. */
export function cartOfAdded(cart: Cart, addresses: Order['addresses'], lines: readonly CartLine[]): Cart {
  return { ...cart, shippingAddress: addresses.shipping, billingAddress: addresses.billing, lines, shippingMethod: null }
}

export function linesOf(newId: NewId, add: readonly NewLine[]): CartLine[] {
  return add.map(({ quantity = 1, ...line }) => ({ id: newId('line'), quantity, ...line }))
}

type Added = { readonly id: string; readonly add?: readonly NewLine[] | undefined; readonly shippingAddress?: Address | null | undefined }

/** Of what is added to an order. Null where nothing is. */
export async function askOfAdded(asking: Asking, { id, add = [] }: Added): Promise<TaxQuote | null> {
  const { taxQuote } = await askOf(asking, {}, async (_, newId) => {
    const order = add.length === 0 ? null : await asking.read.get(orders, id)
    const cart = order && (await asking.read.get(carts, order.cart))
    return cart && cartOfAdded(cart, order!.addresses, linesOf(newId, add))
  })
  return taxQuote
}

/** With what was said of further lines. Null: nobody was asked of any. */
export function withEvidence(before: Order['taxQuote'], more: TaxQuote | null): Order['taxQuote'] {
  if (more === null) return before
  const { lines, reference, at } = more
  const first = before ?? { lines: [], shipping: 0, reference: null, at }
  return { ...first, additions: [...(first.additions ?? []), { lines, reference, at }] }
}
