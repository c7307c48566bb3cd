// The link by which somebody says that they want no more mails of a kind: an HMAC-SHA256 over the message that brought it. It is good for ever
// and opens nothing else.
import { isEqualSecret, signHmac } from '../../base/secret.ts'
import { createKeptKey } from '../../settings/kept-key.ts'

/** Stands in a message for its link until it is sent. Neither HTML nor an address writes it otherwise. */
export const unsubscribeMark = '~unsubscribe~'

export type UnsubscribeLinks = ReturnType<typeof createUnsubscribeLinks>

export function createUnsubscribeLinks(parts: Parameters<typeof createKeptKey>[0]) {
  const key = createKeptKey(parts, { name: 'unsubscribeKey', operation: 'emails.makeUnsubscribeKey', bytes: 32 })
  const sign = async (email: string) => signHmac(Buffer.from(await key()).toString('hex'), `unsubscribe\n${email}`)
  return {
    async urlOf(email: string, publicUrl: string): Promise<string> {
      return `${publicUrl}/api/mail/unsubscribe?email=${email}&signature=${await sign(email)}`
    },
    async isGood({ email, signature }: { readonly email: string; readonly signature: string }): Promise<boolean> {
      return isEqualSecret(await sign(email), signature)
    },
  }
}
