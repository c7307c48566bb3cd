import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { etagOf } from '../../records/etag.ts'
import { ownDefaults, takeOwn } from '../../records/own-fields.ts'
import { presentAll } from '../../records/present.ts'
import { users } from '../accounts/collections.ts'
import { detailsOf } from '../carts/cart-details.ts'
import { currencyInput, idInput } from '../carts/change-cart.ts'
import { type Cart, carts, unsaid } from '../carts/collections.ts'
import { namedLines } from '../carts/resolve-cart.ts'
import { shopOf } from '../carts/totals.ts'
import { type Asked, askRegister, asksRegister } from '../carts/vat-check.ts'
import { orderOf } from './check-out.ts'
import { orders } from './collections.ts'
import { checkPrices, draftDetails, draftErrors, newLine, resolveDraft } from './drafts.ts'

/** `POST /api/orders`: staff put an order together. It is a draft: nothing is held, and its customer hears of it once it is to be paid. */
export const createOrder = command({
  name: 'orders.create',
  route: 'POST /api/orders',
  summary: 'Put an order together for somebody',
  tag: 'Orders',
  status: 201,
  isPresented: true,
  hasEtag: true,
  input: Type.Object(
    {
      ...draftDetails,
      currency: currencyInput,
      customer: Type.Optional(Type.String({ ...idInput, description: 'The account it is for: its address is taken where none is given.' })),
      lines: Type.Array(newLine, { minItems: 1, maxItems: limits.cartLinesMax }),
    },
    { additionalProperties: false },
  ),
  output: Type.Unsafe<unknown>({ type: 'object', title: 'orders' }),
  errors: draftErrors,
  access: staff,
  prepares: ({ input, project }) => asksRegister(project, input.vatId),
  prepare: async ({ input, ...asking }): Promise<Asked> => await askRegister(asking, input.vatId!),
  async run(context) {
    const { tx, input, actor, model, project, now, newId, newSecret } = context
    const { own, rest } = await takeOwn(context, orders, { input })
    const { lines: wanted, customer = null, ...given } = rest
    const { currency = shopOf(project).currency } = input
    checkPrices(currency, wanted, '/lines')
    const account = customer === null ? null : await tx.get(users, customer)
    if (customer !== null && account === null) {
      const issue = { path: '/customer', code: 'reference_not_found', message: 'names no account' }
      throw new EngineError('reference_not_found', { errors: [issue] })
    }
    const details = detailsOf(project, given, context.prepared ?? null)
    const lines = wanted.map(({ quantity = 1, ...line }) => ({ id: newId('line'), quantity, ...line }))
    const id = newId('ord')
    const cart = {
      id: newId('cart'),
      status: 'converted',
      order: id,
      // Nobody is told the secret: what its customer may see, they see by their account or by a link.
      tokenHash: hashSecret(newSecret('cart')),
      customer,
      currency,
      ...unsaid,
      ...details,
      ...ownDefaults(model.get(carts), { actor, now }),
      email: details.email ?? account?.email ?? null,
      lines,
    } as const satisfies Partial<Cart>
    const pathOf = (line: string) => `/lines/${lines.findIndex((one) => one.id === line)}/variant`
    const asked = { cart: { ...cart, createdAt: now, updatedAt: now, version: 1 }, details, pathOf }
    const resolved = await resolveDraft(context, asked)
    await tx.insert(carts, { ...cart, lines: namedLines(lines, resolved) })
    const language = project.mail.language === 'en' ? null : project.mail.language
    const step = { status: 'draft', language, expiresAt: null, digitalConsentAt: null } as const
    const more = { ...ownDefaults(model.get(orders), { actor, now }), ...own }
    const order = await tx.insert(orders, { ...orderOf(id, resolved, step), ...more })
    const [output] = await presentAll(tx, model.get(orders), actor, [order])
    const headers = { location: `/api/orders/${id}`, etag: etagOf(model.get(orders), actor, order) }
    return { output: output as unknown, status: 201, headers }
  },
})
