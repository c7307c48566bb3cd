/** Owns the bar that says on every page that somebody of support sees the shop as this customer, with the one click that ends it. */
import type { User } from 'kingpost/client'
import { letGo } from './cart-store.ts'
import { h } from './dom.ts'
import { banner, onSubmit } from './forms.ts'
import { client } from './shop.ts'
import { forgetTyped } from './typed.ts'

/** What the server says of whoever is signed in, beside the account. */
type Acting = { readonly impersonatedBy?: { readonly email: string; readonly mayWrite: boolean; readonly until: string } | null }

let bar: HTMLElement | null = null
let over: ReturnType<typeof setTimeout> | undefined

export function isActing(): boolean {
  return bar !== null
}

/** Null: nobody is signed in any more. */
export function showActing(user: (User & Acting) | null): void {
  clearTimeout(over)
  bar?.remove()
  bar = null
  const by = user?.impersonatedBy
  if (!by) return
  const problem = banner()
  const form = h('form', {}, problem, h('button', { class: 'button is-quiet', type: 'submit' }, 'Be yourself again'))
  onSubmit(form, problem, async () => {
    await client.call('POST', '/api/auth/impersonation/end', { body: {} })
    // It is the customer's.
    letGo()
    forgetTyped()
    location.assign('/console')
  })
  const may = by.mayWrite ? 'What you do is done in their name, with yours beside it.' : 'You can look, and change nothing.'
  const text = h('p', {}, `You are ${by.email}, and see the shop as ${user.email}. ${may}`)
  bar = h('aside', { class: 'acting', 'aria-label': 'Support acts as this customer' }, text, form)
  document.querySelector('.masthead')!.before(bar)
  // It ends at its time as well. Clocks differ: where this one is ahead, the page would load itself again and again.
  over = setTimeout(() => location.reload(), Math.max(60_000, Date.parse(by.until) - Date.now()))
}
