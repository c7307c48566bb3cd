// What staff may do to an effect, apart from what each operation does with it.

import { staff } from '../access/rule.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { Type } from '../contract/type.ts'
import type { CommandContext } from '../operation/define.ts'
import { checkIfMatch } from '../records/etag.ts'
import { type Effect, type EffectHandler, type effectStates, effects } from './effect.ts'

/** What the operations share. */
export const common = {
  tag: 'Effects',
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: Type.Object({ id: Type.String(), state: Type.String(), attempts: Type.Integer() }),
  errors: ['not_found', 'precondition_failed', 'effect_state_conflict'],
  access: staff,
} as const

export type Handlers = readonly EffectHandler[]
type Step = {
  readonly from: readonly (typeof effectStates)[number][]
  readonly set: Partial<Effect>
  /** What the kind of effect makes of it, in the same transaction. */
  readonly follow: 'tryAgain' | 'giveUp'
}

export async function moveEffect(context: CommandContext<{ readonly id: string }>, handlers: Handlers, { from, set, follow }: Step) {
  const { tx, actor, model, request, input } = context
  const effect = await tx.get(effects, input.id)
  if (effect === null) throw new EngineError('not_found')
  checkIfMatch(model.get(effects), { actor, ifMatch: request.ifMatch }, effect)
  if (!from.includes(effect.state))
    throw new EngineError('effect_state_conflict', { detail: `The effect is ${effect.state}; only ${from.join(', ')} can be moved so.` })
  // By the version that If-Match was compared with: a worker that takes it meanwhile makes this run again.
  const { id, state, attempts } = await tx.update(effects, effect, { set })
  const handler = handlers.find(({ kind }) => kind.name === effect.kind)
  const payload = handler?.kind.payloadOf(effect) ?? null
  const events = payload === null ? undefined : await handler?.[follow]?.({ ...context, effect, payload })
  return { output: { id, state, attempts }, events: events ?? [] }
}
