// Making and changing a cart. Each answers the whole cart, with totals made by the server.
import { Type } from 'typebox'
import { guestActor } from '../../access/actor.ts'
import { anyone } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { isNoneMatch } from '../../base/entity-tag.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { and, eq } from '../../contract/filter.ts'
import { type CommandContext, command, query } from '../../operation/define.ts'
import type { Project } from '../../schema/project.ts'
import { shippingMethods, variants } from '../catalog/collections.ts'
import { checkIfMatch, etagOf } from '../records/etag.ts'
import { findVisible, readFilter } from '../records/present.ts'
import { fits } from '../records/write-record.ts'
import { addressType, cartType, cartView, getCart, resolveCart, shopOf } from './cart-view.ts'
import { type Address, type Cart, type CartLine, carts } from './collections.ts'

const idInput = Type.String({ maxLength: 64 })
const quantityInput = Type.Integer({ minimum: 1, maximum: limits.lineQuantityMax })
const currencyInput = Type.Optional(Type.String({ format: 'currency' }))
const common = { output: cartType, access: anyone, tag: 'Carts', errors: ['not_found', 'cart_not_open', 'precondition_failed'] } as const

export const createCart = command({
  ...common,
  name: 'carts.create',
  route: 'POST /api/carts',
  summary: 'Make a cart',
  status: 201,
  input: Type.Object(
    { email: Type.Optional(Type.String({ format: 'email', maxLength: 254 })), currency: currencyInput },
    { additionalProperties: false },
  ),
  async run({ tx, input, actor, model, project, newId, newSecret }) {
    checkCurrency(project, input.currency)
    const token = newSecret('cart')
    const cart = await tx.insert(carts, {
      id: newId('cart'),
      status: 'open',
      tokenHash: hashSecret(token),
      customer: actor.id,
      email: input.email?.toLowerCase() ?? actor.email,
      currency: shopOf(project).currency,
      lines: [],
      shippingAddress: null,
      billingAddress: null,
      shippingMethod: null,
      note: null,
      order: null,
    })
    const headers = { location: `/api/carts/${cart.id}`, etag: etagOf(model.get(carts), actor, cart) }
    return { output: cartView(project, { cart, lines: [], shipping: null }, token), status: 201, headers }
  },
})

export const getCartOperation = query({
  ...common,
  name: 'carts.get',
  route: 'GET /api/carts/:id',
  summary: 'See a cart',
  input: Type.Object({ id: idInput }, { additionalProperties: false }),
  async run({ read, input, actor, model, project, request }) {
    const cart = await getCart(read, model, actor, input.id)
    const output = cartView(project, await resolveCart(read, model, cart))
    // Prices are not the cart's own: its row alone does not tell whether they moved.
    const etag = etagOf(model.get(carts), actor, cart, output)
    if (isNoneMatch(etag, request.ifNoneMatch)) return { status: 304, output: undefined, headers: { etag } }
    return { output, headers: { etag } }
  },
})

export const addCartLine = command({
  ...common,
  name: 'carts.addLine',
  route: 'POST /api/carts/:id/lines',
  summary: 'Put something in the cart',
  status: 201,
  errors: [...common.errors, 'not_for_sale'],
  input: Type.Object({ id: idInput, variant: idInput, quantity: Type.Optional(quantityInput) }, { additionalProperties: false }),
  async run(context) {
    const { tx, input, model, newId } = context
    const cart = await openCart(context, input.id)
    const quantity = input.quantity ?? 1
    const known = cart.lines.find(({ variant }) => variant === input.variant)
    if (!known && cart.lines.length >= limits.cartLinesMax)
      throw invalid('/variant', 'maxItems', `a cart has at most ${limits.cartLinesMax} lines`)
    const sum = (known?.quantity ?? 0) + quantity
    if (sum > limits.lineQuantityMax) throw invalid('/quantity', 'maximum', `must leave the line at ${limits.lineQuantityMax} or less`)
    const lines = known
      ? cart.lines.map((line) => (line === known ? { ...line, quantity: sum } : line))
      : [...cart.lines, { id: newId('line'), variant: input.variant, quantity }]
    // Asked together: to a server database that is one journey.
    const [offered, output] = await Promise.all([
      findVisible(tx, model.get(variants), guestActor(''), input.variant, eq('price.currency', cart.currency)),
      answer(context, cart, { lines }, 201),
    ])
    if (offered === null)
      throw new EngineError('not_for_sale', { errors: [{ path: '/variant', code: 'not_for_sale', message: 'is not for sale' }] })
    return output
  },
})

