import { anyone, recently, signedIn } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import type { IdentityProviders } from './identity-provider.ts'
import { always, codeOfFault, providerInput, providerNamed, redirect, redirectOutput, refuse } from './provider-answer.ts'
import { browserOf, openFlow, requestOf } from './provider-flows.ts'
import { checkedNext, isOwnPath } from './return-address.ts'

export type OAuthParts = { readonly providers: IdentityProviders; readonly log: Log }

const next = Type.Optional(
  Type.String({
    maxLength: limits.nextCharactersMax,
    description: 'Where to go on: a path of the site, or an address that `accounts.returnAddresses` of the config lists.',
  }),
)
const challenge = Type.Optional(
  Type.String({
    pattern: '^[\\w-]{43}$',
    examples: ['E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'],
    description: 'For an address of a program: the base64url of the SHA-256 of a secret of its own (RFC 7636, S256).',
  }),
)

/** `GET /api/auth/oauth/{provider}/start`: where a button leads. Goes on to the provider, and leaves a cookie that the way back asks for. */
export function startOAuth({ providers, log }: OAuthParts): Operation {
  return command({
    name: 'accounts.startOAuth',
    route: 'GET /api/auth/oauth/:provider/start',
    summary: 'Go to a provider to sign in',
    tag: 'Accounts',
    status: 303,
    input: Type.Object({ provider: providerInput, next, codeChallenge: challenge }, { additionalProperties: false }),
    output: redirectOutput,
    errors: ['not_found', 'provider_unavailable', 'sign_in_failed'],
    access: anyone,
    rate: 'write',
    always,
    async prepare({ input, project, request, writeFirst }) {
      const provider = providerNamed(providers, input.provider)
      const place = { next: checkedNext(input.next ?? '/', project), purpose: 'signIn' } as const
      const isProgram = !isOwnPath(place.next)
      if (isProgram && input.codeChallenge === undefined)
        throw invalid('query:codeChallenge', 'required', 'is missing: a program gets a code for it')
      const flow = { ...place, provider: provider.name, challenge: isProgram ? input.codeChallenge! : null }
      const { browser, cookie, state } = await writeFirst(async (work) => {
        const opened = browserOf(work, request, project)
        return { ...opened, state: await openFlow(work, opened.browser, flow) }
      })
      try {
        const url = await provider.begin(requestOf(project, provider.name, { browser, state }))
        return redirect(url, { headers: { 'set-cookie': cookie } })
      } catch (error) {
        return refuse(request, codeOfFault(error, provider, log), place)
      }
    },
    run: async ({ prepared }) => prepared,
  })
}

/**
 * `POST /api/auth/oauth/{provider}/link`: the account of whoever is signed in is to be entered so, too. A POST with a fresh proof: by a link
 * of another site somebody could be made to link an account of theirs.
 */
export function linkOAuth({ providers, log }: OAuthParts): Operation {
  return command({
    name: 'accounts.linkOAuth',
    route: 'POST /api/auth/oauth/:provider/link',
    summary: 'Link the account at a provider',
    tag: 'Accounts',
    input: Type.Object({ provider: providerInput }, { additionalProperties: false }),
    output: Type.Object(
      { url: Type.String({ description: 'Where the browser goes. It comes back to `/account`.' }) },
      { title: 'ProviderAddress' },
    ),
    errors: ['not_found', 'provider_unavailable', 'sign_in_failed'],
    access: recently(signedIn),
    rate: 'account',
    hasSecretInput: true,
    async prepare({ input, project, request, actor, writeFirst }) {
      const provider = providerNamed(providers, input.provider)
      const flow = { purpose: 'link', next: '/account', provider: provider.name, user: actor.id!, session: actor.session! } as const
      const { browser, cookie, state } = await writeFirst(async (work) => {
        const opened = browserOf(work, request, project)
        return { ...opened, state: await openFlow(work, opened.browser, flow) }
      })
      try {
        return { url: await provider.begin(requestOf(project, provider.name, { browser, state })), cookie }
      } catch (error) {
        throw new EngineError(codeOfFault(error, provider, log))
      }
    },
    run: async ({ prepared: { url, cookie } }) => ({ output: { url }, headers: { 'set-cookie': cookie } }),
  })
}
