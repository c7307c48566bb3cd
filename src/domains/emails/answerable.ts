// Mails that can be answered: each one, but those of accounts, that names no other address to answer to has one of its own, which leads an answer to what it was about.
import { type AddressKey, signedAddress } from './signed-address.ts'
import type { MailTransport } from './transport.ts'

/** The same transport, for a project that takes mail in at `domain`. Each attempt has the same address. */
export function answerable(transport: MailTransport, key: AddressKey, domain: string): MailTransport {
  return {
    ...transport,
    async send(message) {
      const [, email] = /^<(eml_[^@<>]+)@/.exec(message.messageId) ?? []
      if (email === undefined) return await transport.send(message)
      const returnPath = await signedAddress(key, { use: 'bounce', email }, domain)
      // Whoever answers a mail of an account quotes a code or a link that opens it: that is not to lie here.
      const isAnswered = message.category !== 'account'
      const replyTo = message.replyTo ?? (isAnswered ? await signedAddress(key, { use: 'reply', email }, domain) : null)
      return await transport.send({ ...message, replyTo, returnPath })
    },
  }
}
