// Which of the addresses of the inbound domain lead letters somewhere: to a record, or to an operation of the project. By the address alone, which
// the sender's mail server names; never by what stands in the letter.
import { normalDomain } from '../../base/email-address.ts'
import type { InboundMailSettings, MailRoute } from '../../config/project.ts'

/** `part`: what stands in place of the `*`, as it was written. */
export type RoutedAddress = { readonly route: MailRoute; readonly part: string | null }

/** By the first that fits, or null. */
export function routeOf({ domain, routes }: InboundMailSettings, address: string): RoutedAddress | null {
  const at = address.lastIndexOf('@')
  if (normalDomain(address.slice(at + 1)) !== domain) return null
  const name = address.slice(0, at)
  // Addresses that we have signed lead where they say, and what looks like one and is none leads nowhere.
  if (/^(?:reply|bounce)[+-]/i.test(name)) return null
  for (const route of routes) {
    const part = partOf(route.to, name)
    if (part !== undefined) return { route, part }
  }
  return null
}

/** Undefined: it does not fit. */
function partOf(pattern: string, name: string): string | null | undefined {
  const start = pattern.endsWith('*') ? pattern.slice(0, -1) : null
  const small = name.toLowerCase()
  // `tickets+anything` is `tickets`, as most mail systems have it.
  if (start === null) return small === pattern || small.replace(/\+.*$/, '') === pattern ? null : undefined
  return small.startsWith(start) && small.length > start.length ? name.slice(start.length) : undefined
}
