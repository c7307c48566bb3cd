// Mailgun: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks. Its signature is that of a time and a token, and
// not of what it says: so a token counts once, whatever comes with it, and time and token have their exact lengths, or a signature would be that
// of the same characters parted elsewhere.

import { limits } from '../../base/limits.ts'
import { isEqualSecret, signHmac } from '../../base/secret.ts'
import type { MailEventKind, MailHook, ToldEvent } from '../../domains/inbound/mail-hook.ts'
import { isHard, type Json, objectIn, parseBody, secondsIn, textIn, told } from './told.ts'

/** `secret`: the webhook signing key. */
export function mailgunHook({ secret }: { readonly secret: string }): MailHook {
  return {
    async receive({ body, now }) {
      const { signature, 'event-data': data } = objectIn(parseBody(body))
      const token = tokenIn(objectIn(signature), secret, now)
      if (token === null) return null
      const event = eventOf(objectIn(data), token)
      return { events: event === null ? [] : [event] }
    },
  }
}

/** Null: nobody who has the key has signed it, or not lately. */
export function tokenIn(given: Json, secret: string, now: number): string | null {
  const [time, token, signature] = [given['timestamp'], given['token'], given['signature']].map((one) =>
    typeof one === 'string' || typeof one === 'number' ? String(one) : '',
  ) as [string, string, string]
  if (!/^\d{10}$/.test(time) || !/^[0-9a-z]{50}$/i.test(token)) return null
  if (!isEqualSecret(signature, signHmac(secret, `${time}${token}`))) return null
  return Math.abs(now - Number(time) * 1_000) <= limits.mailgunAgeMaxMs ? token : null
}

/** https://documentation.mailgun.com/docs/mailgun/user-manual/events/events#event-types */
function kindOf({ event, severity, reason }: Json): MailEventKind | undefined {
  switch (event) {
    case 'delivered':
      return 'delivered'
    case 'failed':
      if (severity === 'temporary') return 'deferred'
      // It was on a list of theirs, and never left.
      return /^suppress-/.test(textIn(reason)) ? 'refused' : 'bounced'
    case 'rejected':
      return 'refused'
    case 'complained':
      return 'complained'
    case 'unsubscribed':
      return 'unsubscribed'
    default:
      return undefined
  }
}

function eventOf(data: Json, token: string): ToldEvent | null {
  const kind = kindOf(data)
  if (kind === undefined) return null
  const { code, message, description, ...status } = objectIn(data['delivery-status'])
  const words = textIn(message) || textIn(description) || textIn(objectIn(data['reject'])['reason']) || textIn(data['reason'])
  const exact = textIn(status['enhanced-code'])
  // Of theirs alone, which speaks of no server of the receiver, there is no hard bounce: 498 and 499 are that none was reached, 605 to 607 their lists.
  const isOfServer = Number(code) >= 550 && Number(code) < 560
  return told({
    eventId: token,
    kind,
    email: textIn(objectIn(data['user-variables'])['kingpost_email']) || null,
    messageId: textIn(objectIn(objectIn(data['message'])['headers'])['message-id']) || null,
    recipient: textIn(data['recipient']),
    isNoMailbox:
      data['reason'] === 'suppress-bounce' || (kind === 'bounced' && isOfServer && isKnownHard(exact === '' ? words : `${exact} ${words}`)),
    detail: [textIn(code), words].filter((part) => part !== '').join(' '),
    happenedAt: secondsIn(data['timestamp']),
  })
}

/** It calls everything that is for good a bounce: only what says of the mailbox that there is none counts. */
function isKnownHard(words: string): boolean {
  return /(?:^|[^\d.])5\.1\./.test(words) && isHard(words)
}
