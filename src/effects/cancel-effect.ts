import { command, type Operation } from '../operation/define.ts'
import { common, type Handlers, moveEffect } from './move-effect.ts'

/** `POST /api/effects/{id}/cancel`: what it stands for comes to an end without it; a refund, for one, is then `failed`. */
export function cancelEffect(handlers: Handlers): Operation {
  return command({
    ...common,
    name: 'effects.cancel',
    route: 'POST /api/effects/:id/cancel',
    summary: 'Give up an effect that waits',
    async run(context) {
      return await moveEffect(context, handlers, {
        from: ['ready', 'dead', 'unknown', 'held'],
        set: { state: 'canceled' },
        follow: 'giveUp',
      })
    },
  })
}
