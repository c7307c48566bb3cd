// A mail server that takes everything, and what it was handed.
import type { Attachment, MailTransport } from '../../src/domains/emails/transport.ts'

export type Mail = {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string | null
  readonly attachments: readonly Attachment[]
}

export function createMailbox(): { readonly sent: Mail[]; readonly mail: MailTransport } {
  const sent: Mail[] = []
  const mail: MailTransport = {
    async send({ to, subject, text, html, attachments }) {
      sent.push({ to, subject, text, html, attachments })
      return { status: 'accepted', reply: '250 ok' }
    },
    close: async () => {},
  }
  return { sent, mail }
}

/** The token of its link, or its code. */
export function secretIn({ text }: Pick<Mail, 'text'>): string {
  return /#token=([\w-]+)/.exec(text)?.[1] ?? /^\d{6}$/m.exec(text)![0]
}
