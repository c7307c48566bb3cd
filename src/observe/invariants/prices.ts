// What must hold of price lists: a price is in the currency of its list, and there are no more of a variant than carts read.
import { limits } from '../../base/limits.ts'
import { oneOf } from '../../contract/filter.ts'
import { listPrices, priceLists } from '../../domains/catalog/price-lists.ts'
import { allOf, type InvariantGroup, pagesOf } from '../invariant.ts'

export const priceInvariants: InvariantGroup = {
  needs: ['priceLists', 'listPrices'],
  invariants: {
    'prices.in_currency_of_list': 'A price of a list is in the currency of its list, and so is what it is compared with.',
    'prices.counted': 'A list has no more prices of a variant than carts read.',
  },
  async check(context) {
    for await (const page of pagesOf(context, priceLists))
      for (const { id, currency } of page) {
        const counts = new Map<string, number>()
        for (const price of await allOf(context, listPrices, oneOf('list', [id]))) {
          counts.set(price.variant, (counts.get(price.variant) ?? 0) + 1)
          const others = [price.price, price.compareAtPrice].filter((one) => one !== null && one.currency !== currency)
          if (others.length > 0)
            context.report('prices.in_currency_of_list', [`priceLists/${id}`, `listPrices/${price.id}`], `the list is in ${currency}`)
        }
        for (const [variant, count] of counts)
          if (count > limits.priceBreaksMax)
            context.report('prices.counted', [`priceLists/${id}`, `variants/${variant}`], `there are ${count}`)
      }
  },
}
