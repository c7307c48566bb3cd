import { Type } from 'typebox'
import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { and, eq } from '../../contract/filter.ts'
import { command, type Operation } from '../../operation/define.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type Payment, payments, webhookInbox } from './collections.ts'
import { followPayment } from './follow-payment.ts'
import type { PaymentProvider, WebhookEvent } from './provider.ts'

const input = Type.Object({ provider: Type.String({ maxLength: 40 }) }, { additionalProperties: false })

/**
 * `POST /api/payments/webhooks/{provider}`: verified, stored, and answered after the commit. What it
 * says is never believed: it makes us look, and the provider's own record is what counts.
 */
export function receiveWebhook(providers: ReadonlyMap<string, PaymentProvider>): Operation {
  return command({
    name: 'payments.receiveWebhook',
    route: 'POST /api/payments/webhooks/:provider',
    summary: 'Take a webhook of a payment provider',
    tag: 'Payments',
    rawBody: true,
    rate: 'webhook',
    input,
    output: Type.Object({ received: Type.Integer() }),
    errors: ['webhook_rejected', 'not_found'],
    access: anyone,
    async run({ tx, input, now, newId, request }) {
      const provider = providers.get(input.provider)
      if (!provider) throw new EngineError('not_found')
      const body = request.rawBody ?? ''
      const events = provider.verifyWebhook(body, request.headers, now)
      if (events === null) throw new EngineError('webhook_rejected')
      for (const event of events) {
        const payment = await findPayment(tx, provider.id, event)
        const { eventId, reference, providerRef } = event
        const state = payment ? 'handled' : 'waiting'
        const stored = await tx.insertOnce(webhookInbox, {
          id: newId('whk'),
          provider: provider.id,
          eventId,
          reference,
          providerRef,
          state,
          body,
        })
        // A repeat is answered like the first: it has been taken care of.
        if (stored !== null && payment !== null) await followPayment({ tx, now, newId }, payment, 'webhook', eventId)
      }
      return { output: { received: events.length } }
    },
  })
}

async function findPayment(tx: Transaction, provider: string, event: WebhookEvent): Promise<Payment | null> {
  const byReference = event.reference === null ? null : await tx.get(payments, event.reference)
  if (byReference?.provider === provider) return byReference
  if (event.providerRef === null) return null
  // Names of two providers may be alike: both are in the condition, as they are in the index.
  const where = and(eq('provider', provider), eq('providerRef', event.providerRef))
  // Beyond the limit: nothing, a provider gives a name once.
  const [byProviderRef] = await tx.find(payments, { where, limit: 1 })
  return byProviderRef ?? null
}
