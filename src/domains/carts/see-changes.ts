// What has changed in a cart, and that its holder has seen it. A look-up of its own: the answers of carts do not wait for stock.
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { type CallContext, command, query } from '../../operation/define.ts'
import { presentFields } from '../../records/present.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import type { Reader } from '../../storage/storage.ts'
import { type Variant, variants } from '../catalog/variants.ts'
import { type CartChange, cartChangeCodes, changesIn, lookAt, markOf, pricesSeen } from './cart-changes.ts'
import { checkOpen, getCart } from './cart-view.ts'
import { cartErrors, common, idInput } from './change-cart.ts'
import { type Cart, type CartLook, carts } from './collections.ts'
import { pricedAnew, type ResolvedCart, resolveCart } from './resolve-cart.ts'

const moneyOrNumber = Type.Unsafe<CartChange['before']>({
  ...moneySchema,
  title: undefined,
  type: ['object', 'integer', 'null'],
  description: 'Of a price or a discount, money; of stock, units; of a tax, parts per million. Null: not known, or not there.',
})
const output = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          code: Type.Unsafe<CartChange['code']>({ type: 'string', enum: [...cartChangeCodes] }),
          line: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
          title: Type.String(),
          before: moneyOrNumber,
          after: moneyOrNumber,
        },
        { title: 'CartChange' },
      ),
    ),
    mark: Type.String({ description: 'Of what is shown by this: given back once it was seen.' }),
  },
  { title: 'CartChanges' },
)

type Looked = { readonly resolved: ResolvedCart; readonly look: CartLook; readonly items: CartChange[]; readonly mark: string }

async function lookInto(
  read: Pick<Reader, 'get' | 'getMany' | 'find'>,
  context: Pick<CallContext<unknown>, 'model' | 'project' | 'now'>,
  cart: Cart,
): Promise<Looked> {
  const { model, project, now } = context
  const found = await resolveCart({ read, model, project, now }, cart)
  // The shop no longer sells in its currency.
  const resolved = found.cart.currency === cart.currency ? found : { ...found, cart: { ...found.cart, ...pricedAnew(cart, found) } }
  const records = resolved.lines.map(({ variant }) => variant)
  const collection = model.get(variants)
  const fields = [...collection.fields.values()].filter(({ name }) => name === 'id' || name === 'available')
  const shown = await presentFields(read, { collection, fields, chosen: undefined, caller: null }, records as readonly Variant[])
  const units = new Map(shown.map(({ id, available }) => [id as string, available as number]))
  const look = lookAt(resolved, units)
  return { resolved, look, items: changesIn(resolved, look), mark: markOf(resolved, look) }
}

/** `GET /api/carts/{id}/changes`: what is otherwise than its holder was shown, until it was seen. */
const getCartChanges = query({
  name: 'carts.changes',
  route: 'GET /api/carts/:id/changes',
  summary: 'See what has changed in a cart since it was last looked at',
  tag: common.tag,
  input: Type.Object({ id: idInput }, { additionalProperties: false }),
  output,
  errors: ['not_found', 'cart_not_open'],
  access: common.access,
  async run({ read, input, actor, ...context }) {
    const cart = await getCart(read, context.model, actor, input.id)
    checkOpen(cart)
    const { items, mark } = await lookInto(read, context, cart)
    return { output: { items, mark } }
  },
})

/** `POST /api/carts/{id}/seen`: its holder was shown what `mark` stands for. What has changed since stays a change, and is answered. */
const seeCartChanges = command({
  name: 'carts.see',
  route: 'POST /api/carts/:id/seen',
  summary: 'Say that what has changed in a cart was seen',
  tag: common.tag,
  input: Type.Object({ id: idInput, mark: Type.String({ maxLength: limits.tokenCharactersMax }) }, { additionalProperties: false }),
  output,
  errors: cartErrors,
  access: common.access,
  async run({ tx, input, actor, ...context }) {
    const cart = await getCart(tx, context.model, actor, input.id)
    checkOpen(cart)
    const { resolved, look, items, mark } = await lookInto(tx, context, cart)
    if (mark !== input.mark) return { output: { items, mark } }
    await tx.update(carts, cart, { set: { lines: pricesSeen(resolved), looked: look } })
    return { output: { items: [], mark } }
  },
})

export const cartChangeOperations = [getCartChanges, seeCartChanges] as const
