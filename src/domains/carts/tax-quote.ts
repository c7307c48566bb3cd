// What an outside service says of the tax of a cart. It is asked outside of the transaction, and its answer is kept with the cart and the
// order. Invariant: an answer counts for the cart that it was given for and for no other, and without one nothing is sold.
import type { Actor } from '../../access/actor.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import type { Project } from '../../config/project.ts'
import type { TaxQuote } from '../../config/tax-service.ts'
import type { Services } from '../../operation/define.ts'
import type { Model } from '../../schema/model.ts'
import type { Reader } from '../../storage/storage.ts'
import { getCart } from './cart-view.ts'
import type { Cart } from './collections.ts'
import { type ResolvedCart, resolveCart } from './resolve-cart.ts'
import { shopOf } from './totals.ts'
import { type Asked, askAgain } from './vat-check.ts'

type Asking = {
  readonly read: Pick<Reader, 'get' | 'getMany' | 'find'>
  readonly model: Model
  readonly project: Project
  readonly services: Pick<Services, 'taxService'>
  readonly now: number
  /** Its prices were agreed on. */
  readonly isAgreed?: boolean
}

/** Of a cart as it is now. Null where nothing has to be asked, its answer still counts, or the service does not say. */
export async function askTaxes({ services, ...asking }: Asking, cart: Cart): Promise<TaxQuote | null> {
  if (shopOf(asking.project).tax.service === null) return null
  const { taxQuestion: question, taxQuote } = await resolveCart(asking, cart)
  if (question === null || taxQuote !== null) return null
  const answer = (await services.taxService?.quote(question)) ?? null
  return answer && { ...answer, key: question.key, at: toIso(asking.now) }
}

/** @throws not_found; nobody has it asked by the cart of another */
export async function askTaxesOf({ actor, ...asking }: Asking & { readonly actor: Actor }, id: string): Promise<TaxQuote | null> {
  const cart = await getCart(asking.read, asking.model, actor, id)
  return cart.status === 'open' ? await askTaxes(asking, cart) : null
}

/** `answer`: what was said before the transaction. @throws tax_unavailable where the tax is not known; conflict where it is that of something else by now */
export function checkTaxKnown(
  { taxQuestion: question, taxQuote }: Pick<ResolvedCart, 'taxQuestion' | 'taxQuote'>,
  answer: TaxQuote | null = null,
): void {
  if (question === null || taxQuote !== null) return
  if (answer === null) throw new EngineError('tax_unavailable')
  throw new EngineError('conflict', { detail: 'It changed while its tax was asked for: send it again.' })
}

/** What others said of a cart before its checkout; null of what had not to be asked. */
export type Answers = { readonly vatCheck: Asked; readonly taxQuote: TaxQuote | null }
type AtCheckout = Asking & { readonly actor: Actor; readonly services: Services }

/** The register first: who is exempt by it has no tax to be asked for. */
export async function askOthers(asking: AtCheckout, id: string): Promise<Answers> {
  const vatCheck = asking.project.shop?.tax.reverseCharge === 'vies' ? await askAgain(asking, id) : null
  const { actor, ...rest } = asking
  const found = await getCart(rest.read, rest.model, actor, id)
  const taxQuote = found.status === 'open' ? await askTaxes(rest, withAnswers(found, { vatCheck, taxQuote: null })) : null
  return { vatCheck, taxQuote }
}

/** An answer to another number counts for nothing; that of taxes has a key of its own. */
export function withAnswers(cart: Cart, { vatCheck, taxQuote }: Answers): Cart {
  return {
    ...cart,
    ...(vatCheck && vatCheck.vatId === cart.vatId && { vatCheck }),
    ...(taxQuote && { taxQuote }),
  }
}
