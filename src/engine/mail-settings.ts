// What a config says of mail, completed: as operations may know it, without secrets.
import { normalDomain } from '../base/email-address.ts'
import type { ImapMailboxConfig, InboundMailConfig, MailConfig } from '../config/backend-config.ts'
import type { InboundMailSettings, MailboxSettings, MailSettings } from '../config/project.ts'

export function mailOf(given: MailConfig, sender: MailSettings['from']): Omit<MailSettings, 'design' | 'written'> {
  const { from = sender, replyTo = null, language = 'en', inbound, ambiguous = {}, perDomain = {}, dkim = [], provider } = given
  const { atOnce = null, perMinute = null } = perDomain
  return {
    from,
    replyTo,
    language,
    inbound: inbound?.domain === undefined ? null : inboundOf(inbound.domain, inbound),
    trustedRelays: (inbound?.trustedRelays ?? []).map(({ name, addresses = [] }) => ({ name: name.toLowerCase(), addresses })),
    mailboxes: (inbound?.imap ?? []).map(mailboxOf),
    resends: Object.entries(ambiguous).flatMap(([category, what]) => (what === 'resend' ? [category] : [])),
    perDomain: { atOnce, perMinute },
    provider: provider === undefined ? null : { domain: '', region: 'us', ...provider, key: provider.key.name },
    webhooks: (given.webhooks ?? []).map(({ provider: teller, secret, topic = '' }) => ({
      provider: teller,
      secret: secret?.name ?? '',
      topic,
    })),
    dkim: dkim.map(({ domain = from.address.slice(from.address.indexOf('@') + 1), selector, key }) => ({
      domain,
      selector,
      key: key.name,
    })),
  }
}

/** RFC 5321 section 4.5.1: every domain that takes mail has a postmaster. */
function inboundOf(domain: string, { addresses = [], routes = [] }: InboundMailConfig): InboundMailSettings {
  return {
    domain: normalDomain(domain)!,
    addresses: new Set(['postmaster', ...addresses.map((name) => name.toLowerCase())]),
    routes: routes.map(({ to, record = null, operation = null }) => ({ to: to.toLowerCase(), record, operation })),
  }
}

function mailboxOf({
  tls = 'implicit',
  port,
  folder = 'INBOX',
  since,
  taken = 'seen',
  password,
  ...rest
}: ImapMailboxConfig): MailboxSettings {
  return {
    ...rest,
    tls,
    port: port ?? (tls === 'implicit' ? 993 : 143),
    folder,
    password: password.name,
    since: since === undefined ? 'first look' : since === 'all' ? since : Date.parse(`${since}T00:00:00Z`),
    settling: typeof taken === 'string' ? { to: taken } : { to: 'folder', folder: taken.moveTo },
  }
}
