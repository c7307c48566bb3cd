import { staff } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { present, visibleFields } from '../../records/present.ts'
import { availableOf, stockLevels, stockMovements } from './collections.ts'
import { isMadeOfParts, madeOfParts } from './made-of-parts.ts'

/**
 * `POST /api/stockLevels/{id}/receive`: units that were expected have come, all or some of them. What was sold of them before is in the house
 * now, so what is left to sell does not change by it where they could be sold already.
 */
export const receiveStock = command({
  name: 'stock.receive',
  route: 'POST /api/stockLevels/:id/receive',
  summary: 'Take in units that were expected',
  tag: 'Stock levels',
  isPresented: true,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      quantity: Type.Optional(
        Type.Integer({ minimum: 1, maximum: limits.stockUnitsMax, description: 'All that are expected when left out. More may come.' }),
      ),
      reason: Type.Optional(Type.String({ maxLength: limits.textCharactersMax, format: 'free-text-or-blank' })),
    },
    { additionalProperties: false, examples: [{ quantity: 50, reason: 'Delivery 4711' }] },
  ),
  output: Type.Unsafe({ type: 'object' }),
  errors: ['not_found', 'precondition_failed'],
  access: staff,
  async run({ tx, input, actor, model, newId, request }) {
    const level = await tx.lock(stockLevels, input.id, 'exclusive')
    if (level === null) throw new EngineError('not_found')
    checkIfMatch(model.get(stockLevels), { actor, ifMatch: request.ifMatch }, level)
    if (await isMadeOfParts(tx, level.variant)) throw madeOfParts('/quantity')
    const expected = level.incoming ?? 0
    const { quantity = expected, reason = null } = input
    if (quantity === 0) throw invalid('/quantity', 'required', 'is missing: nothing is expected')
    const left = Math.max(0, expected - quantity)
    const counted = { ...level, onHand: level.onHand + quantity, incoming: left === 0 ? null : left }
    const available = availableOf(counted)
    if (Math.max(counted.onHand, available) > limits.stockUnitsMax)
      throw invalid('/quantity', 'maximum', `must leave at most ${limits.stockUnitsMax} in the house`)
    const { onHand, incoming } = counted
    const set = { onHand, incoming, available, ...(left === 0 && { expectedAt: null }) }
    const after = await tx.update(stockLevels, level, { set })
    await tx.insert(stockMovements, { id: newId('mov'), stockLevel: level.id, kind: 'received', quantity, order: null, reason })
    const headers = { etag: etagOf(model.get(stockLevels), actor, after) }
    return { output: present(visibleFields(model.get(stockLevels), actor), after), headers }
  },
})
