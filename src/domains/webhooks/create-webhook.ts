import { role } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import { webhooks } from './collections.ts'
import { checkEvents, checkUrl, fieldsInput, urlInput, webhookView } from './shapes.ts'
import { newSigningSecret } from './signature.ts'

/** `POST /api/webhooks`: by an admin, since it sends records out of the house. Its secret is answered this once. */
export function createWebhook(events: readonly string[]): Operation {
  return command({
    name: 'webhooks.create',
    route: 'POST /api/webhooks',
    summary: 'Have events told to an address, by signed messages',
    tag: 'Webhooks',
    status: 201,
    input: Type.Object(
      { url: urlInput, ...fieldsInput },
      { additionalProperties: false, examples: [{ url: 'https://hooks.example.com/kingpost', events: ['users.created'] }] },
    ),
    output: Type.Object(
      { secret: Type.String({ description: 'Proves that a message is ours. It is not shown again.' }) },
      { additionalProperties: true },
    ),
    isPresented: true,
    errors: ['too_many_webhooks'],
    access: role('admin'),
    async run({ tx, input, actor, model, project, newId, newSecret }) {
      checkUrl(input.url, project.isDevelopment)
      checkEvents(input.events ?? [], events)
      // Two at once may both find the last place free: one more does no harm.
      if ((await tx.count(webhooks)) >= limits.webhooksMax) throw new EngineError('too_many_webhooks')
      const secret = newSigningSecret(newSecret)
      const webhook = await tx.insert(webhooks, {
        id: newId('whe'),
        url: input.url,
        description: input.description ?? null,
        events: input.events ?? [],
        enabled: true,
        disabledBecause: null,
        secret,
        formerSecret: null,
        formerUntil: null,
        failingSince: null,
        failures: 0,
        pausedUntil: null,
      })
      return {
        output: { ...webhookView(model, actor, webhook), secret },
        status: 201,
        headers: { location: `/api/webhooks/${webhook.id}` },
      }
    },
  })
}
