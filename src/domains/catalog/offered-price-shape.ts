// What a variant or a product says of the prices of whoever asks, in a shop with price lists. How they are found: offered-prices.ts.
import type { Money } from '../../base/money.ts'
import type { AnyRecord, Caller, ComputeReader } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { moneySchema } from '../../schema/kinds/money.ts'

export type OfferedPrice = {
  readonly price: Money
  readonly fromQuantity: number
  readonly compareAtPrice: Money | null
  readonly priorPrice: Money | null
  readonly priceList: string | null
}

const nullableMoney = { ...moneySchema, title: undefined, type: ['object', 'null'] } as const
const offeredPricesShape = {
  type: ['array', 'null'],
  description:
    'What you pay, by currency and quantity. `priceList`: the title of the list that it comes from. Null in live changes, which are the same for all.',
  items: {
    type: 'object',
    title: 'OfferedPrice',
    properties: {
      price: moneySchema,
      fromQuantity: { type: 'integer' },
      compareAtPrice: nullableMoney,
      priorPrice: nullableMoney,
      priceList: { type: ['string', 'null'] },
    },
    required: ['price', 'fromQuantity', 'compareAtPrice', 'priorPrice', 'priceList'],
  },
} as const

export function offeredPricesField() {
  return field.json<readonly OfferedPrice[] | null>({ schema: offeredPricesShape })
}

type Load = (
  read: Pick<ComputeReader, 'find'>,
  records: readonly AnyRecord[],
  caller: Caller | null,
) => Promise<readonly (readonly OfferedPrice[] | null)[]>

export type PricesLoader = { readonly ofVariants: Load; readonly ofProducts: Load }
