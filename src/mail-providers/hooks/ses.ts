// Amazon SES, which tells by a topic of SNS: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. Signed by Amazon with a
// certificate that the message names, for whoever has a topic. Invariants: nothing is asked of any host but that of SNS in the region of a topic
// of ours, by addresses that we make ourselves or that have the one form there is; a message of another topic is not looked at.
import { verify, X509Certificate } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Egress } from '../../base/egress.ts'
import { limits } from '../../base/limits.ts'
import { type MailEventKind, type MailHook, snsTopic, type ToldEvent } from '../../domains/inbound/mail-hook.ts'
import { eventIdOf, isHard, type Json, listIn, objectIn, parseBody, textIn, timeIn, told } from './told.ts'

type Ports = { readonly egress: Egress; readonly clock: Pick<Clock, 'now'> }

export function sesHook({ topic, ...ports }: Ports & { readonly topic: string }): MailHook {
  const [, partition, region] = snsTopic.exec(topic)!
  const host = `sns.${region}.amazonaws.com${partition === '-cn' ? '.cn' : ''}`
  const certificates = createCertificates(host, ports)
  return {
    async receive({ body, now }) {
      const message = objectIn(parseBody(body))
      if (message['TopicArn'] !== topic) return null
      // Behind that a repeat is none that SNS makes.
      const at = timeIn(message['Timestamp'])
      if (at === null || Math.abs(now - at) > limits.snsAgeMaxMs) return null
      if (!(await isSigned(message, certificates))) return null
      if (message['Type'] === 'SubscriptionConfirmation') await confirm(host, message, ports)
      if (message['Type'] !== 'Notification') return { events: [] }
      return { events: eventsOf(objectIn(parseBody(Buffer.from(String(message['Message'])))), textIn(message['MessageId'])) }
    },
  }
}

const ofNotification = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
const ofConfirmation = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']

async function isSigned(message: Json, certificates: Certificates): Promise<boolean> {
  const { Type: type, SignatureVersion: version, Signature: signature, SigningCertURL: url } = message
  if (typeof signature !== 'string' || typeof url !== 'string' || (version !== '1' && version !== '2')) return false
  const named = type === 'Notification' ? ofNotification : ofConfirmation
  const present = named.filter((name) => message[name] !== undefined && message[name] !== null)
  if (!present.every((name) => typeof message[name] === 'string')) return false
  const certificate = await certificates.get(url)
  if (certificate === null) return false
  const text = present.map((name) => `${name}\n${message[name] as string}\n`).join('')
  // A topic signs by SHA-1 until its owner sets SignatureVersion 2.
  return verify(version === '1' ? 'sha1' : 'sha256', Buffer.from(text), certificate.publicKey, Buffer.from(signature, 'base64'))
}

type Certificates = { get(url: string): Promise<X509Certificate | null> }

/** Of one host, few. Whoever makes up an address of one has us ask for it once in a while, and not at each request. */
function createCertificates(host: string, { egress, clock }: Ports): Certificates {
  const known = new Map<string, X509Certificate>()
  let failedAt = Number.NEGATIVE_INFINITY
  return {
    async get(url) {
      if (!/^https:\/\/[^/?#@]+\/SimpleNotificationService-[0-9a-f]{10,64}\.pem$/.test(url) || new URL(url).host !== host) return null
      const kept = known.get(url)
      if (kept !== undefined) return isGood(kept, clock.now()) ? kept : null
      if (clock.now() - failedAt < limits.snsCertificatePauseMs) throw new Error('Amazon has just not answered with its certificate.')
      const { status, body } = await egress.request({ method: 'GET', url }).catch((error: Error) => {
        failedAt = clock.now()
        throw error
      })
      const certificate = status === 200 ? readCertificate(body) : null
      if (certificate === null) failedAt = clock.now()
      if (certificate === null || !isGood(certificate, clock.now())) return null
      if (known.size >= limits.snsCertificatesMax) known.delete(known.keys().next().value!)
      known.set(url, certificate)
      return certificate
    },
  }
}

function readCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}

const isGood = ({ validFromDate, validToDate }: X509Certificate, now: number) =>
  validFromDate.getTime() <= now && now < validToDate.getTime()

/** Answers that we are who the topic is to tell, at the address that its region has for it: that of the message is not asked. */
async function confirm(host: string, { TopicArn: topic, Token: token }: Json, { egress }: Ports): Promise<void> {
  const query = new URLSearchParams({ Action: 'ConfirmSubscription', TopicArn: String(topic), Token: String(token), Version: '2010-03-31' })
  const { status } = await egress.request({ method: 'GET', url: `https://${host}/?${query}` })
  if (status !== 200) throw new Error(`Amazon SNS has answered a confirmation by ${status}.`)
}

/**
 * Two forms with the same in them, by a topic of the identity or of a configuration set:
 * https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html and https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
 */
function eventsOf(event: Json, id: string): readonly ToldEvent[] {
  const named = nameEvent(event)
  if (named === null) return []
  const { kind, details, recipients, isFinal } = named
  const mail = objectIn(event['mail'])
  const [email] = listIn(objectIn(mail['tags'])['kingpost_email'])
  const messageId = listIn(mail['headers'])
    .map(objectIn)
    .find(({ name }) => textIn(name).toLowerCase() === 'message-id')?.['value']
  return recipients.map((one, place) => {
    const { emailAddress, diagnosticCode, status } = objectIn(one)
    const words = textIn(diagnosticCode) || textIn(details['smtpResponse']) || textIn(details['reason'])
    const why = [details['bounceType'], details['bounceSubType'], details['complaintFeedbackType'], details['delayType']].map(textIn)
    return told({
      eventId: eventIdOf(...(place === 0 ? [id] : [id, String(place)])),
      kind,
      email: textIn(email) || null,
      messageId: textIn(messageId) || null,
      recipient: textIn(typeof one === 'string' ? one : emailAddress),
      isNoMailbox: isFinal && isHard(textIn(status) || words),
      detail: words || why.filter((part) => part !== '').join(' '),
      happenedAt: timeIn(details['timestamp']),
    })
  })
}

type Named = { readonly kind: MailEventKind; readonly details: Json; readonly recipients: readonly unknown[]; readonly isFinal: boolean }

function nameEvent(event: Json): Named | null {
  const type = textIn(event['eventType']) || textIn(event['notificationType'])
  switch (type) {
    case 'Delivery':
      return namedBy('delivered', event['delivery'], 'recipients')
    case 'DeliveryDelay':
      return namedBy('deferred', event['deliveryDelay'], 'delayedRecipients')
    case 'Bounce': {
      const bounce = objectIn(event['bounce'])
      const isListed = /^(?:OnAccountSuppressionList|Suppressed)$/.test(textIn(bounce['bounceSubType']))
      const isFinal = bounce['bounceType'] === 'Permanent' && !isListed
      return { ...namedBy(isListed ? 'refused' : 'bounced', bounce, 'bouncedRecipients'), isFinal }
    }
    case 'Complaint': {
      const complaint = objectIn(event['complaint'])
      // It was not sent: somebody had complained of another message before.
      const isListed = complaint['complaintSubType'] === 'OnAccountSuppressionList'
      return namedBy(isListed ? 'refused' : 'complained', complaint, 'complainedRecipients')
    }
    case 'Reject':
      return { ...namedBy('refused', event['reject'], ''), recipients: listIn(objectIn(event['mail'])['destination']) }
    default:
      return null
  }
}

function namedBy(kind: MailEventKind, of: unknown, recipients: string): Named {
  const details = objectIn(of)
  return { kind, details, recipients: listIn(details[recipients]), isFinal: false }
}
