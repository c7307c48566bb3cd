import { signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { etagOf } from '../../records/etag.ts'
import { cartType, cartView, checkOpen, getCart, goneTitle } from './cart-view.ts'
import { cartErrors, common, idInput } from './change-cart.ts'
import { carts } from './collections.ts'
import { resolveCart } from './resolve-cart.ts'
import { takeOverCart } from './take-over-cart.ts'

/**
 * `POST /api/carts/{id}/claim`, signed in and with the cart's token: it becomes the account's, with the order it may
 * have become. Claiming it again tells again what of another cart does not fit.
 */
export const claimCart = command({
  ...common,
  name: 'carts.claim',
  route: 'POST /api/carts/:id/claim',
  summary: 'Make a guest’s cart that of the account',
  output: Type.Object(
    {
      ...cartType.properties,
      leftOut: Type.Array(Type.Object({ variant: Type.String(), title: Type.String(), quantity: Type.Integer() }), {
        description: 'Of the open cart that the account had: what did not fit. It stays in that cart.',
      }),
    },
    { title: 'ClaimedCart' },
  ),
  errors: cartErrors,
  access: signedIn,
  input: Type.Object({ id: idInput }, { additionalProperties: false }),
  async run(context) {
    const { tx, input, actor, model, project, now } = context
    const found = await getCart(tx, model, actor, input.id)
    const isHeld = actor.id !== null && (found.customer === actor.id || found.tokenHash === actor.cartTokenHash)
    if (!isHeld) throw new EngineError('forbidden', { detail: 'Send the token of the cart as Cart-Token.' })
    if (found.customer !== null && found.customer !== actor.id)
      throw new EngineError('forbidden', { detail: 'This cart belongs to another account.' })
    if (found.order === null) checkOpen(found)
    const { cart, leftOut, events } = await takeOverCart(context, found, { id: actor.id!, email: actor.email })
    const resolved = await resolveCart({ read: tx, model, project, now }, cart)
    const told = leftOut.map((line) => ({ variant: line.variant, title: goneTitle(line), quantity: line.quantity }))
    return {
      output: { ...cartView(resolved, { model, actor }), leftOut: told },
      headers: { etag: etagOf(model.get(carts), actor, cart) },
      events,
    }
  },
})
