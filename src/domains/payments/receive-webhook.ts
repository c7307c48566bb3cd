import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { and, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type Payment, payments, type WebhookMessage, webhookInbox } from './collections.ts'
import { followPayment } from './look-at-payment.ts'
import type { PaymentProvider, Told } from './provider.ts'
import { recordTold } from './record-facts.ts'

const minute = 60_000
const hour = 60 * minute

/** From the arrival, and from each look to the next. They come to three days and a bit, as providers repeat webhooks. */
export const webhookDistancesMs = [10_000, minute, 5 * minute, 10 * minute, hour, 6 * hour, 24 * hour, 48 * hour]

/** Of a provider that signs nothing: our id of the payment, and a proof of ours that it was given this address. */
const query = {
  payment: Type.Optional(
    Type.String({ maxLength: limits.idCharactersMax, description: 'Our id of the payment that the address was made for.' }),
  ),
  proof: Type.Optional(Type.String({ maxLength: limits.idCharactersMax, description: 'That we made the address.' })),
}
const input = Type.Object({ provider: Type.String({ maxLength: limits.codeCharactersMax }), ...query }, { additionalProperties: false })

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
    takesQuery: true,
    rate: 'webhook',
    input,
    output: Type.Object({ received: Type.Integer() }),
    errors: ['webhook_rejected', 'not_found'],
    access: anyone,
    // Before the transaction: whoever has no signature must not make the writer wait.
    async prepare({ input, now, request }) {
      const provider = providers.get(input.provider)
      if (!provider) throw new EngineError('not_found')
      const { provider: _name, ...query } = input
      const events = await provider.verifyWebhook({ body: request.rawBody ?? new Uint8Array(), headers: request.headers, query, now })
      if (events === null) throw new EngineError('webhook_rejected')
      return events
    },
    async run(context) {
      const { tx, input, now, newId, request, prepared: received } = context
      const body = textOf(request.rawBody ?? new Uint8Array())
      const events: DomainEvent[] = []
      for (const { eventId, reference, providerRef, told } of received) {
        const payment = await findPayment(tx, { provider: input.provider, reference, providerRef })
        const message = {
          id: newId('whk'),
          provider: input.provider,
          eventId,
          reference,
          providerRef,
          state: payment ? 'handled' : 'waiting',
          lookAt: payment ? null : now + webhookDistancesMs[0]!,
          looks: 0,
          note: null,
          settledBy: null,
          body,
        } as const
        const stored = await tx.insertOnce(webhookInbox, message, 'rare')
        // A repeat is answered like the first: it has been taken care of.
        if (stored === null || payment === null) continue
        // A second payment of theirs for one of ours is looked at by the name that ours has there.
        const isIts = payment.providerRef === null || payment.providerRef === providerRef
        if (told && isIts && isAsAsked(payment, told)) events.push(...(await recordTold(context, payment, { ...told, providerRef })).events)
        else await followPayment(context, payment, { source: 'webhook', cause: eventId })
      }
      return { output: { received: received.length }, events }
    },
  })
}

/**
 * Told in the currency that was asked for, of no more than that, and of all of it where it is taken at once. Anything else may be a
 * mistake of the provider's: a fact stays for ever, so its own record is asked first, and believed whatever it says.
 */
function isAsAsked({ amount: asked, capture }: Payment, { facts }: Told): boolean {
  const isWhole = capture !== 'later'
  return facts.every(({ kind, amount: { amount, currency } }) => {
    if (currency !== asked.currency || amount > asked.amount) return false
    return kind !== 'cap_ok' || !isWhole || amount === asked.amount
  })
}

type Spoken = Pick<WebhookMessage, 'provider' | 'reference' | 'providerRef'>

/** What a webhook speaks of, by our name of it or by the provider's. */
export async function findPayment(tx: Transaction, { provider, reference, providerRef }: Spoken): Promise<Payment | null> {
  const byReference = reference === null ? null : await tx.get(payments, reference)
  if (byReference?.provider === provider) return byReference
  if (providerRef === null) return null
  // Names of two providers may be alike: both are in the condition, as they are in the index.
  const where = and(eq('provider', provider), eq('providerRef', providerRef))
  // Beyond the limit: nothing, a provider gives a name once.
  const [byProviderRef] = await tx.find(payments, { where, limit: 1 })
  return byProviderRef ?? null
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** For people to read: what is no UTF-8 is kept as base64, so that no byte is lost. */
function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes).replaceAll('\0', '\\0')
  } catch {
    return `base64:${Buffer.from(bytes).toString('base64')}`
  }
}
