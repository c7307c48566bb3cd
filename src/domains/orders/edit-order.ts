import { staff } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import { type Static, Type } from '../../contract/type.ts'
import { type CommandContext, command } from '../../operation/define.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { presentAll } from '../../records/present.ts'
import type { Reader } from '../../storage/storage.ts'
import { detailsOf } from '../carts/cart-details.ts'
import { moneyType } from '../carts/cart-view.ts'
import { idInput } from '../carts/change-cart.ts'
import { type Cart, type CartLine, carts } from '../carts/collections.ts'
import { namedLines } from '../carts/resolve-cart.ts'
import type { Answers } from '../carts/tax-quote.ts'
import type { Asked } from '../carts/vat-check.ts'
import { askOf, asksAnybody, cartOfAdded, linesOf } from './ask-taxes.ts'
import { agreedOf } from './check-out.ts'
import { type Order, orders } from './collections.ts'
import { checkPrices, draftDetails, draftErrors, type NewLine, newLines, resolveDraft } from './drafts.ts'
import { editPlaced } from './edit-placed.ts'
import { indexOrder } from './order-texts.ts'
import { stateConflict } from './order-units.ts'

const changedLine = Type.Object(
  {
    line: idInput,
    quantity: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.lineQuantityMax, description: '0 takes the line out.' })),
    unitPrice: Type.Optional(
      Type.Unsafe<Money | null>({
        ...moneyType,
        type: ['object', 'null'],
        description: 'Agreed on for this line; null: the price of the variant again.',
      }),
    ),
  },
  { additionalProperties: false },
)
type ChangedLine = { readonly line: string; readonly quantity?: number; readonly unitPrice?: Money | null }

const asked = Type.Object(
  {
    id: idInput,
    ...draftDetails,
    lines: Type.Optional(Type.Array(changedLine, { maxItems: limits.cartLinesMax })),
    add: Type.Optional(newLines),
  },
  { additionalProperties: false },
)

/**
 * `POST /api/orders/{id}/edits`: changes a draft, whose lines without a price of their own are priced as they are now; or adds to an order
 * that is placed, whose customer owes what is added.
 */
export const editOrder = command({
  name: 'orders.edit',
  route: 'POST /api/orders/:id/edits',
  summary: 'Change a draft, or add to an order',
  tag: 'Orders',
  isPresented: true,
  hasEtag: true,
  input: asked,
  output: Type.Unsafe<unknown>({ type: 'object', title: 'orders' }),
  errors: ['not_found', 'order_state_conflict', 'precondition_failed', ...draftErrors, 'out_of_stock', 'order_too_large'],
  access: staff,
  prepares: ({ input, project }) => asksAnybody(project, input),
  prepare: async ({ input, ...asking }): Promise<Answers> =>
    await askOf(asking, input, async (vatCheck, newId) => await cartAfter({ ...asking, newId }, input, vatCheck)),
  async run(context) {
    const { tx, input, actor, model, project, newId, request } = context
    const { id, lines: changed = [], add = [], ...given } = input
    const { vatCheck, taxQuote = null } = context.prepared ?? {}
    const order = await tx.lock(orders, id, 'exclusive')
    if (order === null) throw new EngineError('not_found')
    checkIfMatch(model.get(orders), { actor, ifMatch: request.ifMatch }, order)
    checkPrices(order.total.currency, changed, '/lines')
    checkPrices(order.total.currency, add, '/add')
    if (order.importedAt !== null) throw stateConflict(order, 'It was bought elsewhere, and stays as it was.')
    if (order.status === 'placed' || order.status === 'completed') {
      checkOfPlaced(order, input)
      const { order: after, events } = await editPlaced(context, order, { add, ...given, taxQuote })
      await indexOrder(context, after)
      return { ...(await answerOf(context, after)), events }
    }
    if (order.status !== 'draft') throw stateConflict(order, 'A draft can be changed, and an order that is placed.')
    const before = (await tx.get(carts, order.cart))!
    const { cart, details } = draftAfter({ project, newId }, { before, input }, vatCheck)
    const { lines } = cart
    if (lines.length === 0) throw invalid('/lines', 'minItems', 'would leave nothing: cancel the order instead')
    if (lines.length > limits.cartLinesMax) throw invalid('/add', 'maxItems', `must leave ${limits.cartLinesMax} lines or fewer`)
    const resolved = await resolveDraft(context, { cart, details, taxQuote, pathOf: (line) => pathOf(line, { lines, changed, add }) })
    await tx.update(carts, before, { set: { ...details, lines: namedLines(lines, resolved), taxQuote: resolved.taxQuote } })
    const after = await tx.update(orders, order, { set: agreedOf(resolved) })
    await indexOrder(context, after)
    return await answerOf(context, after)
  },
})

