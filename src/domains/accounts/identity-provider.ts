// The port to somebody else who says who a person is. It is asked outside of every transaction. Invariant: what it answers has been
// checked (issuer, audience, signature, nonce, time), and an address counts as proven only where the provider says so.

export type BeginRequest = {
  /** Where the browser comes back to. */
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string
  /** The secret whose hash goes along (RFC 7636). */
  readonly verifier: string
}
export type FinishRequest = BeginRequest & {
  /** What the browser brought back, by its names. */
  readonly answer: Readonly<Record<string, string>>
}

/** Who somebody is there. */
export type Person = {
  /** For good, and nobody else's there. */
  readonly subject: string
  /** In our spelling. */
  readonly email: string | null
  readonly isEmailProven: boolean
  readonly name: string | null
}

export interface IdentityProvider {
  readonly name: string
  readonly title: string
  /** The browser is sent back by a form of the provider's page, not by a link. */
  readonly comesByForm: boolean
  /** Where the browser goes. @throws ProviderFault */
  begin(request: BeginRequest): Promise<string>
  /** Who came back. @throws ProviderFault */
  finish(request: FinishRequest): Promise<Person>
}

/** `unavailable`: it was not reached, or broke. `invalid`: what it answered does not hold. The message is for the log. */
export class ProviderFault extends Error {
  override readonly name = 'ProviderFault'
  readonly kind: 'unavailable' | 'invalid'

  constructor(kind: ProviderFault['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

export type IdentityProviders = ReadonlyMap<string, IdentityProvider>
