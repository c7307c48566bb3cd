// What a mail system says of a message of ours: that it came back, that it waits, that somebody complained, or that a program answered for a
// person. Standards first (RFC 3464, RFC 5965, RFC 3834), then what old systems write in words. Pure. Invariant: the time it takes
// grows with the length of the message alone; nothing of it is believed but by whoever asks (a report can be forged).

import { limits } from '../../base/limits.ts'
import { patternOf } from '../../base/text.ts'

export type ReportKind = 'bounce' | 'delay' | 'complaint' | 'delivered' | 'automatic'
export type ReportedRecipient = { readonly address: string; readonly status: string | null; readonly diagnostic: string | null }
/**
 * By what it is known. `part`: a part of the message that mail systems alone write. `system`: the name of its sender, or its head. `words`: its
 * text, which a person may have pasted.
 */
export type ReportSource = 'part' | 'system' | 'words'
export type Report = { readonly kind: ReportKind; readonly source: ReportSource; readonly recipients: readonly ReportedRecipient[] }

/** A message as it was parsed: header names in lower case. */
export type ReadMail = {
  readonly headers: readonly { readonly key: string; readonly value: string }[]
  readonly from: string
  readonly subject: string
  readonly text: string
  readonly parts: readonly { readonly type: string; readonly text: string }[]
}

/** Null: it is a letter of somebody. */
export function readReport(mail: ReadMail): Report | null {
  const bounded = { ...mail, text: mail.text.slice(0, limits.reportCharactersMax), subject: mail.subject.slice(0, 1_000) }
  return (
    complaintIn(bounded) ??
    statusIn(bounded) ??
    noticeIn(bounded) ??
    saidIn(bounded) ??
    (isAutomatic(bounded) ? { kind: 'automatic', source: 'system', recipients: [] } : null)
  )
}

const header = ({ headers }: Pick<ReadMail, 'headers'>, name: string) => headers.find(({ key }) => key === name)?.value ?? ''

function complaintIn(mail: ReadMail): Report | null {
  const part = mail.parts.find(({ type }) => /^message\/feedback-report$/i.test(type))?.text
  const isTold =
    /report-type="?feedback-report/i.test(header(mail, 'content-type')) ||
    /^complaint about message from /i.test(mail.subject) ||
    /^this is an? (?:e-?mail|spam) (?:abuse )?report\b/im.test(mail.text) ||
    /^apple mail sent this email to unsubscribe\b/im.test(mail.text)
  if (part === undefined && !isTold) return null
  const given =
    part === undefined ? [] : fieldsIn(part).flatMap((fields) => [fields.get('original-rcpt-to'), fields.get('removal-recipient')])
  const reason = given.filter((one) => one !== undefined).map(addressIn)
  const others = reason.length > 0 ? reason : [/^to:\s*(.*)$/im.exec(`${mail.text}\n${partsText(mail)}`)?.[1] ?? ''].map(addressIn)
  const recipients = recipientsOf(others.map((address) => ({ address, status: null, diagnostic: null })))
  return { kind: 'complaint', source: part === undefined ? 'words' : 'part', recipients }
}

/** RFC 3464, in a part of its own or, as some forward it, in the words. */
function statusIn(mail: ReadMail): Report | null {
  const parts = mail.parts.filter(({ type }) => /^message\/(?:delivery-status|global-delivery-status)$/i.test(type)).map(({ text }) => text)
  const text = parts.length > 0 ? parts.join('\n\n') : /^[ \t]{0,8}final-recipient:/im.test(mail.text) ? mail.text : partsText(mail)
  const groups = fieldsIn(text.slice(0, limits.reportCharactersMax)).filter(
    (fields) => fields.has('final-recipient') || fields.has('original-recipient') || fields.has('x-actual-recipient'),
  )
  if (groups.length === 0) return null
  const actions = groups.map(
    (fields) =>
      fields
        .get('action')
        ?.toLowerCase()
        .replace(/[^a-z].*$/, '') ?? '',
  )
  const recipients = groups.map((fields) => {
    const address =
      addressIn(fields.get('final-recipient') ?? '') ||
      addressIn(fields.get('original-recipient') ?? '') ||
      addressIn(fields.get('x-actual-recipient') ?? '')
    const diagnostic = fields.get('diagnostic-code')?.replace(/^[\w-]+\s*;\s*/, '') ?? null
    const status = exactIn(fields.get('status') ?? '') ?? null
    // `5.0.0` says only that it failed; the words often say why.
    const better = diagnostic === null ? null : exactIn(diagnostic)
    return { address, status: status === null || /\.0\.0$/.test(status) ? (better ?? status) : status, diagnostic }
  })
  const kind = actions.some((action) => action === 'failed' || action === '')
    ? 'bounce'
    : actions.includes('delayed')
      ? 'delay'
      : 'delivered'
  const told = recipientsOf(recipients)
  const named = told.length > 0 ? told : recipientsOf(saidRecipients(mail))
  const isFailing = recipients.some(({ status }) => status?.startsWith('5') === true)
  const source = parts.length > 0 ? 'part' : 'words'
  return { kind: kind === 'delivered' && isFailing ? 'bounce' : kind, source, recipients: named }
}

