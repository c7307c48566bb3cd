// What the goods in the house are worth, by location: at what they cost where the shop keeps a `costPrice` of its variants, otherwise at
// their price. Now, and not at an earlier time: prices are not kept for that.
import type { Money } from '../../base/money.ts'
import { compare } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { pagesById } from '../../storage/find-all.ts'
import { type Variant, variants } from '../catalog/variants.ts'
import { moneySum, toldSum } from '../ledger/money-sum.ts'
import { stockLevels } from '../stock/collections.ts'
import { defineFigure } from './define-figure.ts'

const shape = {
  location: Type.String(),
  currency: Type.String(),
  variants: Type.Integer({ description: 'Of which something is on hand.' }),
  units: Type.Integer({ description: 'On hand, what is held or sold and not sent yet included.' }),
  value: moneySum('Of these units.'),
  unitsAtPrice: Type.Integer({ description: 'Of these, counted at their price, for nobody said what they cost.' }),
}
type Row = { location: string; currency: string; variants: number; units: number; value: bigint; unitsAtPrice: number }

/** `GET /api/figures/stock` */
export const stockFigures = defineFigure({
  name: 'stock',
  summary: 'What the stock is worth, by location',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({ items: Type.Array(Type.Object(shape)) }, { title: 'StockFigures' }),
  columns: Object.keys(shape),
  async run({ read, model }) {
    const isCostKept = model.get(variants).fields.get('costPrice')?.field.kind.name === 'money'
    const rows = new Map<string, Row>()
    for await (const page of pagesById(read, stockLevels, compare('onHand', 'gt', 0))) {
      const found = await read.getMany(
        variants,
        page.map(({ variant }) => variant),
      )
      const known = new Map(found.map((one) => [one.id, one]))
      for (const { variant: id, location, onHand } of page) {
        const variant = known.get(id)
        if (variant === undefined) continue
        const cost = isCostKept ? costOf(variant) : null
        const { amount, currency } = cost ?? variant.price
        const row = rows.get(`${location} ${currency}`)
        rows.set(`${location} ${currency}`, {
          location,
          currency,
          variants: (row?.variants ?? 0) + 1,
          units: (row?.units ?? 0) + onHand,
          value: (row?.value ?? 0n) + BigInt(amount) * BigInt(onHand),
          unitsAtPrice: (row?.unitsAtPrice ?? 0) + (cost === null ? onHand : 0),
        })
      }
    }
    const items = [...rows.values()].map((row) => ({ ...row, value: toldSum(row.value, row.currency) }))
    return {
      items: items.toSorted((a, b) => (a.location === b.location ? (a.currency < b.currency ? -1 : 1) : a.location < b.location ? -1 : 1)),
    }
  },
})

/** A field of the shop's own. */
function costOf(variant: Variant): Money | null {
  return ((variant as Readonly<Record<string, unknown>>)['costPrice'] as Money | null | undefined) ?? null
}
