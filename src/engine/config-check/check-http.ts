// The part of the config check that looks at `http`: whom browsers may let in. A mistake here opens the
// door or shuts it, and the browser says so only to the people outside.
import type { HttpConfig } from '../../config/backend-config.ts'
import { type Check, is, list, object, shown } from '../../schema/shape.ts'

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

const source = is(
  'one source, such as https://images.example',
  (value) => typeof value === 'string' && /^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/.test(value),
)

const origin: Check = (value, path, add) => {
  const isAddress = typeof value === 'string' && /^https?:/i.test(value) && URL.canParse(value)
  const exact = isAddress ? new URL(value).origin : null
  if (exact !== null && exact === value && !exact.includes('*')) return
  const hint = exact === null || exact === value ? '' : `; did you mean "${exact}"?`
  add(path, `${shown(value)} must be one exact origin, such as https://app.example${hint}`)
}

export const checkHttp = object({
  cors: object({ origins: list(origin) }, { required: ['origins'] }),
  contentSecurityPolicy: object(Object.fromEntries(policyDirectives.map((directive) => [directive, list(source)]))),
} satisfies Record<keyof HttpConfig, Check>)
