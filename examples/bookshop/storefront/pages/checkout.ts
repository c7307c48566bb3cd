/**
 * Owns checkout: who, where to, how, and with what. The order is placed once: pressing again after a lost answer
 * meets the same cart, and the server answers the same order.
 */
import { ApiError, type Cart, type CheckoutBody, type Money, type User } from 'kingpost/client'
import { words } from '../account-words.ts'
import { addressFields, countryField, localCountry, readAddress } from '../address.ts'
import { drawCartTotals, drawLine, findBooks } from '../cart-parts.ts'
import { findCart, findLastOrderId, turnIntoOrder, updateCart } from '../cart-store.ts'
import { createCredit } from '../credit.ts'
import { h } from '../dom.ts'
import { banner, field, onSubmit, radios, readField, showBanner } from '../forms.ts'
import { askForWays, followPayment, paymentChoice, paymentRadios } from '../payment-methods.ts'
import { explain, explainLines } from '../problems.ts'
import { navigate, type Page, type Visit } from '../router.ts'
import { findSaved, keepChoice, keepChosen, savedChoice, withUsual } from '../saved-addresses.ts'
import { findUser } from '../session.ts'
import { client, formatMoney, type ShippingMethod } from '../shop.ts'
import { forgetTyped, keepTyped } from '../typed.ts'
import { createVat } from '../vat.ts'
import { emptyCart, openCart } from './cart.ts'
import { forgetLists } from './catalogue.ts'

export async function openCheckout({ signal }: Visit): Promise<Page> {
  const saving = findUser().then((user) => (user === null ? [] : findSaved()))
  const [begun, user, saved, methods] = await Promise.all([
    findCart(),
    findUser(),
    saving,
    client.shippingMethods.list({ sort: 'price' }, { signal }),
    askForWays(),
  ])
  if (begun === null || begun.lines.length === 0) return { title: 'Checkout', view: emptyCart() }
  // Nothing can be ordered beside what is gone: the cart says so, and lets it be taken out.
  if (begun.lines.some(({ available }) => !available)) return await openCart()
  const country = withUsual(begun, saved).shippingAddress?.country ?? localCountry()
  // What the server answers has no address yet.
  const cart = withUsual(begun.needsShipping ? await withDelivery(begun, reachable(methods.items, country)) : begun, saved)
  const found = await findBooks(cart.lines)
  const problem = banner()
  const pay = h('button', { class: 'button is-wide', type: 'submit' }, 'Pay')
  const totals = h('div', { 'aria-live': 'polite' })
  const delivery = h('section', { class: 'step' }, deliveryChoice(cart, reachable(methods.items, country)))
  let latest = cart
  const credit = await createCredit(user, () => showTotals(latest))
  const list = h('ul', { class: 'lines is-small' })
  const payment = h('section', { class: 'step' }, paymentRadios())
  const showTotals = (next: Cart) => {
    latest = next
    list.replaceChildren(...next.lines.map((line) => drawLine(line, found.get(line.variant))))
    vat.tell(next)
    const due = credit.due(next.totals.total)
    totals.replaceChildren(drawCartTotals(next), ...drawDue(next.totals.total, due))
    payment.hidden = due.amount === 0
    pay.textContent = due.amount === 0 ? 'Place the order' : `Pay ${formatMoney(due)}`
  }
  const vat = createVat(cart, (next) => showTotals(next))
  const form = drawForm({
    cart,
    user,
    saved: savedChoice(saved, begun.shippingAddress ? undefined : saved[0]?.id),
    list,
    delivery,
    vat: vat.view,
    credit: credit.view,
    payment,
    foot: [totals, problem, pay],
  })
  showTotals(cart)
  // Delivery has a price, so the sum must follow the choice before anyone presses Pay.
  const followChange = async (target: EventTarget | null) => {
    const changed = await changeDelivery(target, methods.items, latest)
    if (changed?.offered) delivery.replaceChildren(deliveryChoice(changed.cart, changed.offered))
    if (changed) showTotals(changed.cart)
    if (target instanceof HTMLElement && target.matches('[name^="/shippingAddress/"]')) await vat.look()
  }
  form.addEventListener('change', ({ target }) => void followChange(target).catch((error) => showBanner(problem, explain(error))))
  keepTyped(form)
  const parts = { form, problem, vat, credit, shown: () => latest, show: showTotals }
  onSubmit(form, problem, () => pressPay(parts), { whole: (error) => explainOrGo(error, latest) })
  return { title: 'Checkout', view: h('div', { class: 'checkout' }, h('h1', {}, 'Checkout'), form) }
}

type Asked = {
  readonly form: HTMLFormElement
  readonly problem: HTMLElement
  readonly vat: ReturnType<typeof createVat>
  readonly credit: Awaited<ReturnType<typeof createCredit>>
  shown(): Cart
  show(cart: Cart): void
}

async function pressPay({ form, problem, vat, credit, shown, show }: Asked): Promise<void> {
  const { needsShipping, needsConsent, totals } = shown()
  const seen = credit.due(totals.total).amount
  await credit.look()
  const updated = await updateCart({
    email: readField(form, '/email'),
    ...(needsShipping
      ? { shippingAddress: readAddress(form), shippingMethod: readField(form, '/shippingMethod') }
      : { country: readField(form, '/country') }),
    vatId: vat.read(),
  })
  await keepChosen(form)
  show(updated)
  // Tax can depend on the address: nobody pays a sum they have not seen.
  const due = credit.due(updated.totals.total)
  if (due.amount !== seen) return showBanner(problem, 'The total has changed. Please look at it, then press Pay again.')
  const payment = paymentChoice(form, '/checkout/return')
  const consent = needsConsent ? { digitalConsent: true } : {}
  await placeOrder(updated.id, { payment, ...consent, ...credit.choice(), expectedTotal: updated.totals.total, expectedDue: due })
}

