import { role } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { settings } from '../../settings/collections.ts'
import { findUnique } from '../../storage/find-all.ts'
import { webhooks } from './collections.ts'
import { checkEvents, checkUrl, fieldsInput, urlInput, webhookView } from './shapes.ts'
import { newSigningSecret } from './signature.ts'

const placesSetting = 'webhookPlaces'

/** Whoever makes one changes one row, guarded: of two at once one runs again, and counts the other. @throws too_many_webhooks */
async function takePlace({ tx, newId }: Pick<Work, 'tx' | 'newId'>): Promise<void> {
  const setting = await findUnique(tx, settings, eq('name', placesSetting))
  const count = await tx.count(webhooks)
  if (count >= limits.webhooksMax) throw new EngineError('too_many_webhooks')
  const value = { taken: count + 1 }
  if (setting === null) await tx.insert(settings, { id: newId('set'), name: placesSetting, value }, 'conflict')
  else await tx.update(settings, setting, { set: { value } })
}

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
      checkUrl(input.url, project)
      checkEvents(input.events ?? [], events)
      await takePlace({ tx, newId })
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
