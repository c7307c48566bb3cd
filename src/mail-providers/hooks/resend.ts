// Resend: https://resend.com/docs/webhooks/verify-webhooks-requests. Signed by the scheme of Svix, which is that of Standard Webhooks: HMAC-SHA256
// over the id, the time and the body, each repeat with a time of its own.
import { createHmac } from 'node:crypto'
import { limits } from '../../base/limits.ts'
import { isEqualSecret } from '../../base/secret.ts'
import type { HookCall, MailEventKind, MailHook, ToldEvent } from '../../domains/inbound/mail-hook.ts'
import { eventIdOf, isHard, type Json, listIn, objectIn, parseBody, textIn, timeIn, told } from './told.ts'

/** `secret`: `whsec_` and base64. @throws Error where it is none */
export function resendHook({ secret }: { readonly secret: string }): MailHook {
  const [, encoded] = /^whsec_([\w+/-]{16,}={0,2})$/.exec(secret) ?? []
  if (encoded === undefined) throw new Error('it does not begin with whsec_')
  const key = Buffer.from(encoded, 'base64')
  return {
    async receive(call) {
      const id = idIn(call, key)
      if (id === null) return null
      const event = eventOf(objectIn(parseBody(call.body)), id)
      return { events: event === null ? [] : [event] }
    },
  }
}

/** Null: nobody who has the secret has signed it, or not just now. */
function idIn({ body, headers, now }: HookCall, key: Buffer): string | null {
  const id = headers['svix-id'] ?? ''
  const time = headers['svix-timestamp'] ?? ''
  // Neither may hold the dot that parts them.
  if (!/^[\w-]{1,100}$/.test(id) || !/^\d{10}$/.test(time)) return null
  if (Math.abs(now - Number(time) * 1_000) > limits.svixAgeMaxMs) return null
  const made = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')
  // Several where a secret changes, each behind its version.
  const given = (headers['svix-signature'] ?? '').slice(0, 2_000).split(' ')
  return given.some((one) => isEqualSecret(one, `v1,${made}`)) ? id : null
}

const kinds: Readonly<Record<string, MailEventKind>> = {
  ...{ 'email.delivered': 'delivered', 'email.delivery_delayed': 'deferred', 'email.bounced': 'bounced' },
  ...{ 'email.complained': 'complained', 'email.failed': 'refused', 'email.suppressed': 'refused' },
}

function eventOf({ type, created_at: at, data }: Json, id: string): ToldEvent | null {
  const kind = kinds[textIn(type)]
  if (kind === undefined) return null
  const { to, tags, bounce, failed, suppressed } = objectIn(data)
  const { type: bounceType, subType, message, ...more } = objectIn(bounce ?? failed ?? suppressed)
  const words = textIn(message) || textIn(more['reason'])
  return told({
    eventId: eventIdOf(id),
    kind,
    email: textIn(objectIn(tags)['kingpost_email']) || null,
    // A message of ours has one.
    recipient: addressIn(textIn(listIn(to)[0])),
    isNoMailbox: kind === 'bounced' && bounceType === 'Permanent' && subType !== 'Suppressed' && isHard(words),
    detail: words,
    happenedAt: timeIn(at),
  })
}

/** `Ada <ada@mail.example>`, or the address alone. */
function addressIn(mailbox: string): string {
  return /<([^<>]+)>$/.exec(mailbox)?.[1] ?? mailbox
}
