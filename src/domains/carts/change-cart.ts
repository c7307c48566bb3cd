// What the operations that change a cart share. Each answers the whole cart, with totals made by the server.

import { anyone } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Project } from '../../config/project.ts'
import { checkSoldIn } from '../../config/sold-in.ts'
import { Type } from '../../contract/type.ts'
import type { CommandContext } from '../../operation/define.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { cartType, cartView, checkOpen, getCart } from './cart-view.ts'
import { type Cart, type CartLine, carts } from './collections.ts'
import { namedLines, pricedAnew, type ResolvedCart, resolveCart } from './resolve-cart.ts'
import { shopOf } from './totals.ts'

export const idInput = Type.String({ maxLength: limits.idCharactersMax })
export const quantityInput = Type.Integer({ minimum: 1, maximum: limits.lineQuantityMax })
export const currencyInput = Type.Optional(Type.String({ format: 'currency' }))
export const cartErrors = ['not_found', 'cart_not_open', 'precondition_failed'] as const
export const common = { output: cartType, access: anyone, tag: 'Carts', errors: cartErrors } as const

/** @throws validation_failed for one that the shop does not sell in */
export function checkCurrency(project: Project, currency: string | undefined): void {
  if (currency !== undefined) checkSoldIn(shopOf(project), currency, '/currency')
}

/** @throws validation_failed when the line would be more than the shop sells at once */
export function checkQuantity(project: Project, quantity: number): void {
  const max = shopOf(project).lineQuantityMax
  if (quantity > max) throw invalid('/quantity', 'maximum', `must leave the line at ${max} or less`)
}

export function amountTooLarge(): EngineError {
  const message = 'is more than can be counted'
  return new EngineError('amount_too_large', { errors: [{ path: '/quantity', code: 'amount_too_large', message }] })
}

/** @throws not_found, precondition_failed, cart_not_open */
export async function openCart({ tx, actor, model, request }: CommandContext<unknown>, id: string): Promise<Cart> {
  const cart = await getCart(tx, model, actor, id)
  checkIfMatch(model.get(carts), { actor, ifMatch: request.ifMatch }, cart)
  checkOpen(cart)
  return cart
}

/** Changes the cart, and answers it with what it comes to. */
export async function changeCart({ tx, actor, model, project, now }: CommandContext<unknown>, cart: Cart, set: Partial<Cart>) {
  // What its lines name is read first: over a network the change then travels with the commit.
  const resolved = await resolveCart({ read: tx, model, project, now }, { ...cart, ...set })
  const { currency } = resolved.cart
  const lines = set.lines && { lines: namedLines(set.lines, resolved) }
  const priced = currency === cart.currency ? {} : { currency, ...pricedAnew(cart, resolved) }
  const after = await tx.update(carts, cart, { set: { ...set, ...lines, ...priced } })
  const changed: ResolvedCart = { ...resolved, cart: after }
  return { resolved: changed, output: cartView(changed, { model, actor }), headers: { etag: etagOf(model.get(carts), actor, after) } }
}

/** A storefront that shows how many things are in the cart needs none of their prices. */
const prefer = [
  'Prefer',
  '`return=minimal` (RFC 7240): 204 without the cart, which takes as long however many lines there are. Totals are not looked at: the next answer has them.',
] as const
export const ofLines = { ...common, headers: [prefer] } as const

function wantsLittle({ request }: CommandContext<unknown>): boolean {
  return /(?:^|,)\s*return\s*=\s*"?minimal"?\s*(?:[;,]|$)/i.test(request.headers['prefer'] ?? '')
}

/** `touched`: the line that is new or has another quantity; null where one was taken out. */
type Changed = { readonly lines: readonly CartLine[]; readonly touched: CartLine | null; readonly status?: number }

/** The cart with other lines: answered whole, or not at all where that is preferred. Then the touched line is all that is looked up. */
export async function changeLines(context: CommandContext<unknown>, cart: Cart, { lines, touched, status = 200 }: Changed) {
  if (!wantsLittle(context)) return { ...(await changeCart(context, cart, { lines })), status }
  const { tx, actor, model, project, now } = context
  const alone = touched && { ...cart, lines: [touched], shippingMethod: null, discountCodes: null }
  const resolved = alone && (await resolveCart({ read: tx, model, project, now }, alone))
  const [named] = resolved === null ? [] : namedLines(resolved.cart.lines, resolved)
  const after = await tx.update(carts, cart, { set: { lines: lines.map((line) => (line === touched ? named! : line)) } })
  // Made of the whole row: for who says that theirs is the newest.
  const etag: Record<string, string> = context.request.ifMatch === null ? {} : { etag: etagOf(model.get(carts), actor, after) }
  return { resolved, output: undefined, status: 204, headers: { ...etag, 'preference-applied': 'return=minimal' } }
}

/** @throws not_found */
export function lineOf(cart: Cart, id: string): CartLine {
  const line = cart.lines.find((one) => one.id === id)
  if (!line) throw new EngineError('not_found')
  return line
}
