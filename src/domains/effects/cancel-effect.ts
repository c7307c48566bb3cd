import { staff } from '../../access/rule.ts'
import { command, type Operation } from '../../operation/define.ts'
import { effectInput, effectOutput, type Handlers, handlerOf, moveEffect } from './move-effect.ts'

/** `POST /api/effects/{id}/cancel`: what it stands for comes to an end without it; a refund, for one, is then `failed`. */
export function cancelEffect(handlers: Handlers): Operation {
  return command({
    name: 'effects.cancel',
    route: 'POST /api/effects/:id/cancel',
    summary: 'Give up an effect that waits',
    tag: 'Effects',
    input: effectInput,
    output: effectOutput,
    errors: ['not_found', 'precondition_failed', 'effect_state_conflict'],
    access: staff,
    async run(context) {
      return await moveEffect(context, {
        from: ['ready', 'dead', 'unknown', 'held'],
        set: { state: 'canceled' },
        follow: (given) => handlerOf(handlers, given.effect)?.giveUp?.(given),
      })
    },
  })
}
