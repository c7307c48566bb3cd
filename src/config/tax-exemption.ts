// Who pays no tax though a rate is due: a group that the shop exempts, and a business of another EU country, which accounts for it there
// itself (reverse charge). Pure. Invariant: a buyer of the seller's own country is never reverse charged, and one whose number VIES has
// not said to be valid, where it is asked, neither.
import { vatIdCountry } from '../base/vat-id.ts'
import { euStateOf } from './eu-taxes.ts'
import type { ShopSettings } from './project.ts'

export const taxExemptions = ['customer_group', 'reverse_charge'] as const
export type TaxExemption = (typeof taxExemptions)[number]

/** What VIES said of a number, kept as evidence. `unavailable`: it did not say. `reference`: its consultation number. */
export type VatCheck = {
  readonly vatId: string
  readonly state: 'valid' | 'invalid' | 'unavailable'
  /** RFC 3339. */
  readonly at: string
  readonly reference: string | null
}

export type Buyer = {
  readonly customerGroup: string | null
  readonly vatId: string | null
  readonly vatCheck: VatCheck | null
  /** Where the goods go. */
  readonly to: Parameters<typeof euStateOf>[0] | null
}

export function exemptionOf(shop: ShopSettings, buyer: Buyer): TaxExemption | null {
  if (buyer.customerGroup !== null && shop.tax.exemptGroups.includes(buyer.customerGroup)) return 'customer_group'
  const { vatId, vatCheck } = buyer
  if (!vatId || !crossesBorder(shop, buyer)) return null
  const isKnown = shop.tax.reverseCharge === 'format' || (vatCheck?.vatId === vatId && vatCheck.state === 'valid')
  return isKnown ? 'reverse_charge' : null
}

/** Whether reverse charge asks for this number: from one country of the EU to another, to a business that is not of the first. */
export function crossesBorder({ tax, seller }: ShopSettings, { vatId, to }: Pick<Buyer, 'vatId' | 'to'>): boolean {
  if (tax.reverseCharge === null || seller === null || !vatId || to === null) return false
  const [home, there] = [euStateOf(seller.address), euStateOf(to)]
  return home !== null && there !== null && home !== there && vatIdCountry(vatId) !== home
}
