/** Owns the field for the VAT number of a business, and what the shop answers to it. */
import { ApiError, type Cart } from 'kingpost/client'
import { readAddress } from './address.ts'
import { updateCart } from './cart-store.ts'
import { h } from './dom.ts'
import { field, readField } from './forms.ts'
import { explain, explainField } from './problems.ts'
import { tellVat } from './vat-words.ts'

const name = '/vatId'

export type VatField = {
  readonly view: HTMLElement
  /** For whoever sends the whole form; null where nothing is typed. */
  read(): string | null
  tell(cart: Cart): void
  /** Where it goes has changed. */
  look(): Promise<void>
}

/** `onChange`: the cart as it is with what was typed. It is asked once somebody leaves the field. */
export function createVat(cart: Cart, onChange: (cart: Cart) => void): VatField {
  const told = h('p', { class: 'quiet', role: 'status' }, tellVat(cart))
  const own = field({
    label: 'VAT number',
    name,
    autocomplete: 'off',
    value: cart.vatId ?? '',
    optional: true,
    hint: 'With the letters of its country: ATU13585626',
  })
  const input = own.querySelector('input')!
  const note = own.querySelector<HTMLElement>('.field-note')!
  const view = h('details', { class: 'step', open: cart.vatId !== null }, h('summary', {}, 'For businesses'), own, told)
  const form = () => view.closest('form')!
  const read = () => readField(form(), name) || null
  const tell = (next: Cart) => {
    told.textContent = tellVat(next)
  }
  const ask = async () => {
    const vatId = read()
    input.removeAttribute('aria-invalid')
    note.textContent = note.dataset.hint ?? ''
    try {
      // Where it goes decides as well, once that is there.
      const shippingAddress = isAddressed(form()) ? { shippingAddress: readAddress(form()) } : {}
      const next = await updateCart({ vatId, ...shippingAddress })
      onChange(next)
    } catch (error) {
      const wrong = error instanceof ApiError ? error.errors.find(({ path }) => path === name) : undefined
      told.textContent = wrong ? '' : explain(error)
      if (!wrong) return
      input.setAttribute('aria-invalid', 'true')
      note.textContent = explainField(wrong)
    }
  }
  input.addEventListener('change', () => void ask())
  const look = async () => {
    if (read() !== null && isAddressed(form())) await ask()
  }
  return { view, read, tell, look }
}

function isAddressed(form: HTMLFormElement): boolean {
  const fields = [...form.querySelectorAll<HTMLInputElement>('[name^="/shippingAddress/"]')]
  return fields.every(({ required, value }) => !required || value.trim() !== '')
}