type Input = Static<typeof asked>
type Making = Pick<CommandContext<unknown>, 'project' | 'newId'>

/** The cart of a draft as it is going to be. @throws validation_failed */
function draftAfter({ project, newId }: Making, { before, input }: { readonly before: Cart; readonly input: Input }, vatCheck: Asked) {
  const { id: _, lines: changed = [], add = [], ...given } = input
  const details = detailsOf(project, given, vatCheck ?? null)
  return { details, cart: { ...before, ...details, lines: [...withChanges(before.lines, changed), ...linesOf(newId, add)] } }
}

/** What an outside service is asked of: the whole of a draft, and of an order that is placed what is added. Null: nothing. */
async function cartAfter(
  { read, ...making }: Making & { readonly read: Pick<Reader, 'get'> },
  input: Input,
  vatCheck: Asked,
): Promise<Cart | null> {
  const order = await read.get(orders, input.id)
  const before = order && (await read.get(carts, order.cart))
  if (!before) return null
  if (order.status === 'draft') return draftAfter(making, { before, input }, vatCheck).cart
  const { add = [] } = input
  return add.length === 0 ? null : cartOfAdded(before, order.addresses, linesOf(making.newId, add))
}

async function answerOf({ tx, model, actor }: CommandContext<unknown>, order: Order) {
  const [output] = await presentAll(tx, model.get(orders), actor, [order])
  return { output: output as unknown, headers: { etag: etagOf(model.get(orders), actor, order) } }
}

/** @throws order_state_conflict for what only a draft can be given */
function checkOfPlaced(order: Order, input: object): void {
  const hints = {
    lines: 'cancel units of it instead',
    email: 'its customer is known',
    shippingMethod: 'its shipping was agreed on',
    vatId: 'its tax was agreed on',
  }
  const given = Object.entries(hints).filter(([name]) => name in input)
  if (given.length === 0) return
  const errors = given.map(([name, hint]) => ({ path: `/${name}`, code: 'draft', message: `can be changed in a draft alone: ${hint}` }))
  throw stateConflict(order, `In a draft alone can ${given.map(([name]) => name).join(' and ')} be changed.`, errors)
}

/** @throws validation_failed for a line that is none, or is named twice */
function withChanges(lines: readonly CartLine[], changed: readonly ChangedLine[]): CartLine[] {
  const byLine = new Map<string, ChangedLine>()
  for (const [index, change] of changed.entries()) {
    const path = `/lines/${index}/line`
    if (!lines.some(({ id }) => id === change.line)) throw invalid(path, 'not_found', 'is no line of this order')
    if (byLine.has(change.line)) throw invalid(path, 'uniqueItems', 'is named twice')
    byLine.set(change.line, change)
  }
  return lines.flatMap((line) => {
    const { quantity = line.quantity, unitPrice } = byLine.get(line.id) ?? {}
    if (quantity === 0) return []
    const { unitPrice: agreed, ...rest } = line
    const price = unitPrice === undefined ? agreed : unitPrice
    return [{ ...rest, quantity, ...(price && { unitPrice: price }) }]
  })
}

type Given = { readonly lines: readonly CartLine[]; readonly changed: readonly ChangedLine[]; readonly add: readonly NewLine[] }

/** Where a line stands in the request; one that the request does not speak of is named by its id. */
function pathOf(line: string, { lines, changed, add }: Given): string {
  const added = lines.findIndex(({ id }) => id === line) - (lines.length - add.length)
  if (added >= 0) return `/add/${added}/variant`
  const at = changed.findIndex((one) => one.line === line)
  return at >= 0 ? `/lines/${at}/line` : `/lines/${line}`
}
