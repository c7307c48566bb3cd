/** Owns what the answer to a VAT number means for the price. Pure. */
import type { Cart } from 'kingpost/client'

type Answered = Pick<Cart, 'vatId' | 'vatCheck' | 'taxExemption' | 'shippingAddress'>

/** Nothing while no number was given. */
export function tellVat({ vatId, vatCheck, taxExemption, shippingAddress }: Answered): string {
  if (vatId === null) return ''
  if (taxExemption === 'reverse_charge') return `The price is without tax: you account for it under ${vatId} (reverse charge).`
  if (shippingAddress === null) return 'Fill in the delivery address: where it goes decides whether there is tax.'
  if (vatCheck?.state === 'invalid') return 'The register of the EU does not know this number. The price is with tax.'
  if (vatCheck?.state === 'unavailable')
    return 'The register of the EU does not answer now, so the price is with tax. We ask again when you order.'
  return 'The price stays with tax: without it we sell to businesses of other countries of the EU alone.'
}
