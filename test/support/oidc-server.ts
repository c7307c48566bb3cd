// A real OpenID Connect provider on a port of this machine: oidc-provider, certified by the OpenID Foundation. Whoever comes is signed in
// at once as `person`, or by a page with one button where somebody looks.
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type OidcPerson = { readonly sub: string; readonly email: string; readonly email_verified: boolean; readonly name?: string }

export type OidcServer = {
  readonly issuer: string
  /** Who is signed in there from now on. */
  person: OidcPerson
  /** Shows a page with a button first. */
  hasPage: boolean
  /** The key that signs its ID tokens now. */
  key(): KeyObject
  /** Signs with another one from now on. */
  rotate(): Promise<void>
  close(): Promise<void>
}

// The types of the package are another package, of which this needs five names.
type Interaction = { readonly uid: string; readonly prompt: { readonly name: string } }
type Provider = {
  callback(): (request: IncomingMessage, response: ServerResponse) => void
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  Grant: new (of: { accountId: string; clientId: string }) => { addOIDCScope(scope: string): void; save(): Promise<string> }
}
type Context = {
  readonly oidc: { readonly client: { clientId: string }; readonly session: { accountId: string }; readonly provider: Provider }
}

export const oidcClient = { clientId: 'shop', clientSecret: 'a secret of the shop alone' }

export async function openOidcServer(redirectUris: readonly string[], port = 0): Promise<OidcServer> {
  const { Provider } = (await import('oidc-provider' as string)) as { Provider: new (issuer: string, config: object) => Provider }
  let keys = newKeys()
  let provider: Provider
  const http = createServer((request, response) => {
    if (!request.url!.startsWith('/interaction/')) return provider.callback()(request, response)
    interact(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`

  const server: OidcServer = {
    issuer,
    person: { sub: 'ada', email: 'ada@example.com', email_verified: true, name: 'Ada' },
    hasPage: false,
    key: () => keys.key,
    async rotate() {
      keys = newKeys()
      provider = openProvider()
    },
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
  provider = openProvider()
  return server

  function openProvider(): Provider {
    return new Provider(issuer, {
      clients: [{ client_id: oidcClient.clientId, client_secret: oidcClient.clientSecret, redirect_uris: redirectUris }],
      jwks: { keys: [keys.jwk] },
      cookies: { keys: ['of this test'] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_: unknown, { uid }: Interaction) => `/interaction/${uid}` },
      findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => ({ ...server.person, sub }) }),
      async loadExistingGrant({ oidc }: Context) {
        const grant = new oidc.provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId })
        grant.addOIDCScope('openid email profile')
        await grant.save()
        return grant
      },
    })
  }

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (server.hasPage && request.method === 'GET') {
      const form = '<form method="post"><button>Yes, it is me</button><a href="?no">No</a></form>'
      if (!request.url!.endsWith('?no'))
        return void response
          .writeHead(200, { 'content-type': 'text/html' })
          .end(
            `<!doctype html><html lang="en"><title>Test provider</title><link rel="icon" href="data:,"><main><h1>Test provider</h1>${form}</main></html>`,
          )
    }
    const isRefused = request.url!.endsWith('?no')
    const result = isRefused ? { error: 'access_denied' } : { login: { accountId: server.person.sub, remember: false } }
    await provider.interactionFinished(request, response, result)
  }
}

function newKeys() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { key: privateKey, jwk: { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' } }
}
