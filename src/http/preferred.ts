// Whose requests go first while too much comes: the people who run the shop, as far as they have asked lately, and payment providers, whose
// word is what orders wait for. It is looked at before anybody has looked who asks, so it opens nothing.
import type { FastifyRequest } from 'fastify'
import type { Credentials } from '../access/actor.ts'
import { limits } from '../base/limits.ts'
import type { Rank } from './admission.ts'
import type { Route } from './request-parts.ts'

export type Preferred = {
  rankOf(request: FastifyRequest): Rank
  /** Who has asked by these is staff for anything, or is not, or no more. */
  note(credentials: Credentials, isStaff: boolean): void
}

export function createPreferred(routes: readonly Route[]): Preferred {
  const known = new Set<string>()
  const ofProviders = routes.filter(({ operation }) => operation.rate === 'webhook').map(({ path }) => path.split(':', 1)[0]!)
  return {
    rankOf({ url, headers }) {
      const shown = headers.authorization ?? headers.cookie
      if (shown !== undefined && known.has(shown)) return 'staff'
      return ofProviders.some((start) => url.startsWith(start)) ? 'provider' : null
    },
    note({ authorization, cookie }, isStaff) {
      const shown = authorization ?? cookie
      if (shown === undefined || known.has(shown) === isStaff) return
      if (!isStaff) return void known.delete(shown)
      if (known.size >= limits.preferredCallersMax) known.delete(known.values().next().value!)
      known.add(shown)
    },
  }
}
