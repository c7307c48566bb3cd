import { EngineError, type InputIssue, invalid } from '../../base/engine-error.ts'
import type { NewId } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret, timedSecret } from '../../base/secret.ts'
import type { Project } from '../../config/project.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { etagOf } from '../../records/etag.ts'
import { ownDefaults, takeOwn } from '../../records/own-fields.ts'
import { checkCodes, checkShipping, detailsErrors, detailsInput, detailsOf, discountCodesIn, savedInput } from './cart-details.ts'
import { cartView } from './cart-view.ts'
import { common, idInput, quantityInput } from './change-cart.ts'
import { type CartLine, carts, unsaid } from './collections.ts'
import { planReminder } from './remind-carts.ts'
import { namedLines, type ResolvedCart, resolveCart } from './resolve-cart.ts'
import { withSaved } from './saved-addresses.ts'
import { shopOf } from './totals.ts'
import { type Asked, askRegister, asksRegister, writesWithVatId } from './vat-check.ts'

const lineInput = Type.Object({ variant: idInput, quantity: Type.Optional(quantityInput) }, { additionalProperties: false })
type LineInput = { readonly variant: string; readonly quantity?: number }

/** An empty cart, or one with all that checkout needs: what a storefront that keeps the cart itself sends once. */
export const createCart = command({
  ...common,
  name: 'carts.create',
  route: 'POST /api/carts',
  summary: 'Make a cart, empty or with lines, addresses and shipping',
  status: 201,
  errors: [...detailsErrors, 'not_for_sale', 'amount_too_large'],
  hasEtag: true,
  codesIn: discountCodesIn,
  input: Type.Object(
    { ...detailsInput, ...savedInput, lines: Type.Optional(Type.Array(lineInput, { maxItems: limits.cartLinesMax })) },
    { additionalProperties: false },
  ),
  requestsIn: writesWithVatId,
  prepares: ({ input, project }) => asksRegister(project, input.vatId),
  prepare: async ({ input, ...asking }): Promise<Asked> => await askRegister(asking, input.vatId!),
  async run({ tx, input, actor, model, project, now, newId, newSecret, prepared: vatCheck = null }) {
    const { own, rest } = await takeOwn({ tx, actor, model }, carts, { input })
    const { lines: wanted = [], ...asked } = rest
    const given = await withSaved(tx, actor, asked)
    const details = detailsOf(project, given, vatCheck)
    const lines = mergedLines(project, newId, wanted)
    const token = timedSecret(newSecret('cart'), now)
    const empty = {
      ...unsaid,
      order: null,
      email: actor.email,
    }
    const cart = {
      id: newId('cart'),
      status: 'open',
      tokenHash: hashSecret(token),
      customer: actor.id,
      currency: shopOf(project).currency,
      ...empty,
      ...details,
      ...ownDefaults(model.get(carts), { actor, now }),
      ...own,
      lines,
    } as const
    const resolved = await resolveCart({ read: tx, model, project, now }, { ...cart, createdAt: now, updatedAt: now, version: 1 })
    checkLines(wanted, resolved)
    checkShipping(details, resolved)
    checkCodes(given.discountCodes, null, resolved)
    const stored = await tx.insert(carts, { ...cart, lines: namedLines(lines, resolved) })
    await planReminder({ tx, now, project }, stored)
    const headers = { location: `/api/carts/${stored.id}`, etag: etagOf(model.get(carts), actor, stored) }
    return { output: cartView({ ...resolved, cart: stored }, { model, actor }, token), status: 201, headers }
  },
})

/** One line for each variant, however often it is named. @throws validation_failed */
function mergedLines(project: Project, newId: NewId, wanted: readonly LineInput[]): CartLine[] {
  const quantities = new Map<string, number>()
  for (const [index, { variant, quantity = 1 }] of wanted.entries()) {
    const sum = (quantities.get(variant) ?? 0) + quantity
    const max = shopOf(project).lineQuantityMax
    if (sum > max) throw invalid(`/lines/${index}/quantity`, 'maximum', `must leave the line at ${max} or less`)
    quantities.set(variant, sum)
  }
  return [...quantities].map(([variant, quantity]) => ({ id: newId('line'), variant, quantity }))
}

/** @throws not_for_sale, amount_too_large naming the lines of the request */
export function checkLines(
  wanted: readonly Pick<LineInput, 'variant'>[],
  { gone, tooLarge }: Pick<ResolvedCart, 'gone' | 'tooLarge'>,
): void {
  const issuesOf = (lines: readonly (Pick<CartLine, 'variant'> & { readonly why: Omit<InputIssue, 'path'> })[], field: string) =>
    wanted.flatMap(({ variant }, index): InputIssue[] => {
      const found = lines.find((line) => line.variant === variant)
      return found ? [{ path: `/lines/${index}/${field}`, ...found.why }] : []
    })
  if (gone.length > 0) throw new EngineError('not_for_sale', { errors: issuesOf(gone, 'variant') })
  const why = { code: 'amount_too_large', message: 'is more than can be counted' }
  if (tooLarge.length > 0)
    throw new EngineError('amount_too_large', {
      errors: issuesOf(
        tooLarge.map((line) => ({ ...line, why })),
        'quantity',
      ),
    })
}
