/** Owns the codes of discounts in the cart: one is typed in, and each says what it takes or why it takes nothing. */
import type { Cart } from 'kingpost/client'
import { updateCart } from './cart-store.ts'
import { announce, h } from './dom.ts'
import { banner, field, onSubmit, readField, showBanner } from './forms.ts'
import { explain } from './problems.ts'
import { formatMoney } from './shop.ts'

/** `show`: draws the page again. */
export function drawCodes(cart: Cart, show: (next: Cart) => void): HTMLElement {
  const problem = banner()
  // Where the code stands in what is sent: so an error of it is told here.
  const name = `/discountCodes/${cart.discountCodes.length}`
  const form = h(
    'form',
    { class: 'codes' },
    field({ label: 'Code', name, autocomplete: 'off' }),
    h('button', { class: 'button is-quiet', type: 'submit' }, 'Use code'),
  )
  const change = async (discountCodes: readonly string[], said: string) => {
    show(await updateCart({ discountCodes }))
    announce(said)
    document.querySelector<HTMLElement>('.codes input')?.focus()
  }
  onSubmit(form, problem, () => change([...cart.discountCodes, readField(form, name)], 'The code is on your cart'))
  const remove = (code: string) =>
    change(
      cart.discountCodes.filter((one) => one !== code),
      `${code} removed`,
    ).catch((error: unknown) => showBanner(problem, explain(error)))
  return h(
    'section',
    { 'aria-label': 'Discounts' },
    h(
      'ul',
      { class: 'code-list' },
      cart.discountCodes.map((code) =>
        h(
          'li',
          {},
          h('strong', {}, code),
          ' ',
          h('button', { class: 'quiet-link', type: 'button', 'aria-label': `Remove ${code}`, onclick: () => remove(code) }, 'Remove'),
          h('p', { class: 'quiet' }, whatItDoes(cart, code)),
        ),
      ),
    ),
    problem,
    form,
  )
}

function whatItDoes({ discounts }: Cart, code: string): string {
  const found = discounts.find((one) => one.code === code)
  if (found === undefined) return ''
  return found.reason?.message ?? `${formatMoney(found.amount)} off`
}
