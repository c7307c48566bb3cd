// SendGrid: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features. ECDSA over the time
// and the body as it came, by a key of its own for each webhook, of which we hold the public half.
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { limits } from '../../base/limits.ts'
import type { HookCall, MailEventKind, MailHook, ToldEvent } from '../../domains/inbound/mail-hook.ts'
import { eventIdOf, isHard, type Json, listIn, objectIn, parseBody, secondsIn, textIn, told } from './told.ts'

/** `secret`: the verification key, as SendGrid shows it. @throws Error where it is none */
export function sendgridHook({ secret }: { readonly secret: string }): MailHook {
  const key = createPublicKey({ key: Buffer.from(secret, 'base64'), format: 'der', type: 'spki' })
  if (key.asymmetricKeyType !== 'ec') throw new Error('it is no key of ECDSA')
  return {
    async receive(call) {
      if (!isSigned(call, key)) return null
      return { events: listIn(parseBody(call.body)).flatMap((one) => eventOf(objectIn(one)) ?? []) }
    },
  }
}

function isSigned({ body, headers, now }: HookCall, key: KeyObject): boolean {
  const signature = headers['x-twilio-email-event-webhook-signature'] ?? ''
  const time = headers['x-twilio-email-event-webhook-timestamp'] ?? ''
  if (!/^\d{10}$/.test(time) || !/^[\w+/]{60,200}={0,2}$/.test(signature)) return false
  if (Math.abs(now - Number(time) * 1_000) > limits.sendgridAgeMaxMs) return false
  return verify('sha256', Buffer.concat([Buffer.from(time), body]), key, Buffer.from(signature, 'base64'))
}

/** https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event */
const kinds: Readonly<Record<string, MailEventKind>> = {
  ...{ delivered: 'delivered', deferred: 'deferred', bounce: 'bounced', dropped: 'refused' },
  ...{ spamreport: 'complained', unsubscribe: 'unsubscribed', group_unsubscribe: 'unsubscribed' },
}

function eventOf(one: Json): ToldEvent | null {
  const kind = kinds[textIn(one['event'])]
  const id = textIn(one['sg_event_id'])
  if (kind === undefined || id === '') return null
  const reason = textIn(one['reason']) || textIn(one['response'])
  const status = textIn(one['status'])
  const isHardBounce = kind === 'bounced' && one['type'] !== 'blocked' && isHard(status || reason)
  return told({
    eventId: eventIdOf(id),
    kind,
    // What goes with a message stands among the fields of its events.
    email: textIn(one['kingpost_email']) || null,
    messageId: textIn(one['smtp-id']) || null,
    recipient: textIn(one['email']),
    isNoMailbox: isHardBounce || (kind === 'refused' && /^(?:bounced address|invalid)$/i.test(reason)),
    detail: reason,
    happenedAt: secondsIn(one['timestamp']),
  })
}
