// The way of openid-client to the network: our own port, which has a time limit, follows no redirect and reads a bounded answer.
// The discovery document is kept for an hour; the keys are read with each sign-in, so one that was changed is known at once.
import type { CustomFetch } from 'openid-client'
import type { Clock } from '../../base/clock.ts'
import type { Egress } from '../../base/egress.ts'
import { limits } from '../../base/limits.ts'
import { ProviderFault } from './identity-provider.ts'

type FetchParts = { readonly egress: Egress; readonly clock: Pick<Clock, 'now'>; readonly isPublicOnly: boolean }
type Kept = { readonly answer: () => Response; readonly until: number }

export function providerFetch({ egress, clock, isPublicOnly }: FetchParts): CustomFetch {
  const documents = new Map<string, Kept>()

  return async (url, { method, headers, body }) => {
    const isKept = method === 'GET' && url.endsWith('/.well-known/openid-configuration')
    const known = isKept ? documents.get(url) : undefined
    if (known !== undefined && clock.now() < known.until) return known.answer()
    const answer = await ask({ method: method === 'POST' ? 'POST' : 'GET', url, headers: { ...headers }, ...bodyOf(body) })
    // One provider has one document.
    if (isKept && answer().ok) documents.set(url, { answer, until: clock.now() + limits.discoveryKeptMs })
    return answer()
  }

  async function ask(request: Parameters<Egress['request']>[0]): Promise<() => Response> {
    const { host } = new URL(request.url)
    const { status, body, type } = await egress
      .request({ ...request, isPublicOnly, withinMs: limits.providerCallMs })
      .catch((error: Error) => Promise.reject(new ProviderFault('unavailable', `${host}: ${error.message}`)))
    if (status >= 500 || status === 429) throw new ProviderFault('unavailable', `${host} answers ${status}.`)
    // What has no body, and what a Response cannot have.
    if (status < 200 || [204, 205, 304].includes(status)) throw new ProviderFault('invalid', `${host} answers ${status}.`)
    return () => new Response(body, { status, headers: { 'content-type': type ?? 'application/json' } })
  }
}

function bodyOf(body: unknown): { readonly body?: string } {
  return body === undefined || body === null ? {} : { body: String(body) }
}
