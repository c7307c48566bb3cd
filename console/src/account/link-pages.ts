/**
 * What the links in mails lead to. Opening one changes nothing, for programs that look into mails open links as well: whoever came
 * here presses a button, and then the page posts the token.
 */

import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { markSession } from '../session-mark.ts'
import { AskForMail, newPasswordField } from './enter-pages.ts'
import { type Field, Form, Sheet, type Typed, useWords } from './form.ts'

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
}

function LinkPage(props: Link): VNode {
  const [isDone, setDone] = useState(false)
  const send = async (typed: Typed) => {
    await client.call('POST', props.path, { body: { token: props.token, ...typed } })
    if (props.endsSessions) markSession(false)
    setDone(true)
  }
  if (isDone)
    return html`<${Sheet} title=${props.done.title} text=${props.done.text}>
      <a class="button primary wide" href=${props.done.href}>${props.done.action}</a>
    <//>`
  return html`<${Sheet} title=${props.title} text=${props.text}>
    <${Form} fields=${props.fields ?? []} action=${props.action} send=${send} />
  <//>`
}

export function VerifyPage({ token }: { token: string }): VNode {
  const words = useWords()
  if (token === '')
    return html`<${AskForMail} title=${words.verify} text=${words.verifyAgain} path="/api/auth/verify/resend" action=${words.sendLink} />`
  return html`<${LinkPage}
    token=${token}
    path="/api/auth/verify"
    title=${words.verify}
    text=${words.verifyText}
    action=${words.verifyAction}
    done=${{ title: words.verified, text: words.verifiedText, href: '/account', action: words.toAccount }}
  />`
}

export function ResetPage({ token }: { token: string }): VNode {
  const words = useWords()
  if (token === '')
    return html`<${AskForMail} title=${words.reset} text=${words.resetText} path="/api/auth/reset" action=${words.sendLink} />`
  return html`<${LinkPage}
    token=${token}
    path="/api/auth/reset/confirm"
    title=${words.resetNew}
    text=${words.resetNewText}
    fields=${[newPasswordField(words, words.newPassword)]}
    action=${words.resetNew}
    done=${{ title: words.resetDone, text: words.resetDoneText, href: '/account', action: words.signIn }}
    endsSessions=${true}
  />`
}

export function EmailPage({ token }: { token: string }): VNode {
  const words = useWords()
  if (token === '') return html`<${NoLink} />`
  return html`<${LinkPage}
    token=${token}
    path="/api/auth/email/confirm"
    title=${words.move}
    text=${words.moveText}
    action=${words.verifyAction}
    done=${{ title: words.moved, text: words.movedText, href: '/account', action: words.toAccount }}
  />`
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

function NoLink(): VNode {
  const words = useWords()
  return html`<${Sheet} title=${words.noLink} text=${words.noLinkText}>
    <a class="button wide" href="/account">${words.toAccount}</a>
  <//>`
}
