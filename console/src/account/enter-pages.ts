/** The ways in: a password, a link or a code by mail, and a new account. */

import type { SignIn } from '/client/index.ts'
import { html, useEffect, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { markSession, mayHaveSession } from '../session-mark.ts'
import { type Field, Form, pageLink, Sheet, type Surroundings, type Typed, useSurroundings, useWords } from './form.ts'
import { PasskeySignIn, SecondStep, secondStepText, type Waiting } from './passkey-parts.ts'
import { came, ProviderProblem, ProviderWays } from './providers.ts'
import { safeNext } from './safe-next.ts'
import type { Words } from './words.ts'

export function emailField(words: Words, value = ''): Field {
  return { name: 'email', label: words.email, type: 'email', autocomplete: 'username', value }
}

/** Where the browser offers passkeys beside addresses. */
function passkeyEmailField(words: Words): Field {
  return { ...emailField(words), autocomplete: 'username webauthn' }
}

export function newPasswordField({ words, passwordMin }: Surroundings, label: string): Field {
  const hint = words.passwordHint(passwordMin)
  return { name: 'password', label, type: 'password', autocomplete: 'new-password', hint, minLength: passwordMin }
}

/** To where somebody wanted to go when they were asked to sign in. */
function goOn(): void {
  location.replace(safeNext(new URLSearchParams(location.search).get('next'), location.origin) ?? '/account')
}

/** Whoever it is, they are in. */
function welcome(): void {
  markSession(true)
  goOn()
}

/**
 * Signs in by whatever way `path` is, and goes on. Answers what the account asks for as well, where it does, and else nothing: the
 * page is left.
 */
async function enter(path: string, body: object): Promise<Waiting | null> {
  const answer = await client.call<SignIn | Waiting>('POST', `/api/auth/${path}`, { body })
  if ('pending' in answer) return answer
  welcome()
  return null
}

/** The second step of a sign-in. */
function SecondFactor(waiting: Waiting): VNode {
  const words = useWords()
  return html`<${Sheet} title=${words.secondFactor} text=${secondStepText(words, waiting.factors)}>
    <${SecondStep} ...${waiting} onEnter=${welcome} />
    <p class="sheet-foot"><a href=${pageLink('sign-in')}>${words.toSignIn}</a></p>
  <//>`
}

/** Whoever is signed in already need not do it again. */
function useSignedIn(): void {
  useEffect(() => {
    // What went wrong on the way to a provider is read first.
    if (mayHaveSession() && came.problem === '')
      client.auth.me().then(goOn, () => {
        markSession(false)
      })
    return undefined
  }, [])
}

export function SignInPage(): VNode {
  const { words, mustVerify } = useSurroundings()
  const [waiting, setWaiting] = useState<Waiting | null>(came.waiting)
  useSignedIn()
  const send = async ({ email, password }: Typed) => setWaiting(await enter('login', { email, password }))
  if (waiting) return html`<${SecondFactor} ...${waiting} />`
  return html`<${Sheet} title=${words.signIn}>
    <${ProviderProblem} />
    <${Form}
      fields=${[passkeyEmailField(words), { name: 'password', label: words.password, type: 'password', autocomplete: 'current-password' }]}
      action=${words.signIn}
      send=${send}
    >
      <p class="sheet-aside"><a href=${pageLink('reset')}>${words.forgot}</a></p>
    <//>
    <p class="sheet-or"><span>${words.or}</span></p>
    <${ProviderWays} />
    <div class="sheet-ways">
      <${PasskeySignIn} onEnter=${welcome} />
      <a class="button" href=${pageLink('magic')}>${words.byLink}</a>
      <a class="button" href=${pageLink('code')}>${words.byCode}</a>
    </div>
    <p class="sheet-foot">${words.noAccount} <a href=${pageLink('register')}>${words.register}</a></p>
    ${mustVerify && html`<p class="sheet-foot">${words.notVerifiedYet} <a href=${pageLink('verify')}>${words.sendConfirm}</a></p>`}
  <//>`
}

export function RegisterPage(): VNode {
  const surroundings = useSurroundings()
  const { words, mustVerify, providers } = surroundings
  const [email, setEmail] = useState('')
  const send = async ({ name = '', email = '', password = '' }) => {
    await client.auth.register({ email, password, ...(name.trim() === '' ? {} : { name }) })
    if (mustVerify) return setEmail(email)
    // The answer is the same for an address that has an account. With another password nobody is signed in, and the mail says why.
    await enter('login', { email, password }).catch(() => setEmail(email))
  }
  if (email !== '') return html`<${MailSent} text=${words.registered(email)} />`
  return html`<${Sheet} title=${words.register}>
    <${Form}
      fields=${[
        { name: 'name', label: words.name, autocomplete: 'name', isOptional: true },
        emailField(words),
        newPasswordField(surroundings, words.password),
      ]}
      action=${words.registerAction}
      send=${send}
    />
    ${providers.length > 0 && html`<p class="sheet-or"><span>${words.or}</span></p>`}
    <${ProviderWays} />
    <p class="sheet-foot">${words.haveAccount} <a href=${pageLink('sign-in')}>${words.signIn}</a></p>
  <//>`
}

function MailSent({ text }: { text: string }): VNode {
  const words = useWords()
  return html`<${Sheet} title=${words.lookIntoMail} text=${text}>
    <p class="sheet-foot"><a href=${pageLink('sign-in')}>${words.toSignIn}</a></p>
  <//>`
}

/** Asks for an address, and for a mail to it. */
export function AskForMail(props: { title: string; text: string; path: string; action: string }): VNode {
  const words = useWords()
  const [email, setEmail] = useState('')
  const send = async ({ email = '' }) => {
    await client.call('POST', props.path, { body: { email } })
    setEmail(email)
  }
  if (email !== '') return html`<${MailSent} text=${words.sent(email)} />`
  return html`<${Sheet} title=${props.title} text=${props.text}>
    <${Form} fields=${[emailField(words)]} action=${props.action} send=${send} />
    <p class="sheet-foot"><a href=${pageLink('sign-in')}>${words.toSignIn}</a></p>
  <//>`
}

export function MagicPage({ token }: { token: string }): VNode {
  const words = useWords()
  const [waiting, setWaiting] = useState<Waiting | null>(null)
  if (token === '')
    return html`<${AskForMail} title=${words.magic} text=${words.magicText} path="/api/auth/magic" action=${words.sendLink} />`
  if (waiting) return html`<${SecondFactor} ...${waiting} />`
  const send = async () => setWaiting(await enter('magic/confirm', { token }))
  return html`<${Sheet} title=${words.signIn} text=${words.magicOpen}>
    <${Form} fields=${[]} action=${words.signIn} send=${send} />
    <p class="sheet-foot"><a href=${pageLink('magic')}>${words.askAgain}</a></p>
  <//>`
}

export function CodePage(): VNode {
  const words = useWords()
  const [email, setEmail] = useState('')
  const [waiting, setWaiting] = useState<Waiting | null>(null)
  useSignedIn()
  const ask = async ({ email = '' }) => {
    await client.call('POST', '/api/auth/code', { body: { email } })
    setEmail(email)
  }
  if (email === '')
    return html`<${Sheet} title=${words.codeTitle} text=${words.codeText}>
      <${Form} key="ask" fields=${[emailField(words)]} action=${words.sendCode} send=${ask} />
      <p class="sheet-foot"><a href=${pageLink('sign-in')}>${words.toSignIn}</a></p>
    <//>`
  if (waiting) return html`<${SecondFactor} ...${waiting} />`
  const send = async ({ code = '' }: Typed) => setWaiting(await enter('code/confirm', { email, code: code.replaceAll(/\s/g, '') }))
  return html`<${Sheet} title=${words.lookIntoMail} text=${words.codeSent(email)}>
    <${Form} key="code" fields=${[codeField(words)]} action=${words.signIn} send=${send} />
    <p class="sheet-foot"><button type="button" class="link" onClick=${() => setEmail('')}>${words.otherEmail}</button></p>
  <//>`
}

export function codeField(words: Words): Field {
  return { name: 'code', label: words.code, type: 'code', autocomplete: 'one-time-code', hint: words.codeHint }
}
