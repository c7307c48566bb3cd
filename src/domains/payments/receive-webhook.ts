import { Type } from 'typebox'
import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { command, type Operation } from '../../operation/define.ts'
import { webhookInbox } from './collections.ts'
import { followPayment } from './look-at-payment.ts'
import { findPayment, webhookDistancesMs } from './match-webhooks.ts'
import type { PaymentProvider } from './provider.ts'
import { recordTold } from './record-facts.ts'

const input = Type.Object({ provider: Type.String({ maxLength: limits.codeCharactersMax }) }, { additionalProperties: false })

/**
 * `POST /api/payments/webhooks/{provider}`: verified, stored, and answered after the commit. Facts that the provider
 * signed are recorded in the same transaction, with all that follows from them. Anything else makes us look: the
 * provider's own record is what counts.
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
    // Before the transaction: whoever has no signature must not make the writer wait.
    async prepare({ input, now, request }) {
      const provider = providers.get(input.provider)
      if (!provider) throw new EngineError('not_found')
      const events = provider.verifyWebhook(request.rawBody ?? new Uint8Array(), request.headers, now)
      if (events === null) throw new EngineError('webhook_rejected')
      return events
    },
    async run(context) {
      const { tx, input, now, newId, request, prepared: received } = context
      const body = textOf(request.rawBody ?? new Uint8Array())
      const events: DomainEvent[] = []
      for (const { eventId, reference, providerRef, told } of received) {
        const payment = await findPayment(tx, { provider: input.provider, reference, providerRef })
        const stored = await tx.insertOnce(webhookInbox, {
          id: newId('whk'),
          provider: input.provider,
          eventId,
          reference,
          providerRef,
          state: payment ? 'handled' : 'waiting',
          lookAt: payment ? null : now + webhookDistancesMs[0]!,
          looks: 0,
          body,
        })
        // A repeat is answered like the first: it has been taken care of.
        if (stored === null || payment === null) continue
        // A second payment of theirs for one of ours is looked at by the name that ours has there.
        const isIts = payment.providerRef === null || payment.providerRef === providerRef
        if (told && isIts) events.push(...(await recordTold(context, payment, { ...told, providerRef })))
        else await followPayment(context, payment, { source: 'webhook', cause: eventId })
      }
      return { output: { received: received.length }, events }
    },
  })
}

/** For people to read: what is no UTF-8 is kept as base64, so that no byte is lost. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\0', '\\0')
  } catch {
    return `base64:${Buffer.from(bytes).toString('base64')}`
  }
}
