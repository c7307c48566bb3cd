// Where a payment provider sends the customer back to. An address on somebody else's site would make us an
// open redirect, so its origin must be ours or one the project names.

import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { plainAddress } from '../../base/web-address.ts'
import type { Project } from '../../config/project.ts'

/**
 * The address that the request gives, or the order's own page. `at` is where the request stands in the body.
 * `{order}` stands for the order's id, which a page cannot know before checkout.
 * @throws validation_failed
 */
export function returnUrlOf(
  project: Project,
  { returnUrl }: { readonly returnUrl?: string },
  { order, at }: { readonly order: string; readonly at: string },
): string {
  if (returnUrl === undefined) return `${project.publicUrl}/orders/${order}`
  const url = plainAddress(returnUrl.replaceAll(/\{order\}|%7Border%7D/g, order))
  if (url === null || !isAllowed(project, url)) {
    const allowed = [new URL(project.publicUrl).origin, ...(project.shop?.returnOrigins ?? [])].join(' or ')
    throw invalid(`${at}/returnUrl`, 'origin', `must be an address of ${allowed}`)
  }
  if (url.href.length > limits.urlCharactersMax)
    throw invalid(`${at}/returnUrl`, 'maxLength', `must be at most ${limits.urlCharactersMax} characters once encoded`)
  // As the parser spells it: what was compared is what is sent on.
  return url.href
}

function isAllowed({ publicUrl, isDevelopment, shop }: Project, { origin, hostname }: URL): boolean {
  if (origin === new URL(publicUrl).origin || shop?.returnOrigins.includes(origin)) return true
  return isDevelopment && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}
