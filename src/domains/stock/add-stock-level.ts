import { staff } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Project } from '../../config/project.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { present, visibleFields } from '../../records/present.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import { createStockLevelAt, mainLocation, stockLevels } from './collections.ts'
import { isMadeOfParts, madeOfParts } from './made-of-parts.ts'

export const locationInput = Type.String({ minLength: 1, maxLength: limits.locationCharacters })

/** `POST /api/stockLevels`: a variant also lies at another location. Empty: what comes is counted by a change of it. */
export const addStockLevel = command({
  name: 'stock.addLevel',
  route: 'POST /api/stockLevels',
  summary: 'Let a variant lie at another location',
  tag: 'Stock levels',
  status: 201,
  isPresented: true,
  input: Type.Object(
    { variant: Type.String({ maxLength: limits.idCharactersMax }), location: locationInput },
    { additionalProperties: false },
  ),
  output: Type.Unsafe({ type: 'object' }),
  errors: ['already_exists', 'reference_not_found'],
  access: staff,
  async run({ tx, input, actor, model, project, newId }) {
    checkLocation(project, input.location, '/location')
    const variant = await tx.lock<AnyRecord>({ name: 'variants' }, input.variant, 'shared')
    if (variant === null)
      throw new EngineError('reference_not_found', {
        errors: [{ path: '/variant', code: 'reference_not_found', message: 'names no variant' }],
      })
    if (await isMadeOfParts(tx, variant.id)) throw madeOfParts('/variant')
    const level = await createStockLevelAt(tx, newId, { variant: variant.id, location: input.location })
    const headers = { location: `/api/stockLevels/${level.id}` }
    return { output: present(visibleFields(model.get(stockLevels), actor), level), status: 201, headers }
  },
})

/** @throws validation_failed for a place that the config does not name */
export function checkLocation({ shop }: Project, location: string, path: string): void {
  const known = new Set([...shop!.stock.locations, mainLocation])
  if (!known.has(location)) throw invalid(path, 'enum', `must be one of ${[...known].join(', ')}: shop.stock.locations names them`)
}