/** What Amazon SES tells by a message of its notification service. */
function noticeIn({ text }: ReadMail): Report | null {
  const [, found] = /\\?"(?:notificationType|eventType)\\?"\s*:\s*\\?"(Bounce|Complaint|Delivery)\\?"/.exec(text) ?? []
  if (found === undefined) return null
  const plain = text.replaceAll('\\"', '"')
  const kind = found === 'Bounce' ? 'bounce' : found === 'Complaint' ? 'complaint' : 'delivered'
  const bounced = [...plain.matchAll(/"emailAddress"\s*:\s*"([^"]{3,254})"/g)].map(([, address]) => address!)
  const addresses = bounced.length > 0 ? bounced : [/"recipients"\s*:\s*\[\s*"([^"]{3,254})"/.exec(plain)?.[1] ?? '']
  const status = /"status"\s*:\s*"(\d\.\d{1,3}\.\d{1,3})"/.exec(plain)?.[1] ?? null
  return { kind, source: 'words', recipients: recipientsOf(addresses.map((address) => ({ address, status, diagnostic: null }))) }
}

const systems = /(?:mailer-daemon|post?master|mail[.-]?delivery|delivery[.-]?system|mail[.-]?daemon|^mailerdaemon|mdaemon|^$)/i
const failures = patternOf(
  'i',
  "(?:undeliver|not be delivered|could ?n[o']t (?:be )?deliver|delivery (?:has )?fail|fail(?:ure|ed) (?:delivery|notice)|",
  'delivery (?:status )?(?:notification|failure|problem)|returned (?:mail|to sender)|mail (?:delivery )?fail|',
  'returning (?:message )?to sender|failure notice|error sending your mail|nondeliverable|permanent (?:fatal )?error|',
  'delivery errors|did not reach|unknown user|user unknown|配信でき|エラー|送信できません|unzustellbar|no se pudo entregar|non remis|',
  'mail system error|dead letter|(?:is|are) not (?:a )?member)',
)
const waits = patternOf(
  'i',
  String.raw`(?:\bdelayed\b|\(delay\)|warning message only|not yet been delivered|has not yet been|still (?:being )?(?:trying|`,
  'retried)|will (?:keep|continue) (?:trying|to try|to be retried|retrying)|delivery attempts will continue|',
  'warning: (?:could not send|message))',
)
const gaveUp =
  /(?:giving up|given up|permanent|returned to sender|could not be delivered to one|not going to try|removed from the queue|too old|undelivered mail returned)/i

/** In words, by whoever may be a mail system. */
function saidIn(mail: ReadMail): Report | null {
  const words = `${mail.subject}\n${mail.text.slice(0, 4_000)}`
  const isSystem =
    systems.test(mail.from) || /^\s*<\s*>\s*$/.test(header(mail, 'return-path')) || header(mail, 'x-failed-recipients') !== ''
  if (!isSystem || (!failures.test(words) && !waits.test(words) && header(mail, 'x-failed-recipients') === '')) return null
  const isWaiting = waits.test(words) && !gaveUp.test(words)
  return { kind: isWaiting ? 'delay' : 'bounce', source: 'system', recipients: recipientsOf(saidRecipients(mail)) }
}

