// Where somebody goes on to after signing in at a provider: a path of the project's own site, or an address that its config lists.
// Everything else would be an open redirect.
import { invalid } from '../../base/engine-error.ts'
import type { Project } from '../../config/project.ts'

export function isOwnPath(next: string): boolean {
  return next.startsWith('/')
}

/**
 * The path as the site itself has it: what a browser might read as another site (`//evil`, `/\evil`, `/..//evil`) is none.
 * An address is compared letter by letter (RFC 9700 section 4.1.3). @throws validation_failed
 */
export function checkedNext(next: string, { publicUrl, returnAddresses }: Project): string {
  if (returnAddresses.includes(next)) return next
  const refused = invalid('query:next', 'not_allowed', 'must be a path of this site, or one of accounts.returnAddresses in the config')
  if (!/^\/(?![/\\])/.test(next) || /[\\\p{Cc}\p{Cf}]/u.test(next) || !URL.canParse(next, publicUrl)) throw refused
  const { origin, pathname, search, hash } = new URL(next, publicUrl)
  const path = pathname + search + hash
  if (origin !== new URL(publicUrl).origin || path.startsWith('//')) throw refused
  return path
}
