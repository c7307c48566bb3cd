import { role } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { webhooks } from './collections.ts'
import { checkEvents, checkUrl, fieldsInput, idInput, urlInput, webhookOutput, webhookView } from './shapes.ts'

/** `PATCH /api/webhooks/{id}`. One that is enabled again begins anew: nothing is held against it. */
export function updateWebhook(events: readonly string[]): Operation {
  return command({
    name: 'webhooks.update',
    route: 'PATCH /api/webhooks/:id',
    summary: 'Change a webhook, or switch it on or off',
    tag: 'Webhooks',
    input: Type.Object(
      { ...idInput, url: Type.Optional(urlInput), ...fieldsInput, enabled: Type.Optional(Type.Boolean()) },
      { additionalProperties: false },
    ),
    output: webhookOutput,
    isPresented: true,
    errors: ['not_found', 'precondition_failed'],
    access: role('admin'),
    async run({ tx, input, actor, model, project, request }) {
      const { id, ...set } = input
      const before = await tx.get(webhooks, id)
      if (before === null) throw new EngineError('not_found')
      const collection = model.get(webhooks)
      checkIfMatch(collection, { actor, ifMatch: request.ifMatch }, before)
      if (set.url !== undefined) checkUrl(set.url, project)
      if (set.events !== undefined) checkEvents(set.events, events)
      const anew = set.enabled === undefined ? {} : { disabledBecause: null, failingSince: null, failures: 0, pausedUntil: null }
      const after = Object.keys(set).length === 0 ? before : await tx.update(webhooks, before, { set: { ...set, ...anew } })
      return { output: webhookView(model, actor, after), headers: { etag: etagOf(collection, actor, after) } }
    },
  })
}
