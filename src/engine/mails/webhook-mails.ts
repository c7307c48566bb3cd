// The mail about a webhook that was switched off: to all who can switch it on again.
import { adminsIn } from '../../domains/accounts/admins.ts'
import { queueEmail } from '../../domains/emails/queue-email.ts'
import type { Webhook } from '../../domains/webhooks/collections.ts'
import type { Work } from '../../operation/work.ts'

export async function tellOfDisabledWebhook(work: Work, { webhook }: { readonly webhook: Webhook }): Promise<void> {
  const view = { url: `${work.project.publicUrl}/console`, address: new URL(webhook.url).host, reason: webhook.disabledBecause }
  for (const { id, email } of await adminsIn(work.tx)) {
    const key = `webhook.disabled:${webhook.id}:${webhook.version}:${id}`
    await queueEmail(work, { key, to: email, template: 'webhook_disabled', record: webhook.id, view })
  }
}
