// Whose webhooks are believed: providers of mail that the config names, by keys that the environment has.
import { systemClock } from '../base/clock.ts'
import { systemEgress } from '../base/egress.ts'
import type { MailSettings, Project } from '../config/project.ts'
import type { MailHook, MailHooks } from '../domains/inbound/mail-hook.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

type Named = MailSettings['webhooks'][number]

/** Loaded where there are any. @throws UsageError */
export async function openMailHooks({ readSecret }: Pick<ProcessSettings, 'readSecret'>, { mail }: Project): Promise<MailHooks> {
  const hooks = new Map<string, MailHook[]>()
  for (const named of mail.webhooks) {
    const hook = await openHook(named, named.secret === '' ? '' : (readSecret(named.secret) ?? ''))
    hooks.set(named.provider, [...(hooks.get(named.provider) ?? []), hook])
  }
  return hooks
}

/** @throws UsageError */
async function openHook({ provider, secret: variable, topic }: Named, secret: string): Promise<MailHook> {
  if (provider !== 'ses' && secret === '') throw new UsageError(`${variable} is not set: the secret of mail.webhooks (${provider}).`)
  try {
    switch (provider) {
      case 'postmark':
        return (await import('../mail-providers/hooks/postmark.ts')).postmarkHook({ secret })
      case 'mailgun':
        return (await import('../mail-providers/hooks/mailgun.ts')).mailgunHook({ secret })
      case 'sendgrid':
        return (await import('../mail-providers/hooks/sendgrid.ts')).sendgridHook({ secret })
      case 'resend':
        return (await import('../mail-providers/hooks/resend.ts')).resendHook({ secret })
      case 'ses':
        return (await import('../mail-providers/hooks/ses.ts')).sesHook({ topic, egress: systemEgress, clock: systemClock })
    }
  } catch (error) {
    // Of what was given nothing is told.
    throw new UsageError(`${variable} is not what ${provider} takes as the key of webhooks: ${reasonOf(error)}.`)
  }
}

/** OpenSSL says where in the bytes it stopped. */
function reasonOf(error: unknown): string {
  return error instanceof Error && !('code' in error) ? error.message : 'it cannot be read as a key'
}