async function placeOrder(cart: string, asked: CheckoutBody): Promise<void> {
  const answer = await client.carts.checkOut(cart, asked)
  turnIntoOrder(answer.order)
  forgetTyped()
  forgetLists()
  followPayment(answer)
}

/** Ordered in another tab: the cart page tells of that order. */
function explainOrGo(error: unknown, cart: Cart): string {
  if (error instanceof ApiError && (error.code === 'cart_not_open' || error.status === 404)) navigate('/cart', { replace: true })
  return explainLines(error, cart)
}

type Parts = {
  cart: Cart
  user: User | null
  saved: HTMLElement | null
  list: HTMLElement
  delivery: HTMLElement
  vat: HTMLElement
  credit: HTMLElement
  payment: HTMLElement
  foot: readonly Node[]
}

/** What is left for a provider once cards and credit have paid. */
function drawDue(total: Money, due: Money): Node[] {
  if (due.amount === total.amount) return []
  const row = (name: string, of: Money) => h('div', {}, h('dt', {}, name), h('dd', {}, formatMoney(of)))
  const used = row('Gift card or credit', { ...total, amount: due.amount - total.amount })
  return [h('dl', { class: 'totals' }, used, row('Left to pay', due))]
}

function drawForm({ cart, user, saved, list, delivery, vat, credit, payment, foot }: Parts): HTMLFormElement {
  return h(
    'form',
    { class: 'columns' },
    h(
      'div',
      { class: 'steps' },
      h(
        'section',
        { class: 'step' },
        h('h2', {}, 'Contact'),
        user
          ? h('p', { class: 'quiet' }, `Signed in as ${user.email}`)
          : h(
              'p',
              { class: 'quiet', lang: words.lang },
              `${words.haveAccount} `,
              h('a', { href: '/account?next=/checkout' }, words.signInOrRegister),
            ),
        field({
          label: cart.needsShipping ? 'E-mail for receipt and news of the parcel' : 'E-mail for receipt and downloads',
          name: '/email',
          type: 'email',
          autocomplete: 'email',
          value: cart.email ?? user?.email ?? '',
        }),
      ),
      cart.needsShipping
        ? h(
            'section',
            { class: 'step' },
            h('h2', {}, 'Delivery address'),
            saved,
            addressFields(cart.shippingAddress, user?.name ?? ''),
            user && keepChoice(),
          )
        : h('section', { class: 'step' }, h('h2', {}, 'Where you are'), countryField(cart.country)),
      cart.needsShipping && delivery,
      vat,
      credit,
      payment,
    ),
    h(
      'aside',
      { class: 'summary', 'aria-label': 'Your order' },
      h('h2', {}, 'Your order'),
      list,
      cart.needsConsent && consentField(),
      foot,
      h('p', { class: 'quiet fine-print' }, 'Play money: nothing is charged and nothing is sent.'),
    ),
  )
}

/** Pressing Pay without it is held up by the browser. */
function consentField(): HTMLElement {
  const text = 'Deliver my downloads at once. I know that I can then no longer withdraw from buying them.'
  return h('label', { class: 'consent' }, h('input', { type: 'checkbox', name: '/digitalConsent', required: true }), ` ${text}`)
}

/** What goes to this country. */
function reachable(methods: readonly ShippingMethod[], country: string): ShippingMethod[] {
  return methods.filter(({ countries }) => !countries || countries.includes(country))
}

/** The cart after a change of how or where it is sent; null when something else was changed. */
async function changeDelivery(target: EventTarget | null, methods: readonly ShippingMethod[], cart: Cart) {
  if (target instanceof HTMLInputElement && target.name === '/shippingMethod') {
    return { cart: await updateCart({ shippingMethod: target.value }), offered: null }
  }
  if (!(target instanceof HTMLSelectElement) || !target.name.endsWith('/country')) return null
  const offered = reachable(methods, target.value)
  const isOffered = offered.some(({ id }) => id === cart.shippingMethod)
  return { cart: isOffered ? cart : await withDelivery({ ...cart, shippingMethod: null }, offered), offered }
}

/** Most people take the cheapest way: choosing it for them shows the whole sum from the start. */
async function withDelivery(cart: Cart, methods: readonly ShippingMethod[]): Promise<Cart> {
  const [cheapest] = methods.toSorted((a, b) => a.price.amount - b.price.amount)
  if (cart.shippingMethod !== null || cheapest === undefined) return cart
  return updateCart({ shippingMethod: cheapest.id })
}

function deliveryChoice(cart: Cart, methods: readonly ShippingMethod[]): HTMLElement {
  const chosen = cart.shippingMethod ?? undefined
  if (methods.length === 0) {
    return h('p', { class: 'quiet' }, 'We cannot deliver at the moment. Please come back later.')
  }
  return radios(
    'Delivery',
    '/shippingMethod',
    methods.map(({ id, title, price }) => ({
      value: id,
      title,
      price: price.amount === 0 ? 'Free' : formatMoney(price),
    })),
    chosen,
  )
}

/** Where a payment page sends the customer back to; the order it was about is the last one of this browser. */
export function openReturn({ url }: Visit): Page {
  const id = url.searchParams.get('order') ?? findLastOrderId()
  queueMicrotask(() => navigate(id ? `/orders/${encodeURIComponent(id)}?back=1` : '/account', { replace: true }))
  return { title: 'Your order', view: h('p', { class: 'quiet' }, 'One moment…') }
}
