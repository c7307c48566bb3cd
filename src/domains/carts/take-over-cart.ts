// A guest's cart becomes an account's: at sign-in, and when asked for. What the account had in an open cart of its own
// comes into it, as far as the bounds allow; what does not fit stays in that other cart, so nothing is lost and
// asking again tells of it again. The cart that was claimed stays, since it is the one that its holder has before
// them. An order that the cart has become is the account's too.
import { isDeepStrictEqual } from 'node:util'
import { limits } from '../../base/limits.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { and, eq, not } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { ownValuesIn } from '../../records/own-fields.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type Cart, type CartLine, carts } from './collections.ts'
import { type Account, cartTakenOver } from './events.ts'
import { planReminder } from './remind-carts.ts'
import { shopOf } from './totals.ts'

export type TakenOver = {
  readonly cart: Cart
  /** Of the account's other cart: what did not fit and stays there. */
  readonly leftOut: readonly CartLine[]
  readonly events: readonly DomainEvent[]
}

/** The cart of this token, if it is nobody else's. */
export async function takeOverByToken(work: Work, tokenHash: string, account: Account): Promise<readonly DomainEvent[]> {
  const cart = await findUnique(work.tx, carts, eq('tokenHash', tokenHash))
  const isFree = cart !== null && cart.customer === null && cart.status !== 'abandoned'
  return isFree ? (await takeOverCart(work, cart, account)).events : []
}

/** The caller has seen that the account may have it. */
export async function takeOverCart(work: Work, cart: Cart, account: Account): Promise<TakenOver> {
  const { tx, project } = work
  if (cart.status !== 'open') {
    if (cart.customer === account.id) return { cart, leftOut: [], events: [] }
    const after = await tx.update(carts, cart, { set: { customer: account.id } })
    return { cart: after, leftOut: [], events: cart.order === null ? [] : [cartTakenOver({ order: cart.order, account })] }
  }
  const other = await openCartOf(tx, account.id, cart.id)
  const { lines, leftOut } = mergeLines(cart.lines, other?.lines ?? [], shopOf(project).lineQuantityMax)
  if (other !== null) await tx.update(carts, other, { set: leftOut.length > 0 ? { lines: leftOut } : { status: 'abandoned' } })
  const after = await tx.update(carts, cart, {
    set: {
      customer: account.id,
      lines,
      email: ownEmail(cart, other, account),
      shippingAddress: cart.shippingAddress ?? other?.shippingAddress ?? null,
      billingAddress: cart.billingAddress ?? other?.billingAddress ?? null,
      country: cart.country ?? other?.country ?? null,
      shippingMethod: cart.shippingMethod ?? other?.shippingMethod ?? null,
      note: cart.note ?? other?.note ?? null,
      giftMessage: cart.giftMessage ?? other?.giftMessage ?? null,
      discountCodes: mergeCodes(cart.discountCodes, other?.discountCodes ?? null),
      ...(cart.vatId === null && other !== null && { vatId: other.vatId, vatCheck: other.vatCheck }),
      ...ownOf(work, cart, other),
    },
  })
  await planReminder(work, after)
  return { cart: after, leftOut, events: [] }
}

/** Of the fields that the shop has added. What stands in a field before anybody has said anything is nobody's choice. */
function ownOf({ project }: Work, cart: Cart, other: Cart | null): object {
  if (other === null) return {}
  const before = ownValuesIn(carts, other)
  const { cartDefaults } = shopOf(project)
  const isSilent = (name: string, value: unknown) =>
    value === null || (Array.isArray(value) && value.length === 0) || isDeepStrictEqual(value, cartDefaults[name] ?? null)
  return Object.fromEntries(
    Object.entries(ownValuesIn(carts, cart)).map(([name, value]) => [name, isSilent(name, value) ? before[name] : value]),
  )
}

/**
 * What the account chose before, else its own address. What came with a guest's cart gives way: whoever left its token in
 * this browser would have the account's receipts.
 */
function ownEmail(cart: Cart, other: Cart | null, account: Account): string | null {
  const chosen = cart.customer === account.id ? cart.email : null
  return chosen ?? other?.email ?? account.email ?? cart.email
}

/** Those of the cart that its holder has before them come first. */
function mergeCodes(own: readonly string[] | null, more: readonly string[] | null): readonly string[] {
  return [...new Set([...(own ?? []), ...(more ?? [])])].slice(0, limits.discountCodesMax)
}

async function openCartOf(tx: Transaction, customer: string, butNot: string): Promise<Cart | null> {
  const where = and(eq('customer', customer), eq('status', 'open'), not(eq('id', butNot)))
  // Beyond the limit: still older carts stay as they are.
  const [newest] = await tx.find(carts, { where, sort: [{ path: 'createdAt', descending: true }], limit: 1 })
  return newest ?? null
}

/** Sums the quantities of one variant, within the bounds of a line and of a cart. */
export function mergeLines(
  own: readonly CartLine[],
  more: readonly CartLine[],
  lineQuantityMax: number,
): { readonly lines: CartLine[]; readonly leftOut: CartLine[] } {
  const lines = [...own]
  const leftOut: CartLine[] = []
  for (const line of more) {
    const index = lines.findIndex(({ variant }) => variant === line.variant)
    const known = lines[index]
    if (!known && lines.length >= limits.cartLinesMax) {
      leftOut.push(line)
      continue
    }
    const sum = (known?.quantity ?? 0) + line.quantity
    const quantity = Math.max(known?.quantity ?? 0, Math.min(sum, lineQuantityMax))
    if (known) lines[index] = { ...known, quantity }
    else lines.push({ ...line, quantity })
    if (sum > quantity) leftOut.push({ ...line, quantity: sum - quantity })
  }
  return { lines, leftOut }
}
