// Who takes the mail of this process: a mail server by SMTP, or nobody; and outside production perhaps a mailbox of those who develop, instead of
// whom it names.
import { systemClock } from '../base/clock.ts'
import type { Project } from '../config/project.ts'
import type { DkimKey } from '../domains/emails/sign-dkim.ts'
import { captureTransport, type MailTransport } from '../domains/emails/transport.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** Loaded where mails are sent: whoever sends none need not wait for it. @throws UsageError */
export async function openMailTransport(settings: ProcessSettings, project: Project): Promise<MailTransport> {
  const { smtpUrl, mail } = settings
  if (smtpUrl === null || mail.mode === 'capture') return captureTransport
  const { createSmtpTransport, tlsModeOf } = await import('../domains/emails/transport-smtp.ts')
  try {
    tlsModeOf(new URL(smtpUrl))
  } catch (error) {
    throw new UsageError(`--smtp-url: ${(error as Error).message}.`)
  }
  const dkim = await dkimKeysOf(settings, project)
  const transport = createSmtpTransport({ url: smtpUrl, clock: systemClock, dkim })
  return mail.mode === 'redirect' ? redirected(transport, mail) : transport
}

/** The message stays as it is, and names whom it named: only its envelope is another. */
export function redirected(
  transport: MailTransport,
  { to, allow }: { readonly to: string; readonly allow: readonly string[] },
): MailTransport {
  const isAllowed = (address: string) => allow.includes(address) || allow.includes(address.slice(address.lastIndexOf('@')))
  return {
    send: (message) => transport.send(isAllowed(message.to) ? message : { ...message, redirectTo: to }),
    close: () => transport.close(),
  }
}

/** @throws UsageError */
async function dkimKeysOf({ readSecret }: ProcessSettings, { mail }: Project): Promise<DkimKey[]> {
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
