/** The account of whoever is signed in: name, address, password, and where else it is signed in. */

import { ApiError, type Session, type User } from '/client/index.ts'
import { html, useEffect, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { markSession, mayHaveSession } from '../session-mark.ts'
import { ActingBar, loadMe, type Me } from './acting.ts'
import { newPasswordField } from './enter-pages.ts'
import { FactorsPart } from './factors.ts'
import { Form, localeOf, Sheet, type Typed, useSurroundings, useWords, Wrong } from './form.ts'
import { ProvidersPart } from './providers.ts'
import { YourData } from './your-data.ts'

function askToSignIn(): void {
  markSession(false)
  const isHome = location.pathname === '/account'
  location.replace(isHome ? '/account/sign-in' : `/account/sign-in?next=${encodeURIComponent(location.pathname)}`)
}

export function AccountPage(): VNode | null {
  return html`<${Account} title=${useWords().account} />`
}

/** Where a project has an account page of its own, which leads here for all that it lacks. */
export function SecurityPage(): VNode | null {
  const words = useWords()
  return html`<${Account} title=${words.security} end=${html`<a class="button" href="/account">${words.toAccount}</a>`} />`
}

/** All that somebody does with their account. `end` is what stands last, in place of signing out. */
function Account({ title, end }: { title: string; end?: View }): VNode | null {
  const words = useWords()
  const [user, setUser] = useState<Me | null>(null)
  const [error, setError] = useState<unknown>(undefined)
  const [closed, setClosed] = useState('')
  useEffect(() => {
    if (mayHaveSession())
      loadMe().then(setUser, (cause) => (cause instanceof ApiError && cause.status === 401 ? askToSignIn() : setError(cause)))
    else askToSignIn()
    return undefined
  }, [])
  if (error) return html`<${Sheet} title=${title}><${Wrong} error=${error} /><//>`
  if (closed !== '') return html`<${Sheet} title=${words.eraseDone} text=${words.eraseDoneText(closed)} />`
  if (user === null) return null
  const signOut = async () => {
    await client.auth.logout().catch(() => {})
    askToSignIn()
  }
  const leave = html`<div class="sheet-end"><button type="button" class="button" onClick=${signOut}>${words.signOut}</button></div>`
  if (user.lacksFactor)
    return html`<${Sheet} title=${words.factorFirst} text=${words.factorFirstText} isWide=${true}>
      <${FactorsPart} onAdded=${() => location.assign('/console')} />
      ${leave}
    <//>`
  // Who somebody is stays theirs: whoever acts as them sees the name alone.
  if (user.impersonatedBy)
    return html`<${Sheet} title=${title} isWide=${true}>
      <${ActingBar} me=${user} />
      <p class="sheet-email">${user.email}</p>
      <p><a href="/">${words.toSite}</a></p>
    <//>`
  return html`<${Sheet} title=${title} isWide=${true}>
    <${Person} user=${user} onChange=${(changed: User) => setUser({ ...user, ...changed })} />
    <${FactorsPart} />
    <${ProvidersPart} />
    <${Sessions} />
    <${YourData} onClosed=${setClosed} />
    ${end ? html`<div class="sheet-end">${end}</div>` : leave}
  <//>`
}

function Person({ user, onChange }: { user: User; onChange: (user: User) => void }): VNode {
  const surroundings = useSurroundings()
  const { words } = surroundings
  const [told, setTold] = useState('')
  const [error, setError] = useState<unknown>(undefined)
  const resend = () =>
    client
      .call('POST', '/api/auth/verify/resend', { body: { email: user.email } })
      .then(() => setTold(words.confirmSent(user.email)), setError)
  const rename = async ({ name = '' }: Typed) => {
    onChange(await client.call<User>('PATCH', '/api/auth/me', { body: { name: name.trim() === '' ? null : name } }))
    setTold(words.nameSaved)
  }
  const move = async ({ email = '' }: Typed) => {
    await client.call('POST', '/api/auth/email', { body: { email } })
    setTold(words.confirmSent(email))
  }
  const change = async ({ current = '', password = '' }: Typed) => {
    await client.auth.changePassword({ current, password })
    setTold(words.passwordSaved)
  }
  const current = { name: 'current', label: words.currentPassword, type: 'password', autocomplete: 'current-password' }
  const email = { name: 'email', label: words.newEmail, type: 'email', autocomplete: 'email', hint: words.changeEmailHint }
  return html`<section class="sheet-part">
    ${user.name && html`<p class="sheet-name">${user.name}</p>`}
    <p class="sheet-email">${user.email} <span class="chip ${user.emailVerified ? 'good' : 'wait'}">${user.emailVerified ? words.confirmed : words.unconfirmed}</span></p>
    ${!user.emailVerified && html`<p><button type="button" class="link" onClick=${resend}>${words.sendConfirm}</button></p>`}
    <p role="status" class=${told ? 'form-note good' : 'hidden'}>${told}</p>
    <${Wrong} error=${error} />
    <${Fold} title=${words.changeName} told=${told}>
      <${Form} fields=${[{ name: 'name', label: words.name, autocomplete: 'name', value: user.name ?? '', isOptional: true }]} action=${words.save} send=${rename} />
    <//>
    <${Fold} title=${words.changeEmail} told=${told}>
      <${Form} fields=${[email]} action=${words.save} send=${move} />
    <//>
    <${Fold} title=${words.changePassword} told=${told}>
      <p class="faint small">${words.changePasswordHint} <a href="/account/reset">${words.noPassword}</a></p>
      <${Form} fields=${[current, newPasswordField(surroundings, words.newPassword)]} action=${words.save} send=${change} />
    <//>
  </section>`
}

/** Closed, and empty again, when what it is for has been done. */
function Fold({ title, told, children }: { title: string; told: string; children?: View }): VNode {
  return html`<details key=${told} class="sheet-fold"><summary>${title}</summary>${children}</details>`
}

function Sessions(): VNode {
  const words = useWords()
  const [items, setItems] = useState<readonly Session[]>([])
  const [told, setTold] = useState('')
  const [error, setError] = useState<unknown>(undefined)
  const load = () => client.auth.sessions().then((page) => setItems(page.items), setError)
  useEffect(() => {
    void load()
    return undefined
  }, [])
  const end = async (id: string) => {
    await client.auth.revokeSession(id).then(load, setError)
  }
  const endOthers = async () => {
    await client.call('DELETE', '/api/auth/sessions').then(() => {
      setTold(words.othersEnded)
      return load()
    }, setError)
  }
  return html`<section class="sheet-part">
    <h2>${words.sessions}</h2>
    <p role="status" class=${told ? 'form-note good' : 'hidden'}>${told}</p>
    <${Wrong} error=${error} />
    <ul class="sheet-sessions">${items.map((item) => html`<${SessionRow} key=${item.id} item=${item} onEnd=${() => void end(item.id)} />`)}</ul>
    ${items.length > 1 && html`<p><button type="button" class="button" onClick=${endOthers}>${words.endOthers}</button></p>`}
  </section>`
}

function SessionRow({ item, onEnd }: { item: Session; onEnd: () => void }): VNode {
  const words = useWords()
  const device = item.device ?? words.unknownDevice
  const used = new Intl.DateTimeFormat(localeOf(words), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(item.usedAt))
  return html`<li>
    <div>
      <p>${device}${item.isCurrent && html` <span class="chip good">${words.thisBrowser}</span>`}</p>
      <p class="faint small">${words.used(used, item.origin)}</p>
    </div>
    ${!item.isCurrent && html`<button type="button" class="button small" aria-label=${words.endOne(device)} onClick=${onEnd}>${words.end}</button>`}
  </li>`
}
