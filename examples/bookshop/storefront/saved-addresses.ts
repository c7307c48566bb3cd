/** Owns the list of the addresses that an account keeps: to see, to choose the usual one, and to remove. */
import type { Cart } from 'kingpost/client'
import { words } from './account-words.ts'
import { addressLines, readAddress } from './address.ts'
import { announce, h, showToast } from './dom.ts'
import { explain } from './problems.ts'
import { findUser } from './session.ts'
import { client } from './shop.ts'

type Saved = {
  readonly id: string
  readonly label: string | null
  readonly name: string
  readonly line1: string
  readonly line2: string | null
  readonly city: string
  readonly region: string | null
  readonly postalCode: string | null
  readonly country: string
  readonly isDefaultShipping: boolean | null
}

/** Of the account, the usual one first. None where they cannot be read. */
export async function findSaved(): Promise<readonly Saved[]> {
  const page = await client.call<{ items: Saved[] }>('GET', '/api/addresses').catch(() => null)
  return (page?.items ?? []).toSorted((a, b) => Number(b.isDefaultShipping) - Number(a.isDefaultShipping))
}

/** A cart without an address shows the usual one of the account in its form. */
export async function withUsual(cart: Cart | null): Promise<Cart | null> {
  if (cart === null || cart.shippingAddress !== null || (await findUser()) === null) return cart
  const [usual] = await findSaved()
  return usual === undefined ? cart : { ...cart, shippingAddress: usual }
}

const KEEP = 'keepAddress'

export function keepChoice(): HTMLElement {
  const box = h('input', { type: 'checkbox', name: KEEP })
  return h('label', { class: 'choice' }, box, ' Keep this address in my account')
}

/** Nobody's order waits for this, or fails with it. */
export async function keepChosen(form: HTMLFormElement): Promise<void> {
  const box = form.elements.namedItem(KEEP)
  if (!(box instanceof HTMLInputElement && box.checked)) return
  box.checked = false
  const body = { ...readAddress(form), isDefaultShipping: true }
  await client.call('POST', '/api/addresses', { body }).catch(() => null)
}

export function drawSaved(saved: readonly Saved[]): HTMLElement {
  const view = h('section', { class: 'saved-addresses', 'aria-label': words.addresses })
  const again = async (work: () => Promise<unknown>) => {
    try {
      await work()
      view.replaceWith(drawSaved(await findSaved()))
      announce(words.addresses)
    } catch (error) {
      showToast(explain(error))
    }
  }
  const path = ({ id }: Saved) => `/api/addresses/${encodeURIComponent(id)}`
  const row = (one: Saved) => {
    const lines = addressLines(one)
    const what = `: ${lines.slice(0, 2).join(', ')}`
    const button = (text: string, work: () => Promise<unknown>) =>
      h('button', { class: 'button is-quiet', type: 'button', 'aria-label': `${text}${what}`, onclick: () => void again(work) }, text)
    return h(
      'li',
      {},
      h('address', {}, lines.join(', ')),
      one.isDefaultShipping === true
        ? h('strong', {}, words.usualAddress)
        : button(words.makeUsual, () => client.call('PATCH', path(one), { body: { isDefaultShipping: true } })),
      button(words.remove, () => client.call('DELETE', path(one))),
    )
  }
  view.replaceChildren(
    h('h2', {}, words.addresses),
    saved.length === 0 ? h('p', { class: 'quiet' }, words.noAddresses) : h('ul', {}, saved.map(row)),
  )
  return view
}
