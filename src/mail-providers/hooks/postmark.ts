// Postmark: https://postmarkapp.com/developer/webhooks/webhooks-overview. It signs nothing: what shows that it is Postmark is a name and a
// password in the address that it was given, which come as basic authentication.
import { isEqualSecret } from '../../base/secret.ts'
import type { MailEventKind, MailHook, ToldEvent } from '../../domains/inbound/mail-hook.ts'
import { eventIdOf, isHard, type Json, objectIn, parseBody, textIn, timeIn, told } from './told.ts'

/** `secret`: the password. Whatever name stands before it. */
export function postmarkHook({ secret }: { readonly secret: string }): MailHook {
  return {
    async receive({ body, headers }) {
      if (!isEqualSecret(passwordIn(headers['authorization']), secret)) return null
      const event = eventOf(objectIn(parseBody(body)))
      return { events: event === null ? [] : [event] }
    },
  }
}

/** RFC 7617. */
function passwordIn(authorization: string | undefined): string {
  const [, encoded = ''] = /^basic ([\w+/=-]+)$/i.exec(authorization ?? '') ?? []
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}

/**
 * Types of bounces, by https://postmarkapp.com/developer/api/bounce-api#bounce-types. Those that are left out are no bounce of a message: answers
 * by programs, and subscriptions.
 */
const bounceTypes: Readonly<Record<string, MailEventKind>> = {
  ...{
    HardBounce: 'bounced',
    BadEmailAddress: 'bounced',
    SoftBounce: 'bounced',
    SpamNotification: 'bounced',
    VirusNotification: 'bounced',
  },
  ...{ Blocked: 'bounced', DMARCPolicy: 'bounced', Unknown: 'bounced', Unconfirmed: 'bounced' },
  ...{ ManuallyDeactivated: 'refused', SMTPApiError: 'refused', TemplateRenderingFailed: 'refused' },
  ...{ Transient: 'deferred', DnsError: 'deferred', SpamComplaint: 'complained', Unsubscribe: 'unsubscribed' },
}

function kindOf(record: Json): MailEventKind | undefined {
  switch (record['RecordType']) {
    case 'Delivery':
      return 'delivered'
    case 'Bounce':
      return bounceTypes[textIn(record['Type'])]
    case 'SpamComplaint':
      return 'complained'
    case 'SubscriptionChange':
      // Bounces and complaints come by themselves; what we have set there ourselves says nothing of the reader.
      return record['SuppressSending'] === true && record['Origin'] === 'Recipient' && record['SuppressionReason'] === 'ManualSuppression'
        ? 'unsubscribed'
        : undefined
    default:
      return undefined
  }
}

function eventOf(record: Json): ToldEvent | null {
  const kind = kindOf(record)
  if (kind === undefined) return null
  const type = textIn(record['Type'])
  const recipient = textIn(record['Recipient']) || textIn(record['Email'])
  const at = record['DeliveredAt'] ?? record['BouncedAt'] ?? record['ChangedAt']
  const detail = textIn(record['Details']) || textIn(record['Description'])
  const message = textIn(record['MessageID'])
  return told({
    eventId: eventIdOf(textIn(record['RecordType']), message, textIn(record['ID']), recipient, textIn(at)),
    kind,
    email: textIn(objectIn(record['Metadata'])['kingpost_email']) || null,
    recipient,
    isNoMailbox: (type === 'HardBounce' || type === 'BadEmailAddress') && isHard(detail),
    detail,
    happenedAt: timeIn(at),
  })
}
