// What we call of mailauth. Its parts by themselves: the whole loads what reads logos and fetches policies as well.
type MailauthResolver = (name: string, type: string) => Promise<unknown>

type MailauthStatus = {
  readonly result: string
  readonly comment?: string
  readonly underSized?: number
  readonly aligned?: string | false
}

declare module 'mailauth/lib/dkim/verify.js' {
  type Signature = { readonly id?: string; readonly signingDomain?: string; readonly status: MailauthStatus }
  type Outcome = {
    /** Addresses of all From fields, as they stand there. */
    readonly headerFrom: readonly string[]
    readonly fromFields: number
    readonly results: readonly Signature[]
    readonly arc: unknown
  }
  export function dkimVerify(
    raw: Uint8Array,
    options: { readonly resolver: MailauthResolver; readonly sender?: string; readonly curTime: Date; readonly rejectRsaSha1: true },
  ): Promise<Outcome>
}

declare module 'mailauth/lib/spf/index.js' {
  export function spf(options: {
    readonly resolver: MailauthResolver
    readonly sender: string
    readonly ip: string
    readonly helo: string
    readonly mta: string
  }): Promise<{ readonly domain: string; readonly status: MailauthStatus }>
}

declare module 'mailauth/lib/arc/index.js' {
  export function arc(found: unknown, options: { readonly resolver: MailauthResolver }): Promise<{ readonly status: MailauthStatus }>
}

declare module 'mailauth/lib/dmarc/index.js' {
  type Aligned = { readonly result?: string; readonly underSized?: number }
  type Response = {
    readonly status: MailauthStatus
    readonly domain: string
    readonly policy?: string
    readonly alignment?: { readonly spf: Aligned; readonly dkim: Aligned }
  }
  export function evaluateDmarc(options: {
    readonly headerFrom: readonly string[]
    readonly fromFields: number
    readonly spfDomains: readonly string[]
    readonly dkimDomains: readonly object[]
    readonly arcResult?: unknown
    readonly resolver: MailauthResolver
  }): Promise<{ readonly response: Response | false }>
}

declare module 'mailauth/lib/tools.js' {
  export function getAlignment(from: string, domains: readonly string[], isStrict: boolean): { readonly domain: string } | false
  export function parseHeaders(head: Uint8Array): { readonly parsed: readonly { readonly key: string; readonly line: Buffer }[] }
}
