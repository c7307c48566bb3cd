/** What the link of an invitation leads to: what it is for, and either a new account or the one that the address has. */

import { ApiError } from '/client/index.ts'
import { html, useEffect, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { markSession, mayHaveSession } from '../session-mark.ts'
import { newPasswordField } from './enter-pages.ts'
import { Form, Sheet, type Typed, useSurroundings, useWords, Wrong } from './form.ts'
import { keepLink, NoLink, takeKeptLink } from './link-pages.ts'

type Invitation = { readonly email: string; readonly roles: readonly string[]; readonly hasAccount: boolean }

export function InvitationPage({ token }: { token: string }): VNode | null {
  const words = useWords()
  const [kept] = useState(() => token || takeKeptLink('invitation'))
  const [invitation, setInvitation] = useState<Invitation | null>(null)
  const [own, setOwn] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(undefined)
  useEffect(() => {
    if (kept === '') return undefined
    const asked = mayHaveSession()
      ? client.auth.me().then(
          ({ email }) => setOwn(email),
          () => markSession(false),
        )
      : Promise.resolve()
    // Looking changes nothing.
    const look = () => client.call<Invitation>('POST', '/api/invitations/open', { body: { token: kept } })
    asked.then(look).then(setInvitation, setError)
    return undefined
  }, [])
  if (kept === '') return html`<${NoLink} />`
  if (error) return html`<${Sheet} title=${words.invitation}><${Wrong} error=${error} /><//>`
  if (invitation === null) return null
  const { email, roles, hasAccount } = invitation
  const text = words.invitationText(email, roles.join(', '))
  if (!hasAccount) return html`<${Sheet} title=${words.invitation} text=${text}><${Join} token=${kept} email=${email} /><//>`
  return html`<${Sheet} title=${words.invitation} text=${text}><${Accept} token=${kept} email=${email} own=${own} /><//>`
}

function goOn(): void {
  location.replace('/console')
}

function Join({ token, email }: { token: string; email: string }): VNode {
  const surroundings = useSurroundings()
  const { words } = surroundings
  const send = async ({ name = '', password = '' }: Typed) => {
    const body = { token, password, ...(name.trim() === '' ? {} : { name }) }
    await client.call('POST', '/api/invitations/accept', { body })
    markSession(true)
    goOn()
  }
  return html`<${Form}
    fields=${[
      { name: 'email', label: words.email, type: 'email', autocomplete: 'username', value: email, isFixed: true },
      { name: 'name', label: words.name, autocomplete: 'name', isOptional: true },
      newPasswordField(surroundings, words.password),
    ]}
    action=${words.acceptInvitation}
    send=${send}
  />`
}

/** With the account that the address has: its owner signs in first, by whatever it asks for. */
function Accept({ token, email, own }: { token: string; email: string; own: string | null }): VNode {
  const words = useWords()
  const signIn = async () => {
    if (own !== null) await client.auth.logout().catch(() => {})
    markSession(false)
    keepLink('invitation', token)
    location.assign('/account/sign-in?next=/account/invitation')
  }
  const send = async () => {
    await client.call('POST', '/api/invitations/accept', { body: { token } }).catch(async (error: unknown) => {
      if (error instanceof ApiError && error.code === 'invitation_for_account') return await signIn()
      throw error
    })
    goOn()
  }
  if (own === email) return html`<${Form} fields=${[]} action=${words.acceptInvitation} send=${send} />`
  return html`<p>${words.invitationSignIn}</p>
    <button type="button" class="button primary wide" onClick=${signIn}>${words.signIn}</button>`
}
