// The port to whoever tells of mail by HTTP: what a provider's webhook says, once it is sure that the provider said it.

/** A request as it came. `now`: ms since 1970 UTC. */
export type HookCall = {
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly now: number
}

/**
 * `deferred`: the provider tries again by itself. `bounced`: it gave up, or the message came back. `refused`: the provider has not sent it.
 * `received`: a letter came in.
 */
export const mailEventKinds = ['delivered', 'deferred', 'bounced', 'refused', 'complained', 'unsubscribed', 'received'] as const
export type MailEventKind = (typeof mailEventKinds)[number]

export type ToldEvent = {
  /** The provider's own, or one that is made of what makes it this event: the same at each repeat. */
  readonly eventId: string
  readonly kind: MailEventKind
  /** Our id of the message, which went with it. */
  readonly email: string | null
  /** The Message-ID, where that was not told. */
  readonly messageId: string | null
  /** The address it is about; '' where that is not told. */
  readonly recipient: string
  /** Of a bounce: nobody reads mail at that address, and nobody ever will. */
  readonly isNoMailbox: boolean
  /** In the words of the receiving mail server, or of the provider. */
  readonly detail: string
  readonly happenedAt: number | null
}

/** Empty: it was the provider, and what it says is of no use here. */
export type ToldByHook = { readonly events: readonly ToldEvent[] }

export type MailHook = {
  /** Null: it is not signed by the provider, or too old. @throws Error when what the signature is checked by cannot be had */
  receive(call: HookCall): Promise<ToldByHook | null>
}

/** By the name of the provider; several where keys change, or each sends for a part. */
export type MailHooks = ReadonlyMap<string, readonly MailHook[]>

/** `arn:aws:sns:eu-central-1:123456789012:mail`: its partition and its region. */
export const snsTopic = /^arn:aws(-cn|-us-gov)?:sns:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:[\w-]{1,256}$/
