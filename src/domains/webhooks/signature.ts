// The signature of a message, by the Standard Webhooks specification (version 1).
import { createHmac } from 'node:crypto'

const prefix = 'whsec_'

/** 256 bits. `newSecret` makes them in base64url; the specification writes secrets in base64. */
export function newSigningSecret(newSecret: (prefix: string) => string): string {
  const [, random] = newSecret('whsec').split(/_(.*)/s)
  return prefix + Buffer.from(random!, 'base64url').toString('base64')
}

export type Message = { readonly id: string /** Milliseconds. */; readonly at: number; readonly body: string }

/** The three headers. Of several secrets each signs: one that the receiver has will do. */
export function signedHeaders({ id, at, body }: Message, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000))
  const sign = (secret: string) =>
    createHmac('sha256', Buffer.from(secret.slice(prefix.length), 'base64'))
      .update(`${id}.${timestamp}.${body}`)
      .digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `v1,${sign(secret)}`).join(' '),
  }
}