export const changeCartLine = command({
  ...common,
  name: 'carts.changeLine',
  route: 'PATCH /api/carts/:id/lines/:line',
  summary: 'Change how many',
  input: Type.Object({ id: idInput, line: idInput, quantity: quantityInput }, { additionalProperties: false }),
  async run(context) {
    const { input } = context
    const cart = await openCart(context, input.id)
    lineOf(cart, input.line)
    const lines = cart.lines.map((line) => (line.id === input.line ? { ...line, quantity: input.quantity } : line))
    return await answer(context, cart, { lines })
  },
})

export const removeCartLine = command({
  ...common,
  name: 'carts.removeLine',
  route: 'DELETE /api/carts/:id/lines/:line',
  summary: 'Take something out of the cart',
  input: Type.Object({ id: idInput, line: idInput }, { additionalProperties: false }),
  async run(context) {
    const { input } = context
    const cart = await openCart(context, input.id)
    lineOf(cart, input.line)
    return await answer(context, cart, { lines: cart.lines.filter(({ id }) => id !== input.line) })
  },
})

const optionalAddress = Type.Optional(Type.Unsafe<Address | null>({ ...addressType, type: ['object', 'null'] }))

export const updateCart = command({
  ...common,
  name: 'carts.update',
  route: 'PATCH /api/carts/:id',
  summary: 'Set addresses, shipping and contact',
  errors: [...common.errors, 'reference_not_found', 'discount_unknown'],
  input: Type.Object(
    {
      id: idInput,
      email: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'email', maxLength: 254 })),
      shippingAddress: optionalAddress,
      billingAddress: optionalAddress,
      shippingMethod: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 64 })),
      note: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 2_000 })),
      currency: currencyInput,
      discountCodes: Type.Optional(Type.Array(Type.String({ maxLength: 60 }), { maxItems: 20 })),
    },
    { additionalProperties: false },
  ),
  async run(context) {
    const { input } = context
    const { id, currency, discountCodes = [], ...changes } = input
    const cart = await openCart(context, id)
    checkCurrency(context.project, currency)
    if (discountCodes.length > 0)
      throw new EngineError('discount_unknown', {
        errors: [{ path: '/discountCodes/0', code: 'discount_unknown', message: 'is no discount of this shop' }],
      })
    const email = typeof changes.email === 'string' ? { email: changes.email.toLowerCase() } : {}
    // Asked together: to a server database that is one journey.
    const [isThere, output] = await Promise.all([
      typeof changes.shippingMethod === 'string' ? isOffered(context, cart, changes.shippingMethod) : true,
      answer(context, cart, { ...changes, ...email }),
    ])
    if (!isThere)
      throw new EngineError('reference_not_found', {
        errors: [{ path: '/shippingMethod', code: 'reference_not_found', message: 'names no shipping method' }],
      })
    return output
  },
})

/** Kept from being deleted until the cart names it. */
async function isOffered({ tx, model }: Context, cart: Cart, id: string): Promise<boolean> {
  const methods = model.get(shippingMethods)
  const method = await tx.lock(shippingMethods, id, 'shared')
  return method !== null && (await fits(tx, methods, method, and(readFilter(methods, guestActor('')), eq('price.currency', cart.currency))))
}

/** @throws validation_failed: prices are in one currency, and a cart is in that of its prices */
function checkCurrency(project: Project, currency: string | undefined): void {
  const own = shopOf(project).currency
  if (currency !== undefined && currency !== own) throw invalid('/currency', 'enum', `must be ${own}`)
}

type Context = Pick<CommandContext<unknown>, 'tx' | 'actor' | 'model' | 'project' | 'request'>

async function openCart({ tx, actor, model, request }: Context, id: string): Promise<Cart> {
  const cart = await getCart(tx, model, actor, id)
  checkIfMatch(model.get(carts), { actor, ifMatch: request.ifMatch }, cart)
  if (cart.status !== 'open')
    throw new EngineError('cart_not_open', { detail: 'This cart has become an order. Make a new cart.', params: { order: cart.order } })
  return cart
}

async function answer({ tx, actor, model, project }: Context, cart: Cart, set: Partial<Cart>, status = 200) {
  // What its lines name is read first: over a network the change then travels with the commit.
  const resolved = await resolveCart(tx, model, { ...cart, ...set })
  const after = await tx.update(carts, cart, { set })
  return { output: cartView(project, { ...resolved, cart: after }), status, headers: { etag: etagOf(model.get(carts), actor, after) } }
}

function lineOf(cart: Cart, id: string): CartLine {
  const line = cart.lines.find((one) => one.id === id)
  if (!line) throw new EngineError('not_found')
  return line
}
