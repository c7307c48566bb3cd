// Whose requests go first while too much comes: the people who run the shop, as far as they have asked lately, and payment providers, whose
// word is what orders wait for. It is looked at before anybody has looked who asks, so it opens nothing.
import type { FastifyRequest } from 'fastify'
import type { Credentials } from '../access/actor.ts'
import { limits } from '../base/limits.ts'
import type { Route } from './request-parts.ts'

export type Preferred = {
  has(request: FastifyRequest): boolean
  /** Staff has asked by these. */
  note(credentials: Credentials): void
}

export function createPreferred(routes: readonly Route[]): Preferred {
  const known = new Set<string>()
  const ofProviders = routes.filter(({ operation }) => operation.rate === 'webhook').map(({ path }) => path.split(':', 1)[0]!)
  return {
    has({ url, headers }) {
      const shown = headers.authorization ?? headers.cookie
      return (shown !== undefined && known.has(shown)) || ofProviders.some((start) => url.startsWith(start))
    },
    note({ authorization, cookie }) {
      const shown = authorization ?? cookie
      if (shown === undefined || known.has(shown)) return
      if (known.size >= limits.preferredCallersMax) known.delete(known.values().next().value!)
      known.add(shown)
    },
  }
}
