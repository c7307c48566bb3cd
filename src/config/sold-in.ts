// Which currencies a shop takes amounts in.
import { invalid } from '../base/engine-error.ts'
import type { ShopSettings } from './project.ts'

/** `at`: where the code stands in the request. @throws validation_failed for a currency that the shop does not sell in */
export function checkSoldIn({ currencies }: Pick<ShopSettings, 'currencies'>, currency: string, at: string): void {
  if (currencies.includes(currency)) return
  throw invalid(at, 'enum', currencies.length === 1 ? `must be ${currencies[0]}` : `must be one of ${currencies.join(', ')}`)
}
