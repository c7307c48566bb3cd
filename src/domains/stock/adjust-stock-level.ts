import { staff } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { present, visibleFields } from '../../records/present.ts'
import { availableOf, stockLevels, stockMovements } from './collections.ts'
import { isMadeOfParts, madeOfParts } from './made-of-parts.ts'
import { broughtLow } from './reserve-stock.ts'

const relative = Type.Object(
  { $increment: Type.Integer({ minimum: -limits.stockUnitsMax, maximum: limits.stockUnitsMax }) },
  { title: 'StockIncrement', additionalProperties: false, description: 'Counted from what there is: two of them at once both count.' },
)

const units = (description: string) =>
  Type.Optional(Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 0, maximum: limits.stockUnitsMax, description }))

/**
 * `PATCH /api/stockLevels/{id}`: sets what is in the house, or changes it by so many, written as a movement; and what may be sold of
 * it. Never below what is promised.
 */
export const adjustStockLevel = command({
  name: 'stock.adjustLevel',
  route: 'PATCH /api/stockLevels/:id',
  summary: 'Set or change the units on hand, and what may be sold of them',
  tag: 'Stock levels',
  isPresented: true,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      onHand: Type.Optional(Type.Union([Type.Integer({ minimum: 0, maximum: limits.stockUnitsMax }), relative])),
      safetyStock: units('Of what is on hand, not for sale.'),
      backorderLimit: units('Sold beyond what is on hand.'),
      lowAt: units('`stock.low` is told when what is left to sell comes down to it.'),
      incoming: units('Ordered, and not there yet.'),
      sellsIncoming: Type.Optional(
        Type.Unsafe<boolean | null>({
          type: ['boolean', 'null'],
          description: 'They may be sold before they come, and no more than these.',
        }),
      ),
      expectedAt: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' })),
      reason: Type.Optional(Type.String({ maxLength: limits.textCharactersMax, format: 'free-text-or-blank' })),
    },
    { additionalProperties: false, examples: [{ onHand: 12, reason: 'Delivery' }] },
  ),
  output: Type.Unsafe({ type: 'object' }),
  errors: ['not_found', 'precondition_failed'],
  access: staff,
  async run({ tx, input, actor, model, newId, request }) {
    // What is set is counted from what there is: nobody may change it in between.
    const level = await tx.lock(stockLevels, input.id, 'exclusive')
    if (level === null) throw new EngineError('not_found')
    checkIfMatch(model.get(stockLevels), { actor, ifMatch: request.ifMatch }, level)
    const { id: _, onHand: wanted, reason = null, expectedAt, ...rest } = input
    const onHand = wanted === undefined ? level.onHand : typeof wanted === 'number' ? wanted : level.onHand + wanted.$increment
    const set = { ...rest, ...(expectedAt === undefined ? {} : { expectedAt: expectedAt === null ? null : Date.parse(expectedAt) }) }
    // What it had before it was made of parts can go.
    if (onHand > level.onHand && (await isMadeOfParts(tx, level.variant))) throw madeOfParts('/onHand')
    if ((rest.incoming ?? 0) > 0 && (await isMadeOfParts(tx, level.variant))) throw madeOfParts('/incoming')
    const available = availableOf({ ...level, ...set, onHand })
    checkUnits(onHand, available)
    const difference = onHand - level.onHand
    const after = await tx.update(stockLevels, level, { set: { ...set, onHand, available } })
    if (difference !== 0) {
      const kind = difference > 0 ? 'received' : 'adjusted'
      await tx.insert(stockMovements, { id: newId('mov'), stockLevel: level.id, kind, quantity: difference, order: null, reason })
    }
    return {
      output: present(visibleFields(model.get(stockLevels), actor), after),
      headers: { etag: etagOf(model.get(stockLevels), actor, after) },
      events: broughtLow({ ...after, available: level.available }, available - level.available),
    }
  },
})

/** @throws validation_failed below what is promised, below zero, or beyond what is counted exactly */
function checkUnits(onHand: number, available: number): void {
  const least = Math.max(0, onHand - available)
  if (onHand < 0 || available < 0)
    throw invalid('/onHand', 'minimum', `must be at least ${least}: that many are held, sold or kept, and not sold before they come`)
  if (Math.max(onHand, available) > limits.stockUnitsMax) throw invalid('/onHand', 'maximum', `must be at most ${limits.stockUnitsMax}`)
}
