// Other providers by openid-client: OAuth 2.1 and OpenID Connect with what the presets say otherwise. PKCE goes along always, also
// where the provider does not say that it knows it: who does not ignores it (RFC 6749 section 3.1).

import { createHash, createPrivateKey, sign } from 'node:crypto'
import type { ClientAuth, Configuration, IDToken, UserInfoResponse } from 'openid-client'
import type { Clock } from '../../base/clock.ts'
import type { Egress } from '../../base/egress.ts'
import { isEmail, normalEmail } from '../../base/email-address.ts'
import { limits } from '../../base/limits.ts'
import { isName } from '../../base/names.ts'
import type { SignInProvider } from '../../config/sign-in-providers.ts'
import { type BeginRequest, type FinishRequest, type IdentityProvider, type Person, ProviderFault } from './identity-provider.ts'
import { providerFetch } from './provider-fetch.ts'

/** Loaded when somebody first signs in so: a process need not wait for what it does not use. */
const library = () => import('openid-client')
type Library = Awaited<ReturnType<typeof library>>

export type ProviderParts = {
  readonly egress: Egress
  readonly clock: Pick<Clock, 'now'>
  /** In development they may be anywhere. */
  readonly reachesPrivate: boolean
  /** The value of its secret; empty of a public client. */
  readonly secret: string
}

type Asked = { readonly scopes: readonly string[]; readonly more?: Readonly<Record<string, string>> }

/** What each asks for, by default. */
const asks: Readonly<Record<SignInProvider['preset'], Asked>> = {
  oidc: { scopes: ['openid', 'email', 'profile'] },
  // Whoever has several accounts there chooses one, also after signing out here.
  google: { scopes: ['openid', 'email', 'profile'], more: { prompt: 'select_account' } },
  microsoft: { scopes: ['openid', 'email', 'profile'], more: { prompt: 'select_account' } },
  // With a scope it takes no other way back than a form.
  apple: { scopes: ['openid', 'email', 'name'], more: { response_mode: 'form_post' } },
  github: { scopes: ['read:user', 'user:email'] },
}

export function createIdentityProvider(provider: SignInProvider, parts: ProviderParts): IdentityProvider {
  const { preset, name, title, issuer, clientId } = provider
  const fetch = providerFetch({ ...parts, isPublicOnly: !parts.reachesPrivate && provider.privateNetwork !== true })
  const isPlain = preset === 'github'

  async function configure(use: Library): Promise<Configuration> {
    const auth = clientAuth(use, provider, parts)
    const execute = [use.enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [use.allowInsecureRequests] : [])]
    if (!isPlain) return await use.discovery(new URL(issuer), clientId, {}, auth, { execute, [use.customFetch]: fetch })
    const config = new use.Configuration(githubServer, clientId, {}, auth)
    config[use.customFetch] = fetch
    return config
  }

  async function begin({ redirectUri, state, nonce, verifier }: BeginRequest): Promise<string> {
    const use = await library()
    const config = await configure(use)
    const asked = asks[preset]
    const { href } = use.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: (provider.scopes ?? asked.scopes).join(' '),
      state,
      ...(isPlain ? {} : { nonce }),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...asked.more,
    })
    return href
  }

  async function finish({ redirectUri, state, nonce, verifier, answer }: FinishRequest): Promise<Person> {
    const use = await library()
    const config = await configure(use)
    const url = new URL(redirectUri)
    for (const [key, value] of Object.entries(answer)) url.searchParams.set(key, value)
    const checks = { pkceCodeVerifier: verifier, expectedState: state }
    const tokens = await use.authorizationCodeGrant(config, url, isPlain ? checks : { ...checks, expectedNonce: nonce })
    if (isPlain) return await githubPerson(use, config, tokens.access_token)
    const claims = tokens.claims()!
    const isToAsk = claims['email'] === undefined && config.serverMetadata().userinfo_endpoint !== undefined
    const more = isToAsk ? await use.fetchUserInfo(config, tokens.access_token, claims.sub) : null
    return personOf(provider, claims, more)
  }

  return {
    name,
    title,
    comesByForm: preset === 'apple',
    begin: (request) => begin(request).catch(throwAsFault),
    finish: (request) => finish(request).catch(throwAsFault),
  }
}

