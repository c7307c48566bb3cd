/** Owns the account page: sign in, register, sign out, and the orders so far. */
import { ApiError, type Order, SecondFactorNeeded, type User } from 'kingpost/client'
import { speech, words } from '../account-words.ts'
import { h, showToast } from '../dom.ts'
import { banner, field, onSubmit, readField } from '../forms.ts'
import { tellOrder } from '../order-state.ts'
import { explain } from '../problems.ts'
import { navigate, type Page, refresh, type Visit } from '../router.ts'
import { drawSaved, findSaved } from '../saved-addresses.ts'
import { findUser, loseSession, register, signIn, signOut, takeExpiry } from '../session.ts'
import { client, formatDay, formatMoney } from '../shop.ts'

/** The server's own minimum; saying it here spares a round trip. */
const PASSWORD_LENGTH_MIN = 8
/** The default page has all that this one lacks. */
const security = '/account/security'

export async function openAccount({ url, signal }: Visit): Promise<Page> {
  // Back from another provider that was linked, or was not: the default page began it, and tells how it went.
  if (/^#(?:linked|problem)=/.test(location.hash)) location.replace(`${security}${location.hash}`)
  const user = await findUser()
  if (user === null) return signInPage(url)
  try {
    const asked = client.orders.list({ filter: { customer: user.id }, sort: '-createdAt', limit: 50 }, { signal })
    const [orders, saved] = await Promise.all([asked, findSaved()])
    const view = accountView(user, orders.items)
    view.querySelector('details')!.before(drawSaved(saved))
    return { title: words.myAccount, view }
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401)) throw error
    loseSession()
    return signInPage(url)
  }
}

function accountView(user: User, orders: readonly Order[]): HTMLElement {
  const problem = banner()
  const leave = h('button', { class: 'button is-quiet', type: 'submit' }, words.signOut)
  const form = h('form', {}, problem, leave)
  const leaveIt = async () => {
    await signOut()
    navigate('/account', { replace: true })
  }
  onSubmit(form, problem, leaveIt, speech)
  return h(
    'div',
    { class: 'account', lang: words.lang },
    h(
      'header',
      { class: 'account-head' },
      h('div', {}, h('h1', {}, user.name ? words.hello(user.name) : words.myAccount), h('p', { class: 'quiet' }, user.email)),
      form,
    ),
    h('h2', {}, words.myOrders),
    orders.length === 0
      ? h('p', { class: 'quiet' }, `${words.noOrders} `, h('a', { href: '/' }, words.findBook))
      : h('ul', { class: 'orders', lang: 'en' }, orders.map(orderRow)),
    h('details', { class: 'other-way' }, h('summary', {}, words.changePassword), passwordForm()),
    h('p', {}, h('a', { href: security }, words.security), '; ', h('a', { href: security }, words.data)),
  )
}

function passwordForm(): HTMLElement {
  const problem = banner()
  const form = h(
    'form',
    { class: 'retry' },
    field({ label: words.currentPassword, name: '/current', type: 'password', autocomplete: 'current-password' }),
    field({
      label: words.newPassword,
      name: '/password',
      type: 'password',
      autocomplete: 'new-password',
      minlength: PASSWORD_LENGTH_MIN,
      hint: `${words.passwordHint(PASSWORD_LENGTH_MIN)} ${words.elsewhereOut}`,
    }),
    problem,
    h('button', { class: 'button is-wide', type: 'submit' }, words.changeIt),
  )
  const change = async () => {
    await client.auth.changePassword({ current: readField(form, '/current'), password: readField(form, '/password') })
    form.reset()
    showToast(words.passwordChanged)
  }
  onSubmit(form, problem, change, speech)
  return form
}

