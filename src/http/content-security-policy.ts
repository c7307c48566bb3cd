// What pages that we serve may load and run. Ours (console, API reference) have the policy as it is; the
// storefront is its owner's, whose config may widen some directives.

const ours: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'style-src': ["'self'", "'unsafe-inline'"],
  'frame-src': ["'self'", 'blob:', 'data:'],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'self'"],
}

/** Nothing from elsewhere, no inline script. */
export const contentSecurityPolicy = policyWith({})

/** Where passwords are typed: also no inline style, and in no frame, not even one of the own site. */
export const passwordPagePolicy = policyOf({ ...ours, 'style-src': ["'self'"], 'frame-src': ["'none'"], 'frame-ancestors': ["'none'"] })

/** Ours with more sources. A directive that ours does not have begins with the own site, as `default-src` says of it. */
export function policyWith(more: Readonly<Record<string, readonly string[]>>): string {
  const names = new Set([...Object.keys(ours), ...Object.keys(more)])
  return policyOf(Object.fromEntries([...names].map((name) => [name, [...(ours[name] ?? ["'self'"]), ...(more[name] ?? [])]])))
}

function policyOf(directives: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ')
}
