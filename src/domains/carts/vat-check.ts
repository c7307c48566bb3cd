// The VAT number of a cart: read as people type it, and asked of the EU's register (VIES) where the shop wants that. The register is
// asked outside of the transaction. Invariant: whatever keeps it from answering is told as such, and taken for neither answer.
import type { Actor } from '../../access/actor.ts'
import { toIso } from '../../base/clock.ts'
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { plainVatId, vatIdProblem } from '../../base/vat-id.ts'
import type { Project } from '../../config/project.ts'
import { crossesBorder, type VatCheck } from '../../config/tax-exemption.ts'
import type { Services } from '../../operation/define.ts'
import type { Model } from '../../schema/model.ts'
import type { Reader } from '../../storage/storage.ts'
import { getCart } from './cart-view.ts'
import { shopOf } from './totals.ts'

/** Null of a field that was left empty: that is no number. @throws validation_failed */
export function readVatId(text: string | null): string | null {
  if (text === null || text.trim() === '') return null
  const vatId = plainVatId(text)
  const problem = vatIdProblem(vatId)
  if (problem !== null) throw invalid('/vatId', 'vat_id', problem)
  return vatId
}

type Asking = { readonly project: Project; readonly services: Pick<Services, 'vatRegister'>; readonly now: number }

/** Whether a request with this number asks the register. */
export function asksRegister({ shop }: Project, vatId: string | null | undefined): vatId is string {
  return typeof vatId === 'string' && vatId.trim() !== '' && shop?.tax.reverseCharge === 'vies'
}

export async function askRegister({ project, services, now }: Asking, vatId: string): Promise<VatCheck> {
  // Reverse charge needs it: the config is checked.
  const requester = project.shop!.seller!.vatId!
  const plain = readVatId(vatId)!
  const nobody = { state: 'unavailable', reference: null } as const
  const answer = (await services.vatRegister?.check(plain, plainVatId(requester))) ?? nobody
  return { vatId: plain, at: toIso(now), ...answer }
}

/** Null where nothing was asked, undefined where nothing had to be. */
export type Asked = VatCheck | null | undefined
type AtCheckout = Asking & { readonly read: Pick<Reader, 'get'>; readonly model: Model; readonly actor: Actor }

/** Before checkout, of a number that counts, where what is known of it is too old or no answer. Null where nothing is asked. */
export async function askAgain({ read, model, actor, ...asking }: AtCheckout, id: string): Promise<Asked> {
  const shop = shopOf(asking.project)
  const { vatId, vatCheck, order, shippingAddress, billingAddress } = await getCart(read, model, actor, id)
  // Of digital goods the billing address counts: what is in the cart is not known here, and to ask once more harms nobody.
  const isAsked = [shippingAddress, billingAddress].some((to) => crossesBorder(shop, { vatId, to }))
  if (order !== null || vatId === null || !isAsked) return null
  const isKnown = vatCheck !== null && vatCheck.vatId === vatId && vatCheck.state !== 'unavailable'
  return isKnown && asking.now - Date.parse(vatCheck.at) <= limits.vatCheckMs ? null : await askRegister(asking, vatId)
}

/** A call to somebody else counts as so many writes. */
export const writesAsking = () => limits.vatCheckWrites

/** Each number is one. */
export function writesWithVatId(input: unknown): number {
  return typeof (input as { vatId?: unknown } | null | undefined)?.vatId === 'string' ? limits.vatCheckWrites : 1
}
