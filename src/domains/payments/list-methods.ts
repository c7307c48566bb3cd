import { anyone } from '../../access/rule.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'

/** `GET /api/payments/methods`: what a page can offer, so that it need not know whom the shop has chosen. */
export const listMethods = query({
  name: 'payments.listMethods',
  route: 'GET /api/payments/methods',
  summary: 'Payment providers of this shop, and their methods',
  tag: 'Payments',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({
    items: Type.Array(
      Type.Object({
        provider: Type.String({ description: 'For `payment: { provider }` of a checkout.' }),
        methods: Type.Array(Type.String(), { description: 'That a checkout may name. With none, the customer chooses at the provider.' }),
      }),
    ),
  }),
  access: anyone,
  async run({ project }) {
    return { output: { items: project.paymentProviders.map(({ id, methods }) => ({ provider: id, methods: [...methods] })) } }
  },
})
