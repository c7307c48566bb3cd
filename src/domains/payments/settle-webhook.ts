import { actorName } from '../../access/actor.ts'
import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { webhookInbox } from './collections.ts'

/** `POST /api/webhookInbox/{id}/settle`: somebody has looked at what nothing of ours answers to. */
export const settleWebhook = command({
  name: 'webhookInbox.settle',
  route: 'POST /api/webhookInbox/:id/settle',
  summary: 'Say what became of a webhook that nothing answers to',
  tag: 'Webhook inbox',
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      note: Type.String({
        minLength: 1,
        maxLength: limits.noteCharactersMax,
        format: 'free-text',
        description: 'What it was: for whoever looks later.',
      }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({ id: Type.String(), state: Type.String(), note: Type.Unsafe<string | null>({ type: ['string', 'null'] }) }),
  errors: ['not_found', 'settlement_state_conflict'],
  access: staff,
  async run({ tx, input, actor }) {
    const message = await tx.lock(webhookInbox, input.id, 'exclusive')
    if (message === null) throw new EngineError('not_found')
    if (message.state === 'handled')
      throw new EngineError('settlement_state_conflict', { detail: 'The webhook is handled.', params: { state: message.state } })
    const { id, state, note } = await tx.update(webhookInbox, message, {
      set: { state: 'handled', lookAt: null, note: input.note, settledBy: actorName(actor) },
    })
    return { output: { id, state, note } }
  },
})
