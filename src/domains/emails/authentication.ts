// Who vouches for a letter: what SPF, DKIM, DMARC and ARC say of it, in the form that is stored and shown.

/** RFC 8601 section 2.7. `policy`: not looked at, since there are too many of them. */
export const authenticationResults = ['pass', 'fail', 'softfail', 'neutral', 'policy', 'none', 'temperror', 'permerror'] as const
export type AuthenticationResult = (typeof authenticationResults)[number]

export type Authentication = {
  /** Its From names one address, and the domain of that says that it sent the letter, by DMARC or by a signature or a server of its own. */
  readonly isAuthentic: boolean
  /** The mail server in front that says all this, of those that the config trusts. Null: it was looked at here. */
  readonly relay: string | null
  /** RFC 7208: whether the domain of the sender on the envelope names the server that brought it. */
  readonly spf: { readonly result: AuthenticationResult; readonly domain: string | null }
  /** RFC 6376. `domains`: of the signatures that hold. */
  readonly dkim: { readonly result: AuthenticationResult; readonly domains: readonly string[] }
  /** RFC 9989. `policy`: what the domain wants done with what it did not send. */
  readonly dmarc: { readonly result: AuthenticationResult; readonly policy: string | null; readonly domain: string | null }
  /** RFC 8617: what those who handed it on say, unbroken. It shows who they are, and not that they are to be believed. */
  readonly arc: { readonly result: AuthenticationResult }
}

const result = { type: 'string', enum: [...authenticationResults] } as const
const domain = { type: ['string', 'null'] } as const

export const authenticationShape = {
  type: 'object',
  title: 'EmailAuthentication',
  properties: {
    isAuthentic: { type: 'boolean' },
    relay: domain,
    spf: { type: 'object', properties: { result, domain }, required: ['result', 'domain'] },
    dkim: {
      type: 'object',
      properties: { result, domains: { type: 'array', items: { type: 'string' } } },
      required: ['result', 'domains'],
    },
    dmarc: { type: 'object', properties: { result, policy: domain, domain }, required: ['result', 'policy', 'domain'] },
    arc: { type: 'object', properties: { result }, required: ['result'] },
  },
  required: ['isAuthentic', 'relay', 'spf', 'dkim', 'dmarc', 'arc'],
} as const

/** Who brought it, and what of that is to be believed. */
export type Carrier = {
  /** Null where nobody knows: then there is no SPF. */
  readonly address: string | null
  readonly helo: string | null
  /** Of the envelope; null: `<>`. */
  readonly sender: string | null
  /** What the letter itself gives as its author, as it is shown. */
  readonly author: string
  /** Names of mail servers in front whose word is taken (RFC 8601, authserv-id). None: of nobody. */
  readonly relays: readonly string[]
}

/** Nothing is known: nobody was asked, or nobody answered. */
export function unknownAuthentication(result: 'none' | 'temperror'): Authentication {
  return {
    isAuthentic: false,
    relay: null,
    spf: { result, domain: null },
    dkim: { result, domains: [] },
    dmarc: { result, policy: null, domain: null },
    arc: { result: 'none' },
  }
}

/** @throws Error where it cannot be told */
export type AuthenticateMail = (raw: Uint8Array, carrier: Carrier) => Promise<Authentication>
