import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { type Static, Type } from '../../contract/type.ts'
import { type CommandContext, command } from '../../operation/define.ts'
import { etagOf } from '../../records/etag.ts'
import { ownDefaults, takeOwn, withoutOwn } from '../../records/own-fields.ts'
import { presentAll } from '../../records/present.ts'
import type { Reader } from '../../storage/storage.ts'
import { users } from '../accounts/collections.ts'
import { type Details, detailsOf } from '../carts/cart-details.ts'
import { currencyInput, idInput } from '../carts/change-cart.ts'
import { type Cart, carts, unsaid } from '../carts/collections.ts'
import { namedLines } from '../carts/resolve-cart.ts'
import type { Answers } from '../carts/tax-quote.ts'
import { shopOf } from '../carts/totals.ts'
import type { Asked } from '../carts/vat-check.ts'
import { askOf, asksAnybody, linesOf } from './ask-taxes.ts'
import { orderOf } from './check-out.ts'
import { orders } from './collections.ts'
import { checkPrices, draftDetails, draftErrors, newLine, resolveDraft } from './drafts.ts'

const asked = Type.Object(
  {
    ...draftDetails,
    currency: currencyInput,
    customer: Type.Optional(Type.String({ ...idInput, description: 'The account it is for: its address is taken where none is given.' })),
    lines: Type.Array(newLine, { minItems: 1, maxItems: limits.cartLinesMax }),
  },
  { additionalProperties: false },
)

/** `POST /api/orders`: staff put an order together. It is a draft: nothing is held, and its customer hears of it once it is to be paid. */
export const createOrder = command({
  name: 'orders.create',
  route: 'POST /api/orders',
  summary: 'Put an order together for somebody',
  tag: 'Orders',
  status: 201,
  isPresented: true,
  hasEtag: true,
  input: asked,
  output: Type.Unsafe<unknown>({ type: 'object', title: 'orders' }),
  errors: draftErrors,
  access: staff,
  prepares: ({ input, project }) => asksAnybody(project, input),
  async prepare({ input, ...asking }): Promise<Answers> {
    const rest = withoutOwn(asking.model.get(orders), input)
    return await askOf(asking, input, async (vatCheck, newId) => (await wantedCart({ ...asking, newId }, rest, vatCheck)).cart)
  },
  async run(context) {
    const { tx, input, actor, model, project, now, newId, newSecret } = context
    const { own, rest } = await takeOwn(context, orders, { input })
    const { vatCheck, taxQuote = null } = context.prepared ?? {}
    const { cart, details } = await wantedCart({ read: tx, project, now, newId }, rest, vatCheck)
    const { lines } = cart
    const id = cart.order!
    const pathOf = (line: string) => `/lines/${lines.findIndex((one) => one.id === line)}/variant`
    const resolved = await resolveDraft(context, { cart, details, pathOf, taxQuote })
    // Nobody is told the secret: what its customer may see, they see by their account or by a link.
    const tokenHash = hashSecret(newSecret('cart'))
    const kept = { ...cart, tokenHash, taxQuote: resolved.taxQuote, lines: namedLines(lines, resolved) }
    await tx.insert(carts, { ...kept, ...ownDefaults(model.get(carts), { actor, now }) })
    const language = project.mail.language === 'en' ? null : project.mail.language
    const step = { status: 'draft', language, expiresAt: null, digitalConsentAt: null } as const
    const more = { ...ownDefaults(model.get(orders), { actor, now }), ...own }
    const order = await tx.insert(orders, { ...orderOf(id, resolved, step), tokenHash, ...more })
    const [output] = await presentAll(tx, model.get(orders), actor, [order])
    const headers = { location: `/api/orders/${id}`, etag: etagOf(model.get(orders), actor, order) }
    return { output: output as unknown, status: 201, headers }
  },
})

type Wanted = Static<typeof asked>
type Reading = Pick<CommandContext<unknown>, 'project' | 'now' | 'newId'> & { readonly read: Pick<Reader, 'get'> }

/** The cart of it, which nobody holds. @throws reference_not_found, validation_failed */
async function wantedCart(
  { read, project, now, newId }: Reading,
  input: Wanted,
  vatCheck: Asked,
): Promise<{ cart: Cart; details: Details }> {
  const { lines: wanted, customer = null, ...given } = input
  const { currency = shopOf(project).currency } = input
  checkPrices(currency, wanted, '/lines')
  const account = customer === null ? null : await read.get(users, customer)
  if (customer !== null && account === null) {
    const issue = { path: '/customer', code: 'reference_not_found', message: 'names no account' }
    throw new EngineError('reference_not_found', { errors: [issue] })
  }
  const details = detailsOf(project, given, vatCheck ?? null)
  const order = newId('ord')
  const own = { id: newId('cart'), status: 'converted', order, tokenHash: '', customer, currency } as const
  const times = { createdAt: now, updatedAt: now, version: 1 }
  const email = details.email ?? account?.email ?? null
  return { cart: { ...own, ...unsaid, ...details, email, lines: linesOf(newId, wanted), ...times }, details }
}
