// The other side of SMTP, with a book of its own: what it took, how often, under which Message-ID. It
// answers by the message alone, as a server does that knows nothing of our database.
import type { Message } from '../../src/domains/emails/transport.ts'

export type TakenMessage = { readonly messageId: string; readonly to: string; readonly subject: string; readonly text: string }

export type SmtpPeer = ReturnType<typeof createSmtpPeer>

export function createSmtpPeer() {
  const taken: TakenMessage[] = []
  const refused: string[] = []
  return {
    taken,
    refused,
    take({ messageId, to, subject, text }: Message): void {
      taken.push({ messageId, to, subject, text })
    },
    refuse({ messageId }: Message): void {
      refused.push(messageId)
    },
  }
}