function orderRow(order: Order): HTMLElement {
  const count = order.lines.reduce((sum, line) => sum + line.quantity, 0)
  const { mood, label } = tellOrder(order, undefined)
  return h(
    'li',
    {},
    h(
      'a',
      { class: 'order-row', href: `/orders/${encodeURIComponent(order.id)}` },
      h('span', { class: `dot is-${mood}`, 'aria-hidden': 'true' }),
      h(
        'span',
        { class: 'order-words' },
        h('strong', {}, `Order ${order.number}`),
        h('span', { class: 'quiet' }, `${formatDay(order.placedAt ?? order.createdAt)} · ${label}`),
      ),
      h(
        'span',
        { class: 'order-sum' },
        h('strong', {}, formatMoney(order.totals.total)),
        h('span', { class: 'quiet' }, count === 1 ? '1 book' : `${count} books`),
      ),
    ),
  )
}

function signInPage(url: URL): Page {
  const notice = takeExpiry() && words.expired
  const next = safeNext(url.searchParams.get('next'))
  const goOn = () => (next === '/account' ? refresh() : navigate(next, { replace: true }))
  const otherWay = `/account/sign-in?next=${encodeURIComponent(next)}`
  return {
    title: words.signIn,
    view: h(
      'div',
      { class: 'account', lang: words.lang },
      h('h1', {}, words.yourAccount),
      notice && h('p', { class: 'banner', role: 'alert' }, notice),
      h('div', { class: 'columns is-even' }, signInForm(goOn, otherWay), registerForm(goOn)),
    ),
  }
}

function signInForm(goOn: () => void, otherWay: string): HTMLElement {
  const problem = banner()
  const form = h(
    'form',
    { class: 'panel' },
    h('h2', {}, words.signIn),
    field({ label: words.email, name: '/email', type: 'email', autocomplete: 'username' }),
    field({
      label: words.password,
      name: '/password',
      type: 'password',
      autocomplete: 'current-password',
    }),
    problem,
    h('button', { class: 'button is-wide', type: 'submit' }, words.signIn),
    h(
      'p',
      { class: 'quiet' },
      h('a', { href: '/account/reset' }, words.forgotten),
      ' ',
      // The default page has them, and goes on from there.
      h('a', { href: otherWay }, words.otherWays),
    ),
  )
  const send = async () => {
    try {
      await signIn(readField(form, '/email'), readField(form, '/password'))
    } catch (error) {
      if (!(error instanceof SecondFactorNeeded)) throw error
      // The default page asks for it, and goes on from there.
      return location.assign(`${otherWay}#${new URLSearchParams({ pending: error.pending, factors: error.factors.join() })}`)
    }
    goOn()
  }
  onSubmit(form, problem, send, speech)
  return form
}

function registerForm(goOn: () => void): HTMLElement {
  const problem = banner()
  const form = h(
    'form',
    { class: 'panel' },
    h('h2', {}, words.newHere),
    field({ label: words.name, name: '/name', autocomplete: 'name', optional: true, optionalText: words.optional }),
    field({ label: words.email, name: '/email', type: 'email', autocomplete: 'email' }),
    field({
      label: words.password,
      name: '/password',
      type: 'password',
      autocomplete: 'new-password',
      minlength: PASSWORD_LENGTH_MIN,
      hint: words.passwordHint(PASSWORD_LENGTH_MIN),
    }),
    problem,
    h('button', { class: 'button is-wide', type: 'submit' }, words.register),
  )
  const send = async () => {
    const email = readField(form, '/email')
    await register(email, readField(form, '/password'), readField(form, '/name'))
    goOn()
  }
  onSubmit(form, problem, send, { ...speech, whole: explainRegister })
  return form
}

/** No account was opened because there is one already, and its password is another. */
function explainRegister(error: unknown): string {
  if (error instanceof ApiError && error.code === 'login_failed') return words.mayExist
  return (speech.whole ?? explain)(error)
}

/** Only paths of this shop: `//evil.example` would leave it. */
function safeNext(next: string | null): string {
  return next && /^\/[^/\\]/.test(next) ? next : '/account'
}
