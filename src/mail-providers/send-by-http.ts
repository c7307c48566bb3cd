// What the mail providers share: one call for one message to one address, and what its answer means. Invariants: no key and no body is ever in a
// reply; what got no answer is `unknown`, unless the provider knows a repeat by its key.
import type { Clock } from '../base/clock.ts'
import type { Egress, EgressAnswer, EgressRequest } from '../base/egress.ts'
import { textOf } from '../base/error-text.ts'
import { limits } from '../base/limits.ts'
import type { Delivery, MailTransport, Message } from '../domains/emails/transport.ts'

export type MailRequest = Pick<EgressRequest, 'url'> & {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type HttpProvider = {
  readonly name: string
  /** For so long it answers a repeat by the first answer. */
  readonly repeatsKnownMs?: number
  request(message: Message): MailRequest | Promise<MailRequest>
  /** What it says of itself in an answer: words for people, and whether it is us whom it refuses, and not the message. */
  explain(body: string): { readonly words: string; readonly isOurs?: boolean }
}

type Ports = { readonly egress: Egress; readonly clock: Pick<Clock, 'now'> }

export function createHttpTransport(provider: HttpProvider, { egress, clock }: Ports): MailTransport {
  return {
    async send(message) {
      const lost = (reply: string): Delivery => {
        const knownUntil = repeatKnownUntil(provider, message)
        // The next try may be half a day away.
        return knownUntil - clock.now() > limits.mailRepeatMs ? { status: 'deferred', reply, knownUntil } : { status: 'unknown', reply }
      }
      const request = await provider.request(message)
      try {
        const answer = await egress.request({ method: 'POST', ...request, charactersMax: limits.paymentAnswerCharactersMax })
        return deliveryOf(provider, answer, lost)
      } catch (error) {
        const reply = `${provider.name}: ${textOf(error)}`
        // Nobody was reached, so nothing was said.
        if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/.test(reply)) return { status: 'unavailable', reply }
        return lost(reply)
      }
    },
    close: async () => {},
  }
}

/** It counts from when the message was owed: its first try was not before. */
function repeatKnownUntil({ repeatsKnownMs = 0 }: HttpProvider, { anewAt, sendAt, createdAt }: Message): number {
  return (anewAt ?? sendAt ?? createdAt) + repeatsKnownMs
}

/** `lost`: what it is where nobody knows whether they took it. */
function deliveryOf(provider: HttpProvider, { status, body, headers }: EgressAnswer, lost: (reply: string) => Delivery): Delivery {
  if (status >= 200 && status < 300) return { status: 'accepted', reply: `${provider.name}: ${status}` }
  const { words, isOurs = false } = provider.explain(body)
  const reply = `${provider.name}: ${status} ${words}`.slice(0, limits.refusalCharactersMax)
  const seconds = Number(headers?.['retry-after'])
  const pause = Number.isFinite(seconds) && seconds > 0 ? { afterMs: Math.min(seconds * 1_000, 86_400_000) } : {}
  // The key, the account or its pace: the same for each message.
  if (isOurs || [401, 402, 403, 404, 429].includes(status)) return { status: 'unavailable', reply, ...pause }
  // Something between us and them gave up: they may have taken it.
  if (status === 502 || status === 504) return lost(reply)
  if (status >= 500 || status === 408 || status === 409) return { status: 'deferred', reply, ...pause }
  return { status: 'refused', reply }
}

/** A JSON answer, read as far as it is one. */
export function jsonOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

/** Of the message, as our id of it. */
export function idOf({ messageId }: Message): string {
  return messageId.slice(1, messageId.indexOf('@'))
}

export const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64')
