import { staff } from '../../access/rule.ts'
import { EngineError, type InputIssue, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findAll } from '../../storage/find-all.ts'
import { locationInput } from './add-stock-level.ts'
import { availableOf, type StockLevel, stockLevels, stockMovements } from './collections.ts'
import { isMadeOfParts, madeOfParts } from './made-of-parts.ts'
import { broughtLow } from './reserve-stock.ts'

type CountedLine = { readonly variant: string; readonly expected: number; readonly counted: number; readonly difference: number }

const countedLine = {
  type: 'object',
  title: 'CountedLine',
  properties: {
    variant: { type: 'string' },
    expected: { type: 'integer' },
    counted: { type: 'integer' },
    difference: { type: 'integer' },
  },
  required: ['variant', 'expected', 'counted', 'difference'],
} as const

/** What was counted at a location, what was thought to be there, and what was made of it. For ever. */
export const stockCounts = collection('stockCounts', {
  prefix: 'stkcnt',
  title: 'Stock counts',
  system: true,
  feed: false,
  appendOnly: true,
  fields: {
    location: field.text({ required: true, max: limits.locationCharacters }),
    lines: field.json<readonly CountedLine[]>({ required: true, schema: { type: 'array', items: countedLine } }),
    reason: field.text(),
  },
  indexes: [['location', '-createdAt']],
  access: { read: staff },
})

const line = Type.Object(
  {
    variant: Type.String({ maxLength: limits.idCharactersMax }),
    counted: Type.Integer({ minimum: 0, maximum: limits.stockUnitsMax, description: 'With what is held or sold of it.' }),
  },
  { title: 'StockCountLine', additionalProperties: false },
)

/**
 * `POST /api/stockCounts`: what is in the house becomes what was counted, with a movement for each difference. All of it or nothing.
 */
export const countStock = command({
  name: 'stock.count',
  route: 'POST /api/stockCounts',
  summary: 'Set what was counted at a location',
  tag: 'Stock levels',
  status: 201,
  input: Type.Object(
    {
      location: locationInput,
      lines: Type.Array(line, { minItems: 1, maxItems: limits.stockCountLinesMax }),
      reason: Type.Optional(Type.String({ maxLength: limits.textCharactersMax, format: 'free-text-or-blank' })),
    },
    { additionalProperties: false },
  ),
  output: Type.Object(
    { id: Type.String(), location: Type.String(), lines: Type.Array(Type.Unsafe<CountedLine>(countedLine)) },
    { title: 'CountedStock' },
  ),
  errors: ['reference_not_found'],
  access: staff,
  async run({ tx, input, newId }) {
    const { location, lines, reason = null } = input
    const repeated = lines.findIndex(({ variant }, index) => lines.findIndex((one) => one.variant === variant) < index)
    if (repeated >= 0) throw invalid(`/lines/${repeated}/variant`, 'repeated', 'is counted twice')
    const ids = lines.map(({ variant }) => variant)
    const found = await findAll(tx, stockLevels, and(oneOf('variant', ids), eq('location', location)))
    const held = await tx.lockAll(
      stockLevels,
      found.map(({ id }) => id),
      'exclusive',
    )
    const levels = new Map(held.map((level) => [level.variant, level]))
    checkCounts(lines, levels)
    const told = lines.map(({ variant, counted }): CountedLine => {
      const expected = levels.get(variant)!.onHand
      return { variant, expected, counted, difference: counted - expected }
    })
    for (const [index, { variant, difference }] of told.entries())
      if (difference > 0 && (await isMadeOfParts(tx, variant))) throw madeOfParts(`/lines/${index}/counted`)
    for (const { variant, counted, difference } of told.filter((one) => one.difference !== 0)) {
      const level = levels.get(variant)!
      await tx.update(stockLevels, level, { set: { onHand: counted, available: availableOf({ ...level, onHand: counted }) } })
      const movement = { stockLevel: level.id, kind: 'counted', quantity: difference, order: null, reason } as const
      await tx.insert(stockMovements, { id: newId('mov'), ...movement })
    }
    const count = await tx.insert(stockCounts, { id: newId('stkcnt'), location, lines: told, reason })
    const low = told.flatMap(({ variant, difference }) => broughtLow(levels.get(variant)!, difference))
    return { output: { id: count.id, location, lines: told }, status: 201, events: low }
  },
})

/** @throws reference_not_found for what does not lie there; validation_failed for fewer than are promised */
function checkCounts(
  lines: readonly { readonly variant: string; readonly counted: number }[],
  levels: ReadonlyMap<string, StockLevel>,
): void {
  const unknown = lines.flatMap(({ variant }, index): InputIssue[] =>
    levels.has(variant) ? [] : [{ path: `/lines/${index}/variant`, code: 'reference_not_found', message: 'does not lie at this location' }],
  )
  if (unknown.length > 0) throw new EngineError('reference_not_found', { errors: unknown })
  for (const [index, { variant, counted }] of lines.entries()) {
    const left = availableOf({ ...levels.get(variant)!, onHand: counted })
    if (left < 0)
      throw invalid(
        `/lines/${index}/counted`,
        'minimum',
        `must be at least ${counted - left}: that many are held, sold or kept. Cancel lines first`,
      )
  }
}