/** What it was is in the reason alone: the library's errors hold what the provider answered. */
function throwAsFault(error: unknown): never {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof ProviderFault) throw cause
  const { message, code } = error as Error & { readonly code?: string }
  throw new ProviderFault('invalid', code === undefined ? message : `${message} (${code})`)
}

function clientAuth(use: Library, { key, clientId }: SignInProvider, { secret, clock }: ProviderParts): ClientAuth {
  if (secret === '') return use.None()
  if (key !== undefined) return use.ClientSecretPost(appleSecret({ ...key, clientId, secret }, clock.now()))
  return (server, client, body, headers) => {
    // OpenID Connect Discovery 1.0, section 3: where nothing is said, it is in the header.
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const by =
      methods.includes('client_secret_post') || !methods.includes('client_secret_basic') ? use.ClientSecretPost : use.ClientSecretBasic
    by(secret)(server, client, body, headers)
  }
}

type AppleKey = { readonly team: string; readonly id: string; readonly clientId: string; readonly secret: string }

/** Apple's client secret is a token that the developer's key signs: <https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret>. */
function appleSecret({ team, id, clientId, secret }: AppleKey, now: number): string {
  const iat = Math.floor(now / 1_000)
  const claims = { iss: team, iat, exp: iat + 300, aud: 'https://appleid.apple.com', sub: clientId }
  const text = [{ alg: 'ES256', kid: id }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const key = createPrivateKey(secret.replaceAll('\\n', '\n'))
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** The id of a person is the issuer's and theirs: `sub` alone is another's at another issuer, and one name may have several (Microsoft). */
function personOf({ preset, trustsEmail }: SignInProvider, claims: IDToken, more: UserInfoResponse | null): Person {
  const told: Readonly<Record<string, unknown>> = { ...claims, ...more }
  const proof = preset === 'microsoft' ? told['xms_edov'] : told['email_verified']
  // Apple and others write it as a text, Microsoft as a number.
  const isProven = trustsEmail === true || proof === true || proof === 'true' || (preset === 'microsoft' && (proof === 1 || proof === '1'))
  return person(`${claims.iss} ${claims.sub}`, { email: told['email'], isProven, name: told['name'] })
}

type Told = { readonly email: unknown; readonly isProven: boolean; readonly name: unknown }

function person(subject: string, { email, isProven, name }: Told): Person {
  if (subject.length > limits.subjectCharactersMax) throw new ProviderFault('invalid', 'The subject is too long.')
  const mailbox = typeof email === 'string' && email.length <= limits.emailCharactersMax && isEmail(email) ? normalEmail(email) : null
  return { subject, email: mailbox, isEmailProven: isProven && mailbox !== null, name: nameOf(name) }
}

/** One that our own forms would take. */
export function nameOf(name: unknown): string | null {
  if (typeof name !== 'string') return null
  const plain = name.trim()
  return plain.length <= limits.textCharactersMax && isName(plain) ? plain : null
}

/** <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps> */
const githubServer = {
  issuer: 'https://github.com/login/oauth',
  authorization_endpoint: 'https://github.com/login/oauth/authorize',
  token_endpoint: 'https://github.com/login/oauth/access_token',
  token_endpoint_auth_methods_supported: ['client_secret_post'],
}

/** `id` stays when somebody takes another name there. Of the addresses the primary one, where it is verified. */
async function githubPerson(use: Library, config: Configuration, token: string): Promise<Person> {
  const ask = async (path: string) => {
    // It refuses whoever does not say what it is.
    const headers = new Headers({ accept: 'application/vnd.github+json', 'user-agent': 'Kingpost' })
    const answer = await use.fetchProtectedResource(config, token, new URL(`https://api.github.com${path}`), 'GET', undefined, headers)
    if (!answer.ok) throw new ProviderFault('invalid', `GitHub answers ${answer.status} to ${path}.`)
    return (await answer.json()) as unknown
  }
  const user = (await ask('/user')) as { readonly id?: unknown; readonly name?: unknown } | null
  const emails = await ask('/user/emails')
  if (!Number.isSafeInteger(user?.id) || !Array.isArray(emails)) throw new ProviderFault('invalid', 'GitHub answers no user.')
  const primary = emails.find((one: { readonly primary?: unknown } | null) => one?.primary === true) as
    | { readonly email?: unknown; readonly verified?: unknown }
    | undefined
  return person(String(user!.id), { email: primary?.email, isProven: primary?.verified === true, name: user!.name })
}
