import { command, type Operation } from '../operation/define.ts'
import { common, type Handlers, moveEffect } from './move-effect.ts'

/** `POST /api/effects/{id}/retry`: the key stays, so that the other side, if it knows it, says so instead of acting twice. */
export function retryEffect(handlers: Handlers): Operation {
  return command({
    ...common,
    name: 'effects.retry',
    route: 'POST /api/effects/:id/retry',
    summary: 'Try an effect again, under its old key',
    async run(context) {
      return await moveEffect(context, handlers, {
        from: ['dead', 'canceled', 'unknown', 'held', 'ready'],
        set: { state: 'ready', dueAt: context.now },
        follow: 'tryAgain',
      })
    },
  })
}
