// What an outside tax service is asked of a cart, and its answer as rates of a basket. Pure. Invariant: the key is of all that decides the
// tax, so an answer counts for that alone.
import { hash } from 'node:crypto'
import { limits } from '../../base/limits.ts'
import { subtractMoney } from '../../base/money.ts'
import type { ShopSettings } from '../../config/project.ts'
import type { TaxAddress, TaxQuestion, TaxQuote } from '../../config/tax-service.ts'
import type { Cart } from './collections.ts'
import type { Basket } from './totals.ts'

type Line = {
  readonly id: string
  readonly quantity: number
  readonly variant: { readonly id: string; readonly sku: string }
  readonly product: { readonly id: string }
}

/** `to`: where it is taxed. */
type Asked = { readonly cart: Pick<Cart, 'currency' | 'vatId'>; readonly lines: readonly Line[]; readonly to: Place | null }
type Place = { readonly country: string } & { readonly [P in keyof TaxAddress]?: TaxAddress[P] | undefined }

/** Null where nothing is to be asked: nobody who pays tax, no country, nothing for sale. */
export function taxQuestion({ seller }: ShopSettings, { cart, lines, to }: Asked, basket: Basket): TaxQuestion | null {
  if (basket.exemption !== null || to === null || lines.length === 0) return null
  const asked = {
    currency: cart.currency,
    from: seller && addressOf(seller.address),
    to: addressOf(to),
    vatId: cart.vatId,
    lines: lines.map(({ id, quantity, variant, product }, index) => {
      const { unitPrice, discount, taxClass } = basket.lines[index]!
      const amount = unitPrice.amount * quantity - discount.amount
      return { id, product: product.id, variant: variant.id, sku: variant.sku, taxClass, quantity, amount }
    }),
    shipping: basket.shipping && subtractMoney(basket.shipping.price, basket.shipping.discount).amount,
  }
  // What a line is called decides nothing: one that is asked of before it is made has another name then.
  const decisive = { ...asked, lines: asked.lines.map(({ id: _, ...line }) => line) }
  return { key: hash('sha256', JSON.stringify(decisive), 'base64url'), ...asked }
}

function addressOf({ line1 = null, city = null, region = null, postalCode = null, country }: Place): TaxAddress {
  return { line1, city, region, postalCode, country }
}

/** The answer to this question, if it is not too old. */
export function answerTo(question: TaxQuestion, quote: TaxQuote | null, now: number): TaxQuote | null {
  return quote !== null && quote.key === question.key && now - Date.parse(quote.at) <= limits.taxQuoteMs ? quote : null
}

export function withRates(basket: Basket, { lines, shipping }: TaxQuote): Basket {
  return {
    ...basket,
    lines: basket.lines.map((line, index) => ({ ...line, ratePpm: lines[index]! })),
    shipping: basket.shipping && { ...basket.shipping, ratePpm: shipping },
  }
}
