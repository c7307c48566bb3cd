import { staff } from '../../access/rule.ts'
import { command, type Operation } from '../../operation/define.ts'
import { effectInput, effectOutput, type Handlers, handlerOf, moveEffect } from './move-effect.ts'

/** `POST /api/effects/{id}/retry`: the key stays, so that the other side, if it knows it, says so instead of acting twice. */
export function retryEffect(handlers: Handlers): Operation {
  return command({
    name: 'effects.retry',
    route: 'POST /api/effects/:id/retry',
    summary: 'Try an effect again, under its old key',
    tag: 'Effects',
    input: effectInput,
    output: effectOutput,
    errors: ['not_found', 'precondition_failed', 'effect_state_conflict'],
    access: staff,
    async run(context) {
      return await moveEffect(context, {
        from: ['dead', 'canceled', 'unknown', 'held', 'ready'],
        set: { state: 'ready', dueAt: context.now },
        follow: (given) => handlerOf(handlers, given.effect)?.tryAgain?.(given),
      })
    },
  })
}
