// Mails that can be answered: each one that names no other address to answer to has one of its own, which leads an answer to what it was about.
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
      const replyTo = message.replyTo ?? (await signedAddress(key, { use: 'reply', email }, domain))
      return await transport.send({ ...message, replyTo, returnPath })
    },
  }
}
