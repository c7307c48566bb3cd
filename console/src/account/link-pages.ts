/**
 * What the links in mails lead to. Opening one changes nothing, for programs that look into mails open links as well: whoever came
 * here presses a button, and then the page posts the token.
 */

import { ApiError, type User } from '/client/index.ts'
import { html, useEffect, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { markSession, mayHaveSession } from '../session-mark.ts'
import { AskForMail, newPasswordField } from './enter-pages.ts'
import { type Field, Form, Sheet, type Typed, useSurroundings, useWords } from './form.ts'

type Link = {
  readonly token: string
  readonly path: string
  readonly title: string
  readonly text: string
  readonly fields?: readonly Field[]
  readonly action: string
  /** What is said when it is done, and where it goes on. */
  readonly done: { readonly title: string; readonly text: string; readonly href: string; readonly action: string }
  readonly endsSessions?: boolean
  /** Between the fields and the button. */
  readonly aside?: View
  readonly onRefusal?: (error: unknown) => void
}

function LinkPage(props: Link): VNode {
  const [isDone, setDone] = useState(false)
  const send = async (typed: Typed) => {
    await client.call('POST', props.path, { body: { token: props.token, ...typed } }).catch((error: unknown) => {
      props.onRefusal?.(error)
      throw error
    })
    if (props.endsSessions) markSession(false)
    setDone(true)
  }
  if (isDone)
    return html`<${Sheet} title=${props.done.title} text=${props.done.text}>
      <a class="button primary wide" href=${props.done.href}>${props.done.action}</a>
    <//>`
  return html`<${Sheet} title=${props.title} text=${props.text}>
    <${Form} fields=${props.fields ?? []} action=${props.action} send=${send}>${props.aside}<//>
  <//>`
}

/** Whoever is signed in to the account presses a button; anybody else shows by the password that the account is theirs. */
export function VerifyPage({ token }: { token: string }): VNode {
  const words = useWords()
  const [asksPassword, setAsksPassword] = useState(!mayHaveSession())
  if (token === '')
    return html`<${AskForMail} title=${words.verify} text=${words.verifyAgain} path="/api/auth/verify/resend" action=${words.sendLink} />`
  const password: Field = { name: 'password', label: words.password, type: 'password', autocomplete: 'current-password' }
  return html`<${LinkPage}
    key=${asksPassword ? 'password' : 'session'}
    token=${token}
    path="/api/auth/verify"
    title=${words.verify}
    text=${asksPassword ? words.verifyByPassword : words.verifyText}
    fields=${asksPassword ? [password] : []}
    action=${words.verifyAction}
    aside=${asksPassword && html`<p class="sheet-aside">${words.notMine} <a href="/account/reset">${words.resetNew}</a></p>`}
    onRefusal=${(error: unknown) => {
      // The session has ended, or is of another account.
      if (error instanceof ApiError && error.errors.some(({ path, code }) => path === '/password' && code === 'required'))
        setAsksPassword(true)
    }}
    done=${{ title: words.verified, text: words.verifiedText, href: '/account', action: words.toAccount }}
  />`
}

export function ResetPage({ token }: { token: string }): VNode {
  const surroundings = useSurroundings()
  const { words } = surroundings
  if (token === '')
    return html`<${AskForMail} title=${words.reset} text=${words.resetText} path="/api/auth/reset" action=${words.sendLink} />`
  return html`<${LinkPage}
    token=${token}
    path="/api/auth/reset/confirm"
    title=${words.resetNew}
    text=${words.resetNewText}
    fields=${[newPasswordField(surroundings, words.newPassword)]}
    action=${words.resetNew}
    done=${{ title: words.resetDone, text: words.resetDoneText, href: '/account', action: words.signIn }}
    endsSessions=${true}
  />`
}

/** An account moves where whoever asked for it is signed in to it: others may have been sent the mail. */
export function EmailPage({ token }: { token: string }): VNode | null {
  const words = useWords()
  const [user, setUser] = useState<User | null>(null)
  const [isGuest, setGuest] = useState(!mayHaveSession())
  const [kept] = useState(() => token || takeKeptLink('email'))
  useEffect(() => {
    if (!isGuest) client.auth.me().then(setUser, () => setGuest(true))
    return undefined
  }, [])
  if (kept === '') return html`<${NoLink} />`
  if (isGuest) {
    const signIn = () => {
      markSession(false)
      keepLink('email', kept)
      location.assign('/account/sign-in?next=/account/email')
    }
    return html`<${Sheet} title=${words.move} text=${words.moveAsGuest}>
      <button type="button" class="button primary wide" onClick=${signIn}>${words.signIn}</button>
    <//>`
  }
  if (user === null) return null
  return html`<${LinkPage}
    token=${kept}
    path="/api/auth/email/confirm"
    title=${words.move}
    text=${words.moveText(user.email)}
    action=${words.verifyAction}
    done=${{ title: words.moved, text: words.movedText, href: '/account', action: words.toAccount }}
  />`
}

/** While somebody signs in, for this tab alone. */
export function keepLink(page: string, token: string): void {
  sessionStorage.setItem(`kingpost.link.${page}`, token)
}

export function takeKeptLink(page: string): string {
  const token = sessionStorage.getItem(`kingpost.link.${page}`) ?? ''
  sessionStorage.removeItem(`kingpost.link.${page}`)
  return token
}

export function UndoPage({ token }: { token: string }): VNode {
  const words = useWords()
  if (token === '') return html`<${NoLink} />`
  return html`<${LinkPage}
    token=${token}
    path="/api/auth/email/undo"
    title=${words.undo}
    text=${words.undoText}
    action=${words.undoAction}
    done=${{ title: words.undone, text: words.undoneText, href: '/account/reset', action: words.resetNew }}
    endsSessions=${true}
  />`
}

export function KeepPage({ token }: { token: string }): VNode {
  const words = useWords()
  if (token === '') return html`<${NoLink} />`
  return html`<${LinkPage}
    token=${token}
    path="/api/auth/me/keep"
    title=${words.keep}
    text=${words.keepText}
    action=${words.keepAction}
    done=${{ title: words.kept, text: words.keptText, href: '/account', action: words.signIn }}
  />`
}

export function NoLink(): VNode {
  const words = useWords()
  return html`<${Sheet} title=${words.noLink} text=${words.noLinkText}>
    <a class="button wide" href="/account">${words.toAccount}</a>
  <//>`
}
