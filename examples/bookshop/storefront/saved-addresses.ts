/** Owns the addresses that an account keeps: to see, add, change and remove, to choose the usual one, and to take one at checkout. */
import type { Cart } from 'kingpost/client'
import { speech, words } from './account-words.ts'
import { addressFields, addressLines, readAddress } from './address.ts'
import { h, showToast } from './dom.ts'
import { banner, field, onSubmit, readField, selectField } from './forms.ts'
import { explain } from './problems.ts'
import { client } from './shop.ts'

export type Saved = {
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
export function withUsual(cart: Cart, [usual]: readonly Saved[]): Cart {
  return cart.shippingAddress !== null || usual === undefined ? cart : { ...cart, shippingAddress: usual }
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

/** Checkout's choice among them: the address goes into the form, where it can still be changed. Nothing where none is kept. */
export function savedChoice(saved: readonly Saved[], chosen: string | undefined): HTMLElement | null {
  if (saved.length === 0) return null
  const choices = saved.map((one) => [one.id, nameOf(one)] as const)
  const choice = selectField({ label: 'One of your addresses', name: 'savedAddress', value: chosen ?? '' }, [
    ['', 'Another one'],
    ...choices,
  ])
  const select = choice.querySelector('select')!
  select.addEventListener('change', () => {
    const one = saved.find(({ id }) => id === select.value) ?? null
    const fields = addressFields(one, '')
    select.form!.querySelector('.address')!.replaceWith(fields)
    // What it costs to send follows the country.
    fields.querySelector('select')!.dispatchEvent(new Event('change', { bubbles: true }))
    for (const control of fields.querySelectorAll('input, select')) control.dispatchEvent(new Event('input', { bubbles: true }))
  })
  return choice
}

function nameOf(one: Saved): string {
  const lines = addressLines(one, words.lang)
  return one.label ?? lines.slice(0, 2).join(', ')
}

export function drawSaved(saved: readonly Saved[]): HTMLElement {
  const view = h('section', { class: 'saved-addresses', 'aria-label': words.addresses })
  const show = async (said: string) => {
    const fresh = drawSaved(await findSaved())
    view.replaceWith(fresh)
    fresh.querySelector('h2')?.focus()
    showToast(said)
  }
  const act = (work: () => Promise<unknown>, said: string) =>
    void work()
      .then(() => show(said))
      .catch((error) => showToast(explain(error)))
  const row = (one: Saved) => {
    const what = `: ${nameOf(one)}`
    const button = (text: string, onclick: () => void) =>
      h('button', { class: 'button is-quiet', type: 'button', 'aria-label': `${text}${what}`, onclick }, text)
    const item = h('li', {})
    const change = () => {
      const form = addressForm(one, show)
      form.append(
        h('button', { class: 'button is-quiet is-wide', type: 'button', onclick: () => void item.replaceWith(row(one)) }, words.leaveIt),
      )
      item.replaceChildren(form)
      form.querySelector('input')?.focus()
    }
    item.append(
      h('address', {}, one.label && h('strong', {}, `${one.label}: `), addressLines(one, words.lang).join(', ')),
      one.isDefaultShipping === true
        ? h('strong', {}, words.usualAddress)
        : button(words.makeUsual, () =>
            act(() => client.call('PATCH', pathOf(one), { body: { isDefaultShipping: true } }), words.addressKept),
          ),
      button(words.change, change),
      button(words.remove, () => act(() => client.call('DELETE', pathOf(one)), words.addressRemoved)),
    )
    return item
  }
  view.replaceChildren(
    h('h2', { tabindex: '-1' }, words.addresses),
    saved.length === 0 ? h('p', { class: 'quiet' }, words.noAddresses) : h('ul', {}, saved.map(row)),
    h('details', { class: 'other-way' }, h('summary', {}, words.addAddress), addressForm(null, show, saved.length === 0)),
  )
  return view
}

const pathOf = ({ id }: Saved) => `/api/addresses/${encodeURIComponent(id)}`

/** Of a new one, or of one that is changed: what is emptied there is forgotten. */
function addressForm(one: Saved | null, done: (said: string) => Promise<void>, isFirst = false): HTMLFormElement {
  const problem = banner()
  const form = h(
    'form',
    { class: 'retry' },
    field({ label: words.addressLabel, name: '/label', value: one?.label ?? '', optional: true, optionalText: words.optional }),
    addressFields(one, '', { base: '', words: words.address }),
    problem,
    h('button', { class: 'button is-wide', type: 'submit' }, words.saveAddress),
  )
  const save = async () => {
    const label = readField(form, '/label')
    const body = { ...readAddress(form, ''), ...(label && { label }) }
    if (one === null) await client.call('POST', '/api/addresses', { body: { ...body, ...(isFirst && { isDefaultShipping: true }) } })
    else await client.call('PATCH', pathOf(one), { body: { label: null, line2: null, region: null, postalCode: null, ...body } })
    await done(words.addressKept)
  }
  onSubmit(form, problem, save, speech)
  return form
}
