import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { webhookDeliveries, webhooks } from './collections.ts'
import { idInput } from './shapes.ts'
import { owe } from './tell-webhooks.ts'

/** `POST /api/webhookDeliveries/{id}/replay`: the same message, with the same `webhook-id`, so that a receiver knows it. */
export const replayDelivery = command({
  name: 'webhooks.replay',
  route: 'POST /api/webhookDeliveries/:id/replay',
  summary: 'Send a message to its webhook again',
  tag: 'Webhooks',
  status: 202,
  input: Type.Object(idInput, { additionalProperties: false }),
  output: Type.Object({ delivery: Type.String() }),
  errors: ['not_found', 'webhook_disabled'],
  access: staff,
  async run({ tx, input, now, newId }) {
    const sent = await tx.get(webhookDeliveries, input.id)
    const webhook = sent && (await tx.get(webhooks, sent.webhook))
    if (!webhook) throw new EngineError('not_found')
    if (!webhook.enabled) throw new EngineError('webhook_disabled')
    const { event, messageId, body } = sent
    const delivery = await owe({ tx, now, newId }, { webhook: webhook.id, event, messageId, body, replayOf: sent.id }, sent.id)
    return { output: { delivery: delivery.id }, status: 202 }
  },
})
