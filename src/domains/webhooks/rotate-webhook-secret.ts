import { role } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { webhooks } from './collections.ts'
import { idInput } from './shapes.ts'
import { newSigningSecret } from './signature.ts'

/** `POST /api/webhooks/{id}/rotate`: for a day messages are signed with both secrets, then with the new one alone. */
export const rotateWebhookSecret = command({
  name: 'webhooks.rotateSecret',
  route: 'POST /api/webhooks/:id/rotate',
  summary: 'Give a webhook another secret',
  tag: 'Webhooks',
  input: Type.Object(idInput, { additionalProperties: false }),
  output: Type.Object({
    id: Type.String(),
    secret: Type.String({ description: 'It is not shown again.' }),
    formerUntil: Type.String({ format: 'date-time', description: 'Until then the former secret signs as well.' }),
  }),
  errors: ['not_found'],
  access: role('admin'),
  async run({ tx, input, now, newSecret }) {
    const webhook = await tx.get(webhooks, input.id)
    if (webhook === null) throw new EngineError('not_found')
    const secret = newSigningSecret(newSecret)
    const formerUntil = now + limits.webhookSecretOverlapMs
    await tx.update(webhooks, webhook, { set: { secret, formerSecret: webhook.secret, formerUntil } })
    return { output: { id: webhook.id, secret, formerUntil: new Date(formerUntil).toISOString() } }
  },
})
