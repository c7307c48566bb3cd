// What the way to a provider and back answers: for a browser that is on its way always a page, for everything else the problem.
// What a page is told stands in the fragment, which no server and no other site is sent. Nothing of it is an address of a person.
import { EngineError, isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import type { ErrorCode } from '../../contract/error-codes.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { Type } from '../../contract/type.ts'
import type { Answer, AnswerHeaders, RequestFacts } from '../../operation/define.ts'
import { type IdentityProvider, type IdentityProviders, ProviderFault } from './identity-provider.ts'
import { isOwnPath } from './return-address.ts'

/** In an address. */
export const providerInput = Type.String({ maxLength: limits.codeCharactersMax, description: 'As the config names it: `google`.' })
export const redirectOutput = Type.String({ description: 'Empty: the browser goes on to `Location`.' })
/** Addresses of the way hold what was shown at the provider: no page that follows is told of them. */
export const always = { 'referrer-policy': 'no-referrer' } as const

export function redirect(
  location: string,
  more: { readonly headers?: AnswerHeaders; readonly events?: readonly DomainEvent[] } = {},
): Answer<string> {
  const { headers = {}, events = [] } = more
  return { output: '', status: 303, headers: { ...headers, location, 'cache-control': 'no-store' }, events }
}

/** The page that goes on to `next`, and is told `of` something. */
export function signInPage(next: string, of: Readonly<Record<string, string>>): string {
  return `/account/sign-in?next=${encodeURIComponent(next)}#${new URLSearchParams(of)}`
}

export function accountPage(of: Readonly<Record<string, string>>): string {
  return `/account#${new URLSearchParams(of)}`
}

/** A program's own address, with what it is told as parameters. */
export function programAddress(next: string, of: Readonly<Record<string, string>>): string {
  return `${next}${next.includes('?') ? '&' : '?'}${new URLSearchParams(of)}`
}

type Place = { readonly next: string; readonly purpose: string }

/** Somebody's browser that is shown what comes back, and no program. */
function isShown({ headers }: RequestFacts): boolean {
  return headers['sec-fetch-mode'] === 'navigate' || headers['accept']?.includes('text/html') === true
}

/** @throws EngineError with this code, where nobody would be shown a page */
export function refuse(request: RequestFacts, code: ErrorCode, { next, purpose }: Place): Answer<string> {
  if (!isOwnPath(next)) return redirect(programAddress(next, { error: code }))
  if (!isShown(request)) throw new EngineError(code)
  return redirect(purpose === 'link' ? accountPage({ problem: code }) : signInPage(next, { problem: code }))
}

/** @throws not_found */
export function providerNamed(providers: IdentityProviders, name: string): IdentityProvider {
  const provider = providers.get(name)
  if (provider === undefined) throw new EngineError('not_found')
  return provider
}

/** The code for what went wrong there. Whoever runs the server finds the reason in the log. @throws whatever else it was */
export function codeOfFault(error: unknown, { name }: IdentityProvider, log: Log): ErrorCode {
  if (isEngineError(error)) return error.code
  if (!(error instanceof ProviderFault)) throw error
  log.write('warn', `Signing in by ${name} failed.`, { reason: error.message })
  return error.kind === 'unavailable' ? 'provider_unavailable' : 'sign_in_failed'
}
