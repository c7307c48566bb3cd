import { role } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { checkIfMatch } from '../../records/etag.ts'
import { webhooks } from './collections.ts'
import { idInput } from './shapes.ts'

/** `DELETE /api/webhooks/{id}`: what is still on its way to it ends as failed. */
export const deleteWebhook = command({
  name: 'webhooks.delete',
  route: 'DELETE /api/webhooks/:id',
  summary: 'Delete a webhook',
  tag: 'Webhooks',
  status: 204,
  input: Type.Object(idInput, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['not_found', 'precondition_failed'],
  access: role('admin'),
  async run({ tx, input, actor, model, request }) {
    const webhook = await tx.get(webhooks, input.id)
    if (webhook === null) throw new EngineError('not_found')
    checkIfMatch(model.get(webhooks), { actor, ifMatch: request.ifMatch }, webhook)
    await tx.delete(webhooks, webhook)
    return { output: null, status: 204 }
  },
})
