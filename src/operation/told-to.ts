// A refusal as this caller may be told it. The storage names the fields whose values are taken; who asks is known here alone.
import type { Actor } from '../access/actor.ts'
import { allows } from '../access/rule.ts'
import { EngineError, isEngineError } from '../base/engine-error.ts'
import type { Model } from '../schema/model.ts'

/** That a value is taken is told without the names of fields that the caller may not see. */
export function toldTo(actor: Actor, model: Model, error: unknown): unknown {
  if (!isEngineError(error, 'already_exists') || error.params?.['collection'] === undefined) return error
  const fields = model.find(String(error.params['collection']))?.fields
  const isSeen = ({ path }: { readonly path: string }) => {
    const read = fields?.get(path.slice(1))?.field.read
    return read === undefined || allows(read, actor)
  }
  const { errors = [], cause } = error
  if (errors.every(isSeen)) return error
  return new EngineError('already_exists', { errors: errors.filter(isSeen), cause })
}
