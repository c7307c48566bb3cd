// Finding an order again by its number and the address it was placed with. The request only owes an effect, whatever was typed, so neither its
// answer nor its time tells whether there is such an order; the link to it goes to that address and to nobody else.
import { anyone } from '../../access/rule.ts'
import { normalEmail } from '../../base/email-address.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue } from '../../effects/effect.ts'
import { command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { type Order, orders } from './collections.ts'
import { orderLinkAsked } from './events.ts'

const orderLinkSend = effectKind('orders.sendLink', Type.Object({ number: Type.String(), email: Type.String() }))

/** `POST /api/orders/lookup`: for guests who lost the mail with their link. */
export const lookUpOrder = command({
  name: 'orders.lookUp',
  route: 'POST /api/orders/lookup',
  summary: 'Send the link to an order again',
  tag: 'Orders',
  status: 202,
  input: Type.Object(
    {
      number: Type.String({ minLength: 1, maxLength: limits.codeCharactersMax }),
      email: Type.String({ format: 'email', maxLength: limits.emailCharactersMax }),
    },
    { additionalProperties: false, examples: [{ number: '7K3M-Q2ZD', email: 'ann@example.com' }] },
  ),
  output: Type.Object(
    { email: Type.String() },
    { description: 'A mail is on its way if the order was placed with this address. The answer does not tell.' },
  ),
  access: anyone,
  rate: 'account',
  async run(context) {
    const { input, newId } = context
    const email = normalEmail(input.email)
    const payload = { number: input.number.trim(), email }
    await enqueue(context, orderLinkSend, { key: `orders.sendLink:${newId('key')}`, payload, isNew: true, isUnrecognised: true })
    return { output: { email }, status: 202 }
  },
})

export function sendOrderLink(): EffectHandler {
  return effectHandler(orderLinkSend, {
    perform: async () => ({ end: 'done', result: null }),
    async settle({ tx, payload, effect }) {
      const { number, email } = payload
      // Ours are in capitals; those that were imported are as they were, and two may differ in that alone.
      const spelled = [...new Set([number, number.toUpperCase(), number.toLowerCase()])]
      const found = await Promise.all(spelled.map((one) => findUnique(tx, orders, eq('number', one))))
      const isTheirs = (order: Order) => [order.email, order.accountEmail].some((one) => one !== null && normalEmail(one) === email)
      return found
        .filter((order) => order !== null)
        .filter(isTheirs)
        .slice(0, 1)
        .map((order) => orderLinkAsked({ order, email, cause: effect.id }))
    },
  })
}
