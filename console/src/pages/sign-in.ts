/** The doors: sign in, create the first admin from the one-time link, and a word to people without a role. */

import { ApiError, type SignIn } from '/client/index.ts'
import { html, useEffect, useRef, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { ActingBar, type Me } from '../account/acting.ts'
import { consoleWords, Surround } from '../account/form.ts'
import { PasskeySignIn, SecondStep, secondStepText, type Waiting as WaitingSignIn } from '../account/passkey-parts.ts'
import { client } from '../client.ts'
import { fieldErrors } from '../field-input.ts'
import { onMarked } from '../session-mark.ts'
import type { User } from '../shapes.ts'
import { Mark } from '../ui/icons.ts'
import { ErrorNote, textOf } from '../ui/parts.ts'
import { toast } from '../ui/toast.ts'

export function Waiting({ children }: { children?: View }): VNode {
  return html`<main class="door">
    ${children ?? html`<div class="door-wait" role="status" aria-label="Loading"><${Mark} size=${40} /></div>`}
  </main>`
}

function Door(props: { title: string; text?: View; children?: View }): VNode {
  useEffect(() => {
    document.title = `${props.title} – Kingpost console`
    return undefined
  }, [props.title])
  return html`<main class="door">
    <div class="door-card">
      <${Mark} size=${40} />
      <h1>${props.title}</h1>
      ${props.text && html`<p class="faint">${props.text}</p>`}
      ${props.children}
    </div>
  </main>`
}

/** E-mail and password, and what is done with them. */
function Credentials(props: {
  /** Answers nothing where more is asked for. */
  send: (typed: { email: string; password: string }) => Promise<(SignIn & { tookOver?: boolean }) | null>
  action: string
  isNew: boolean
  /** Whose account it most likely is. */
  email?: string
  onEnter: (user: User) => void
}): VNode {
  const { email: likely = '' } = props
  const [email, setEmail] = useState(likely)
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      const answer = await props.send({ email, password })
      if (answer === null) return
      const { user, tookOver } = answer
      if (tookOver) toast('This address had an account: its old password, sessions and API keys have ended.')
      props.onEnter(user)
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  const byField = error instanceof ApiError ? fieldErrors(error.errors) : {}
  const shown = Object.keys(byField).some((field) => field === 'email' || field === 'password')
  return html`<form class="form" onSubmit=${submit}>
    <${ErrorNote} error=${shown ? undefined : error} />
    <div class="field">
      <label for="email">E-mail</label>
      <input id="email" type="email" autocomplete=${props.isNew ? 'username' : 'username webauthn'} required autofocus=${likely === ''} value=${email}
        aria-invalid=${byField.email ? 'true' : undefined}
        onInput=${(event: Event) => setEmail(textOf(event))} />
      ${byField.email && html`<p class="field-error">${byField.email}</p>`}
    </div>
    <div class="field">
      <label for="password">Password</label>
      <input id="password" type="password" required autofocus=${likely !== ''} value=${password}
        autocomplete=${props.isNew ? 'new-password' : 'current-password'}
        aria-invalid=${byField.password ? 'true' : undefined}
        onInput=${(event: Event) => setPassword(textOf(event))} />
      ${byField.password && html`<p class="field-error">${byField.password}</p>`}
    </div>
    <button type="submit" class="button primary wide" disabled=${busy}>${props.action}</button>
  </form>`
}

export function SignInPage({ onEnter }: { onEnter: (user: User) => void }): VNode {
  const [waiting, setWaiting] = useState<WaitingSignIn | null>(null)
  if (waiting)
    return html`<${Door} title="Second step" text=${secondStepText(consoleWords.words, waiting.factors)}>
      <${Surround} value=${consoleWords}><${SecondStep} ...${waiting} onEnter=${onEnter} /><//>
    <//>`
  return html`<${Door} title="Sign in">
    <${WaysIn} onWait=${setWaiting} onEnter=${onEnter} />
    <p class="door-foot"><a href="/account/reset">Forgotten your password?</a></p>
  <//>`
}

function WaysIn(props: { email?: string; onWait: (waiting: WaitingSignIn) => void; onEnter: (user: User) => void }): VNode {
  const { email, onWait, onEnter } = props
  const send = async (typed: { email: string; password: string }) => {
    const answer = await client.call<SignIn | WaitingSignIn>('POST', '/api/auth/login', { body: typed })
    if (!('pending' in answer)) return answer
    onWait(answer)
    return null
  }
  return html`<${Credentials} send=${send} action="Sign in" isNew=${false} email=${email} onEnter=${onEnter} />
    <${Surround} value=${consoleWords}><${PasskeySignIn} onEnter=${onEnter} /><//>`
}

/** The session of a page ended while it was looked at. It stays as it is behind this, and nobody sees it. */
export function SignInAgain(props: { email: string; error: unknown; onEnter: () => void }): VNode {
  const { email, error, onEnter } = props
  const dialog = useRef<HTMLDialogElement | null>(null)
  const [waiting, setWaiting] = useState<WaitingSignIn | null>(null)
  const show = () => {
    if (dialog.current?.isConnected) dialog.current.showModal()
  }
  useEffect(() => {
    const shown = dialog.current
    show()
    const forget = onMarked(onEnter)
    return () => {
      forget()
      // It gives the focus back to where it was.
      shown?.close()
    }
  }, [])
  // Some browsers let nobody hold a dialog open: there is nothing to go back to, so it opens again.
  return html`<dialog class="door-again" ref=${dialog} onClose=${show} closedby="none" aria-labelledby="again-title" aria-describedby="again-text">
    <div class="dialog-body">
      <h2 id="again-title">${waiting ? 'Second step' : 'Your session has ended'}</h2>
      <p id="again-text" class="faint">${
        waiting
          ? secondStepText(consoleWords.words, waiting.factors)
          : 'You were signed out elsewhere, or did nothing for long. Sign in to go on: what you typed here is still there.'
      }</p>
      <${ErrorNote} error=${error} />
      ${
        waiting
          ? html`<${Surround} value=${consoleWords}><${SecondStep} ...${waiting} onEnter=${onEnter} /><//>`
          : html`<${WaysIn} email=${email} onWait=${setWaiting} onEnter=${onEnter} />`
      }
    </div>
  </dialog>`
}

export function SetupPage(props: { token: string; onEnter: (user: User) => void }): VNode {
  return html`<${Door}
    title="Create the first admin"
    text="This link works once. The account you create now may do everything, and can give others roles."
  >
    <${Credentials}
      send=${(typed: { email: string; password: string }) => client.auth.setup({ token: props.token, ...typed })}
      action="Create admin and sign in"
      isNew=${true}
      onEnter=${props.onEnter}
    />
  <//>`
}

/** Who acts as a customer is one here as well. */
export function Acting({ me }: { me: Me }): VNode {
  return html`<${Door} title="You act as a customer"><${Surround} value=${consoleWords}><${ActingBar} me=${me} /><//><//>`
}

export function FactorFirst({ onSignOut }: { onSignOut: () => void }): VNode {
  return html`<${Door} title="Add a second factor">
    <p>Your role asks for one. Until you have it, nothing else is open.</p>
    <a class="button primary wide" href="/account/security">Add it</a>
    <button type="button" class="button wide" onClick=${onSignOut}>Sign out</button>
  <//>`
}

export function NotStaff(props: { user: User; onSignOut: () => void }): VNode {
  return html`<${Door} title="This account is not staff">
    <p>
      You are signed in as <b>${props.user.email}</b>, but the console is for people with the role
      of staff. Ask an admin to give you one, or sign in with another account.
    </p>
    <button type="button" class="button wide" onClick=${props.onSignOut}>Sign out</button>
  <//>`
}
