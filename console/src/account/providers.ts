/** Signing in by other providers: their buttons, what came back from one, and which are linked to the account. */

import { html, useEffect, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useSurroundings, useWords, Wrong } from './form.ts'
import { guestCart } from './guest-cart.ts'
import type { Waiting } from './passkey-parts.ts'
import { safeNext } from './safe-next.ts'

export type Provider = { readonly name: string; readonly title: string }

/** What stands in the fragment after the way back; each is empty where it is not told. */
export type CameBack = { readonly isDone: boolean; readonly waiting: Waiting | null; readonly problem: string; readonly linked: string }

/** Takes it out of the address, where it would stay in the history. */
function takeFragment(): CameBack {
  const told = new URLSearchParams(location.hash.slice(1))
  const of = (name: string) => told.get(name) ?? ''
  const waiting = told.has('pending')
    ? { pending: of('pending'), factors: of('factors').split(',') as unknown as Waiting['factors'] }
    : null
  const came = { isDone: told.has('done'), waiting, problem: of('problem'), linked: of('linked') }
  if (Object.values(came).some(Boolean)) history.replaceState(null, '', location.pathname + location.search)
  return came
}

export const came = takeFragment()

/** The way back from a provider sends no token of a cart: what stood in it is brought along here. */
export async function bringCartAlong(): Promise<void> {
  const cart = guestCart()
  if (cart === null) return
  // One that is gone, or another's, stays where it is.
  await client.call('POST', `/api/carts/${encodeURIComponent(cart.id)}/claim`, { body: {} }).catch(() => {})
}

/** Where a button leads: the server goes on to the provider. */
function startOf({ name }: Provider): string {
  const next = safeNext(new URLSearchParams(location.search).get('next'), location.origin)
  const path = next === null ? '/account' : next.slice(location.origin.length)
  return `/api/auth/oauth/${name}/start?next=${encodeURIComponent(path)}`
}

/** "Continue with …", one for each that the project has. */
export function ProviderWays(): VNode | null {
  const { words, providers } = useSurroundings()
  if (providers.length === 0) return null
  return html`<div class="sheet-ways sheet-providers">
    ${providers.map((one) => html`<a key=${one.name} class="button" href=${startOf(one)} rel="nofollow">${words.continueWith(one.title)}</a>`)}
  </div>`
}

/** What went wrong on the way, in a sentence. */
export function ProviderProblem(): VNode | null {
  const words = useWords()
  return came.problem === '' ? null : html`<p class="form-note bad" role="alert">${words.errors[came.problem] ?? words.broken}</p>`
}

type Linked = { items: { id: string; provider: string; title: string }[]; others: { provider: string; title: string }[] }

export function ProvidersPart(): VNode | null {
  const { words, providers } = useSurroundings()
  const [linked, setLinked] = useState<Linked | null>(null)
  const [error, setError] = useState<unknown>(undefined)
  const load = () => client.call<Linked>('GET', '/api/auth/identities').then(setLinked, setError)
  useEffect(() => {
    if (providers.length > 0) void load()
    return undefined
  }, [])
  if (providers.length === 0 || linked === null) return null
  const link = async (provider: string) => {
    setError(undefined)
    await client
      .call<{ url: string }>('POST', `/api/auth/oauth/${provider}/link`, { body: {} })
      .then(({ url }) => location.assign(url), setError)
  }
  const unlink = async (id: string) => {
    setError(undefined)
    await client.call('DELETE', `/api/auth/identities/${id}`).then(load, setError)
  }
  const told = linked.items.find(({ provider }) => provider === came.linked)
  return html`<section class="sheet-part">
    <h2>${words.providers}</h2>
    <p role="status" class=${told ? 'form-note good' : 'hidden'}>${told && words.linked(told.title)}</p>
    <${ProviderProblem} />
    <${Wrong} error=${error} />
    ${linked.items.length === 0 && html`<p class="faint">${words.noProvider}</p>`}
    <ul class="sheet-sessions">${linked.items.map(
      ({ id, title }) => html`<li key=${id}>
        <p>${title}</p>
        <button type="button" class="button small" aria-label=${words.unlinkOne(title)} onClick=${() => void unlink(id)}>${words.unlink}</button>
      </li>`,
    )}</ul>
    <p class="sheet-actions">${linked.others.map(
      ({ provider, title }) =>
        html`<button key=${provider} type="button" class="button" onClick=${() => void link(provider)}>${words.linkOne(title)}</button>`,
    )}</p>
  </section>`
}
