// Who else can say who somebody is: what a config lists in `accounts.providers`. A name stands for one issuer for good, since
// identities are kept by it.

/** Made by `defineSecret(…)`. */
type Secret = { readonly kind: 'secret'; readonly name: string }

export type SignInProvider = {
  readonly kind: 'provider'
  /** How it differs from what OpenID Connect says. */
  readonly preset: 'oidc' | 'google' | 'microsoft' | 'apple' | 'github'
  /** In addresses and in the database. */
  readonly name: string
  /** For people: "Continue with Google". */
  readonly title: string
  readonly issuer: string
  readonly clientId: string
  /** Of Apple: the private key that signs one. Left out for a public client, which PKCE alone protects. */
  readonly clientSecret?: Secret
  /** Of Apple. */
  readonly key?: { readonly team: string; readonly id: string }
  readonly scopes?: readonly string[]
  /** It vouches for each address that it names, though it does not say so of each. */
  readonly trustsEmail?: boolean
  /** It may be reached in the own network in production. */
  readonly privateNetwork?: boolean
}

type Client = { readonly clientId: string; readonly clientSecret: Secret }

/** Google, by a client of its console: <https://console.cloud.google.com/auth/clients>. */
export function google({ clientId, clientSecret }: Client): SignInProvider {
  const issuer = 'https://accounts.google.com'
  return { kind: 'provider', preset: 'google', name: 'google', title: 'Google', issuer, clientId, clientSecret }
}

export type MicrosoftOptions = Client & {
  /** The id of one directory; `organizations`, `consumers`, or `common` for both, which it is when left out. */
  readonly tenant?: string
  /**
   * For one directory of your own: its admins vouch for the addresses in it. Elsewhere anybody can write any address into a
   * directory of theirs, so an address counts only where Microsoft says that its owner has shown it (`xms_edov`).
   */
  readonly trustsEmail?: boolean
}

/** Microsoft Entra ID, by an app registration. */
export function microsoft({ clientId, clientSecret, tenant = 'common', trustsEmail = false }: MicrosoftOptions): SignInProvider {
  const issuer = `https://login.microsoftonline.com/${tenant}/v2.0`
  return { kind: 'provider', preset: 'microsoft', name: 'microsoft', title: 'Microsoft', issuer, clientId, clientSecret, trustsEmail }
}

export type AppleOptions = {
  /** The Services ID. */
  readonly clientId: string
  readonly teamId: string
  readonly keyId: string
  /** What stands in the .p8 file. In one line of an environment its line breaks are written `\n`. */
  readonly privateKey: Secret
}

/** Sign in with Apple. */
export function apple({ clientId, teamId, keyId, privateKey }: AppleOptions): SignInProvider {
  const key = { team: teamId, id: keyId }
  const issuer = 'https://appleid.apple.com'
  return { kind: 'provider', preset: 'apple', name: 'apple', title: 'Apple', issuer, clientId, clientSecret: privateKey, key }
}

/** GitHub, by an OAuth app: it speaks no OpenID Connect. */
export function github({ clientId, clientSecret }: Client): SignInProvider {
  const issuer = 'https://github.com/login/oauth'
  return { kind: 'provider', preset: 'github', name: 'github', title: 'GitHub', issuer, clientId, clientSecret }
}

export type OidcOptions = {
  /** In addresses and in the database: `corp`. */
  readonly name: string
  /** On the button. The name when left out. */
  readonly title?: string
  /** As it writes itself in its discovery document. */
  readonly issuer: string
  readonly clientId: string
  /** Left out for a public client. */
  readonly clientSecret?: Secret
  /** `openid`, `email` and `profile` when left out. */
  readonly scopes?: readonly string[]
  /** It vouches for each address that it names, though it does not say `email_verified`. Only for one that you run yourself. */
  readonly trustsEmail?: boolean
  /** In production, too, it may have an address that only this machine or its network reaches. */
  readonly privateNetwork?: boolean
}

/** Any other that speaks OpenID Connect, by its issuer. */
export function oidc({ title, ...options }: OidcOptions): SignInProvider {
  return { kind: 'provider', preset: 'oidc', title: title ?? options.name, ...options }
}