function saidRecipients(mail: ReadMail): ReportedRecipient[] {
  const named = header(mail, 'x-failed-recipients').split(',').map(addressIn)
  // What follows is the message that came back, whose addresses are others.
  const own = mail.text.split(
    patternOf(
      'im',
      '^(?:[- ]*(?:unsent message|original message|below this line|returned message|message header|this is a copy of|',
      'the body of the message|------ this is)|return-path:|received:|message headers follow)',
    ),
  )[0]!
  const status = exactIn(own)
  const places = [
    ...[...own.matchAll(/rcpt to:\s*<([^<>\s]{3,254})>/gi)].map(([, address]) => address!),
    ...[...own.matchAll(/<([^<>\s@]{1,64}@[^<>\s@]{1,250})>/g)].map(([, address]) => address!),
    ...[...own.matchAll(/(?:^|[\s:;,(])([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,250}\w)/gm)].map(([, address]) => address!),
  ]
  const found = (named.some((address) => address !== '') ? named : places).filter((address) => address !== '' && !isHelper(address, mail))
  const whole = found.length > 0 ? found : [/^to:\s*(.*)$/im.exec(mail.text)?.[1] ?? ''].map(addressIn)
  return whole
    .slice(0, named.some((address) => address !== '') ? limits.reportedRecipientsMax : 1)
    .map((address) => ({ address, status, diagnostic: lineOf(own, address) }))
}

/** Whom to ask for help, and who wrote. */
const isHelper = (address: string, { from }: ReadMail) =>
  address.toLowerCase() === from.toLowerCase() || /^(?:postmaster|mailer-daemon|support|abuse|helpdesk)@/i.test(address)

function lineOf(text: string, address: string): string | null {
  const at = address === '' ? -1 : text.indexOf(address)
  if (at < 0) return null
  return text
    .slice(at, at + 500)
    .split('\n')
    .slice(0, 3)
    .join(' ')
    .trim()
}

/** RFC 3834, and what programs said before it. */
export function isAutomatic(mail: Pick<ReadMail, 'headers' | 'subject'>): boolean {
  const submitted = header(mail, 'auto-submitted').trim().toLowerCase()
  if (submitted !== '' && !submitted.startsWith('no')) return true
  if (/^(?:auto_reply|bulk|junk|list)$/i.test(header(mail, 'precedence').trim())) return true
  if (
    ['x-autoreply', 'x-autorespond', 'x-auto-response-suppress', 'x-vacation', 'x-mail-autoreply'].some((name) => header(mail, name) !== '')
  )
    return true
  return patternOf(
    'i',
    String.raw`^(?:\W*)(?:auto(?:matic)?[ -]?(?:reply|response|respond)|out of (?:the )?office|away (?:until|from)|on vacation|`,
    'abwesen|automatische antwort|réponse automatique|absence du bureau|respuesta automática|risposta automatica|',
    'automatisch antwoord|自動返信|自动回复)',
  ).test(mail.subject)
}

/** Groups of `Name: value`, with lines that go on joined, parted by an empty line. */
function fieldsIn(text: string): Map<string, string>[] {
  const groups: Map<string, string>[] = [new Map()]
  let last = ''
  for (const line of text.split(/\r?\n/)) {
    const fields = groups.at(-1)!
    const [, name, value] = /^\s{0,8}([A-Za-z][A-Za-z-]{1,60}):[ \t]*(.*)$/.exec(line.slice(0, 2_000)) ?? []
    if (line.trim() === '') {
      if (fields.size > 0) groups.push(new Map())
      last = ''
    } else if (
      name === undefined ||
      (/^\s/.test(line) && last !== '' && !/^\s{0,8}(?:final|original)-recipient|^\s{0,8}(?:action|status|diagnostic-code):/i.test(line))
    ) {
      if (last !== '') fields.set(last, `${fields.get(last)!} ${line.trim()}`.slice(0, 4_000))
    } else {
      last = name.toLowerCase()
      // Without an empty line between them, as some write it.
      if (last === 'final-recipient' && fields.has(last)) {
        groups.push(new Map([[last, value!]]))
      } else if (!fields.has(last)) fields.set(last, value!)
    }
  }
  return groups
}

const partsText = ({ parts }: ReadMail) =>
  parts
    .map(({ text }) => text)
    .join('\n\n')
    .slice(0, limits.reportCharactersMax)

function exactIn(text: string): string | null {
  return /(?:^|[^\d.])([245]\.\d{1,2}\.\d{1,3})(?![\d.])/.exec(text)?.[1] ?? null
}

function addressIn(text: string): string {
  const [, inside] = /<([^<>\s]{1,64}@[^<>\s]{1,255})>/.exec(text) ?? []
  return (inside ?? /([^\s;<>,"']{1,64}@[^\s;<>,"']{1,255})/.exec(text)?.[1] ?? '').replace(/[.:)]+$/, '')
}

function recipientsOf(all: readonly ReportedRecipient[]): ReportedRecipient[] {
  const seen = new Map<string, ReportedRecipient>()
  for (const one of all) if (one.address !== '' && !seen.has(one.address.toLowerCase())) seen.set(one.address.toLowerCase(), one)
  return [...seen.values()].slice(0, limits.reportedRecipientsMax)
}
