// The part of the config check that looks at `http`: whom browsers may let in. A mistake here opens the
// door or shuts it, and the browser says so only to the people outside.
import type { HttpConfig } from './config.ts'

/** The directives that a storefront may widen. What is not here (`default-src`, `base-uri`) guards against injected markup. */
export const policyDirectives = [
  'connect-src',
  'font-src',
  'form-action',
  'frame-ancestors',
  'frame-src',
  'img-src',
  'media-src',
  'script-src',
  'style-src',
  'worker-src',
] as const

/** `add` is told each mistake with its path; `http` is what the config says, whatever its type. */
export function checkHttp(http: HttpConfig | undefined, add: (path: string, message: string) => void): void {
  if (http === undefined) return
  if (!isObject(http)) return add('http', 'must be an object, such as { cors: { origins: [] } }')
  refuseOthers(http, ['cors', 'contentSecurityPolicy'], 'http', add)
  if (http.cors !== undefined) {
    if (!isObject(http.cors)) add('http.cors', "must be an object: { origins: ['https://app.example'] }")
    else {
      refuseOthers(http.cors, ['origins'], 'http.cors', add)
      checkOrigins(http.cors.origins, add)
    }
  }
  if (http.contentSecurityPolicy !== undefined) checkPolicy(http.contentSecurityPolicy, add)
}

function checkOrigins(origins: unknown, add: (path: string, message: string) => void): void {
  if (!Array.isArray(origins)) return add('http.cors.origins', "must be a list of origins: ['https://app.example']")
  for (const [index, origin] of origins.entries()) {
    const isAddress = typeof origin === 'string' && /^https?:/i.test(origin) && URL.canParse(origin)
    const exact = isAddress ? new URL(origin).origin : null
    if (exact !== null && exact === origin && !exact.includes('*')) continue
    const hint = exact === null || exact === origin ? '' : `; did you mean "${exact}"?`
    add(`http.cors.origins[${index}]`, `${JSON.stringify(origin)} must be one exact origin, such as https://app.example${hint}`)
  }
}

function checkPolicy(policy: unknown, add: (path: string, message: string) => void): void {
  const at = 'http.contentSecurityPolicy'
  if (!isObject(policy)) return add(at, "must be an object: { 'img-src': ['https://images.example'] }")
  refuseOthers(policy, policyDirectives, at, add)
  for (const [directive, sources] of Object.entries(policy)) {
    if (!Array.isArray(sources)) add(`${at}.${directive}`, "must be a list of sources: ['https://images.example']")
    else
      for (const [index, source] of sources.entries())
        if (typeof source !== 'string' || !/^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/.test(source))
          add(`${at}.${directive}[${index}]`, `${JSON.stringify(source)} must be one source, such as https://images.example`)
  }
}

function refuseOthers(value: object, allowed: readonly string[], at: string, add: (path: string, message: string) => void): void {
  for (const key of Object.keys(value)) if (!allowed.includes(key)) add(`${at}.${key}`, `is not an option; there are ${allowed.join(', ')}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
