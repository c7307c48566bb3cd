import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { webhooks } from './collections.ts'
import { idInput } from './shapes.ts'
import { owe } from './tell-webhooks.ts'

/** `POST /api/webhooks/{id}/test`: a message of the event `webhook.test`, delivered like every other. */
export const testWebhook = command({
  name: 'webhooks.test',
  route: 'POST /api/webhooks/:id/test',
  summary: 'Send a message to try a webhook with',
  tag: 'Webhooks',
  status: 202,
  input: Type.Object(idInput, { additionalProperties: false }),
  output: Type.Object({ delivery: Type.String({ description: 'In `GET /api/webhookDeliveries/{id}` stands what came of it.' }) }),
  errors: ['not_found', 'webhook_disabled'],
  access: staff,
  async run({ tx, input, now, newId }) {
    const webhook = await tx.get(webhooks, input.id)
    if (webhook === null) throw new EngineError('not_found')
    if (!webhook.enabled) throw new EngineError('webhook_disabled')
    const event = 'webhook.test'
    const body = JSON.stringify({ type: event, timestamp: new Date(now).toISOString(), data: { webhook: { id: webhook.id } } })
    const delivery = await owe({ tx, now, newId }, { webhook: webhook.id, event, messageId: newId('msg'), body }, webhook.id)
    return { output: { delivery: delivery.id }, status: 202 }
  },
})
