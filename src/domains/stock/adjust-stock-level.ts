import { staff } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { compare } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { present, visibleFields } from '../../records/present.ts'
import { stockLevels, stockMovements } from './collections.ts'

const relative = Type.Object(
  { $increment: Type.Integer({ minimum: -limits.stockUnitsMax, maximum: limits.stockUnitsMax }) },
  { title: 'StockIncrement', additionalProperties: false, description: 'Counted from what there is: two of them at once both count.' },
)

/**
 * `PATCH /api/stockLevels/{id}`: sets what is in the house, or changes it by so many, written as a movement. Never below
 * what is promised.
 */
export const adjustStockLevel = command({
  name: 'stock.adjustLevel',
  route: 'PATCH /api/stockLevels/:id',
  summary: 'Set or change the units on hand',
  tag: 'Stock levels',
  isPresented: true,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      onHand: Type.Union([Type.Integer({ minimum: 0, maximum: limits.stockUnitsMax }), relative]),
      reason: Type.Optional(Type.String({ maxLength: limits.textCharactersMax })),
    },
    { additionalProperties: false },
  ),
  output: Type.Unsafe({ type: 'object' }),
  errors: ['not_found', 'precondition_failed'],
  access: staff,
  async run({ tx, input, actor, model, newId, request }) {
    // What is set is counted from what there is: nobody may change it in between.
    const level = await tx.lock(stockLevels, input.id, 'exclusive')
    if (level === null) throw new EngineError('not_found')
    checkIfMatch(model.get(stockLevels), { actor, ifMatch: request.ifMatch }, level)
    const difference = typeof input.onHand === 'number' ? input.onHand - level.onHand : input.onHand.$increment
    const onHand = level.onHand + difference
    const promised = level.held + level.committed
    const refused = invalid('/onHand', 'minimum', `must be at least ${promised}: that many are held or sold`)
    if (onHand < promised) throw refused
    if (onHand > limits.stockUnitsMax) throw invalid('/onHand', 'maximum', `must be at most ${limits.stockUnitsMax}`)
    const change = { add: { onHand: difference, available: difference } }
    const after = await tx.adjust(stockLevels, level.id, change, compare('available', 'gte', -difference))
    if (after === null) throw refused
    const kind = difference > 0 ? 'received' : 'adjusted'
    if (difference !== 0)
      await tx.insert(stockMovements, {
        id: newId('mov'),
        stockLevel: level.id,
        kind,
        quantity: difference,
        order: null,
        reason: input.reason ?? null,
      })
    return {
      output: present(visibleFields(model.get(stockLevels), actor), after),
      headers: { etag: etagOf(model.get(stockLevels), actor, after) },
    }
  },
})
