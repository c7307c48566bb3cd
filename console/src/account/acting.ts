/** The bar that says that somebody of support acts as this account, with the one click that ends it. */

import type { User } from '/client/index.ts'
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useWords, Wrong } from './form.ts'

/** What `GET /api/auth/me` says beside the account. */
export type Me = User & {
  readonly isStaff: boolean
  readonly lacksFactor: boolean
  readonly impersonatedBy: { readonly email: string; readonly mayWrite: boolean; readonly until: string } | null
}

export async function loadMe(): Promise<Me> {
  return await client.call<Me>('GET', '/api/auth/me')
}

export function ActingBar({ me }: { me: Me }): VNode | null {
  const words = useWords()
  const [error, setError] = useState<unknown>(undefined)
  if (me.impersonatedBy === null) return null
  const { email, mayWrite } = me.impersonatedBy
  const end = () => client.call('POST', '/api/auth/impersonation/end', { body: {} }).then(() => location.assign('/console'), setError)
  return html`<aside class="form-note wait" aria-label=${words.acting}>
    <p>${words.actingAs(email, me.email)} ${mayWrite ? words.actingWrites : words.actingReads}</p>
    <p class="sheet-actions"><button type="button" class="button small" onClick=${end}>${words.endActing}</button></p>
    <${Wrong} error=${error} />
  </aside>`
}
