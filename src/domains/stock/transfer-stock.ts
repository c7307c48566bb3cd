import { staff } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findAll } from '../../storage/find-all.ts'
import { checkLocation, locationInput } from './add-stock-level.ts'
import { availableOf, createStockLevelAt, type StockLevel, stockLevels, stockMovements } from './collections.ts'
import { broughtLow } from './reserve-stock.ts'

const side = Type.Object(
  { id: Type.String(), location: Type.String(), onHand: Type.Integer(), available: Type.Integer() },
  { title: 'StockAt' },
)

/** `POST /api/stockTransfers`: units that nobody was promised go from one location to another, as a movement at each. */
export const transferStock = command({
  name: 'stock.transfer',
  route: 'POST /api/stockTransfers',
  summary: 'Move units from one location to another',
  tag: 'Stock levels',
  status: 201,
  input: Type.Object(
    {
      variant: Type.String({ maxLength: limits.idCharactersMax }),
      from: locationInput,
      to: locationInput,
      quantity: Type.Integer({ minimum: 1, maximum: limits.stockUnitsMax }),
      reason: Type.Optional(Type.String({ maxLength: limits.textCharactersMax, format: 'free-text-or-blank' })),
    },
    { additionalProperties: false, examples: [{ variant: 'var_01m8k6rc7pe0092ftt59shmpgs', from: 'main', to: 'vienna', quantity: 5 }] },
  ),
  output: Type.Object({ from: side, to: side }, { title: 'TransferredStock' }),
  errors: ['not_found'],
  access: staff,
  async run({ tx, input, project, newId }) {
    const { variant, from, to, quantity, reason } = input
    if (from === to) throw invalid('/to', 'same', 'must be another location')
    checkLocation(project, to, '/to')
    const found = await findAll(tx, stockLevels, eq('variant', variant))
    const held = await tx.lockAll(
      stockLevels,
      found.filter(({ location }) => location === from || location === to).map(({ id }) => id),
      'exclusive',
    )
    const source = held.find(({ location }) => location === from)
    if (source === undefined) throw new EngineError('not_found')
    const target = held.find(({ location }) => location === to) ?? (await createStockLevelAt(tx, newId, { variant, location: to }))
    const free = Math.min(source.available, source.onHand)
    if (quantity > free) throw invalid('/quantity', 'maximum', `must be at most ${free}: that many nobody was promised`)
    if (target.onHand + quantity > limits.stockUnitsMax) throw invalid('/quantity', 'maximum', 'would be more than is counted')
    const move = async (level: StockLevel, units: number, told: string) => {
      const onHand = level.onHand + units
      const after = await tx.update(stockLevels, level, { set: { onHand, available: availableOf({ ...level, onHand }) } })
      const movement = { stockLevel: level.id, kind: 'transferred', quantity: units, order: null, reason: reason ?? told } as const
      await tx.insert(stockMovements, { id: newId('mov'), ...movement })
      return after
    }
    const [left, arrived] = [await move(source, -quantity, `To ${to}`), await move(target, quantity, `From ${from}`)]
    return { output: { from: told(left), to: told(arrived) }, status: 201, events: broughtLow(source, -quantity) }
  },
})

function told({ id, location, onHand, available }: StockLevel) {
  return { id, location, onHand, available }
}
