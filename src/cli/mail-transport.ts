// Who takes the mail of this process: a mail server by SMTP, a provider by HTTP, the servers of its receivers themselves, or nobody; and outside
// production perhaps a mailbox of those who develop, instead of whom it names.
import { systemClock } from '../base/clock.ts'
import { systemDns } from '../base/dns.ts'
import { systemEgress } from '../base/egress.ts'
import { normalDomain } from '../base/email-address.ts'
import type { Project } from '../config/project.ts'
import type { DkimKey } from '../domains/emails/sign-dkim.ts'
import { captureTransport, type MailTransport } from '../domains/emails/transport.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** Loaded where mails are sent: whoever sends none need not wait for it. @throws UsageError */
export async function openMailTransport(settings: ProcessSettings, project: Project): Promise<MailTransport> {
  const { smtpUrl, mail } = settings
  const { provider } = project.mail
  if ((smtpUrl === null && provider === null) || mail.mode === 'capture') return captureTransport
  if (smtpUrl !== null && provider !== null)
    throw new UsageError(`Mail goes one way: leave out --smtp-url, or mail.provider (${provider.name}) of the config.`)
  const bySmtp = smtpUrl?.startsWith('mx:') ? mxTransport : smtpTransport
  const transport = smtpUrl === null ? await httpTransport(settings, project) : await bySmtp(smtpUrl, settings, project)
  return mail.mode === 'redirect' ? redirected(transport, mail) : transport
}

/** @throws UsageError */
async function smtpTransport(smtpUrl: string, settings: ProcessSettings, project: Project): Promise<MailTransport> {
  const { createSmtpTransport, tlsModeOf } = await import('../domains/emails/transport-smtp.ts')
  try {
    tlsModeOf(new URL(smtpUrl))
  } catch (error) {
    throw new UsageError(`--smtp-url: ${(error as Error).message}.`)
  }
  return createSmtpTransport({ url: smtpUrl, clock: systemClock, dkim: await dkimKeysOf(settings, project) })
}

/** `mx://mail.shop.example`: what this machine is called. @throws UsageError */
async function mxTransport(url: string, settings: ProcessSettings, project: Project): Promise<MailTransport> {
  const { createMxTransport } = await import('../domains/emails/transport-mx.ts')
  const { hostname, search, port, username, pathname } = new URL(url)
  const name = normalDomain(hostname)
  if (name === null) throw new UsageError('--smtp-url: mx:// needs the full name of this machine, as in mx://mail.shop.example.')
  if (port + username + search !== '' || !['', '/'].includes(pathname))
    throw new UsageError('--smtp-url: mx:// has a name, and nothing else.')
  const dkim = await dkimKeysOf(settings, project)
  const dns = systemDns(settings.dnsServers ?? undefined)
  return createMxTransport({ name, dns, egress: systemEgress, clock: systemClock, dkim, isPublicOnly: !settings.isDevelopment })
}

/** @throws UsageError */
async function httpTransport(settings: ProcessSettings, project: Project): Promise<MailTransport> {
  const { name, key: variable, domain, region } = project.mail.provider!
  const key = settings.readSecret(variable)
  if (!key) throw new UsageError(`${variable} is not set: the key of mail.provider (${name}).`)
  const { createHttpTransport } = await import('../mail-providers/send-by-http.ts')
  const { postmarkProvider, resendProvider, sendgridProvider } = await import('../mail-providers/json-providers.ts')
  const { mailgunProvider, sesProvider } = await import('../mail-providers/mime-providers.ts')
  const dkim = await dkimKeysOf(settings, project)
  const provider = {
    resend: () => resendProvider({ key }),
    postmark: () => postmarkProvider({ key }),
    sendgrid: () => sendgridProvider({ key }),
    mailgun: () => mailgunProvider({ key, dkim, domain, region: region === 'eu' ? 'eu' : 'us' }),
    ses: () => sesProvider({ key, dkim, region, clock: systemClock }),
  }[name]()
  return createHttpTransport(provider, { egress: systemEgress, clock: systemClock })
}

/** The message stays as it is, and names whom it named: only its envelope is another. */
export function redirected(
  transport: MailTransport,
  { to, allow }: { readonly to: string; readonly allow: readonly string[] },
): MailTransport {
  const isAllowed = (address: string) => allow.includes(address) || allow.includes(address.slice(address.lastIndexOf('@')))
  return {
    ...transport,
    send: (message) => transport.send(isAllowed(message.to) ? message : { ...message, redirectTo: to }),
    close: () => transport.close(),
  }
}

/** @throws UsageError */
export async function dkimKeysOf({ readSecret }: ProcessSettings, { mail }: Project): Promise<DkimKey[]> {
  if (mail.dkim.length === 0) return []
  const { parseDkimKey } = await import('../domains/emails/sign-dkim.ts')
  return mail.dkim.map(({ domain, selector, key: variable }) => {
    const pem = readSecret(variable)
    if (!pem)
      throw new UsageError(
        `${variable} is not set: the key of mail.dkim with the selector ${selector}, in PEM. ${variable}_FILE may name its file.`,
      )
    try {
      return { domain, selector, key: parseDkimKey(pem) }
    } catch (error) {
      throw new UsageError(`${variable} is no key for DKIM: ${(error as Error).message.split('\n')[0]}.`)
    }
  })
}
