/** Asks whoever is signed in to show again who they are, before something that a stolen session must not do. */

import { html, render, useEffect, useRef, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { codeField } from './enter-pages.ts'
import { type Field, Form, Surround, type Surroundings, type Typed, useWords } from './form.ts'

/** Whether they did: they may also close it. */
export function askForProof(surroundings: Surroundings, ways: readonly string[]): Promise<boolean> {
  const place = document.body.appendChild(document.createElement('div'))
  return new Promise((resolve) => {
    const end = (isProven: boolean) => {
      render(null, place)
      place.remove()
      resolve(isProven)
    }
    render(html`<${Surround} value=${surroundings}><${ProofDialog} ways=${ways} onEnd=${end} /><//>`, place)
  })
}

function ProofDialog({ ways, onEnd }: { ways: readonly string[]; onEnd: (isProven: boolean) => void }): VNode {
  const words = useWords()
  const dialog = useRef<HTMLDialogElement | null>(null)
  const [sentTo, setSentTo] = useState('')
  useEffect(() => {
    dialog.current?.showModal()
    return undefined
  }, [])
  const sendCode = async () => {
    const { email } = await client.auth.me()
    await client.call('POST', '/api/auth/code', { body: { email } })
    setSentTo(email)
  }
  const prove = async (typed: Typed) => {
    await client.call('POST', '/api/auth/prove', { body: typed })
    onEnd(true)
  }
  const password: Field = { name: 'password', label: words.password, type: 'password', autocomplete: 'current-password' }
  const isByMail = !ways.includes('password')
  return html`<dialog ref=${dialog} onClose=${() => onEnd(false)} aria-labelledby="proof-title">
    <div class="dialog-body">
      <header class="dialog-head">
        <h2 id="proof-title">${words.prove}</h2>
        <button type="button" class="icon-button" aria-label=${words.close} onClick=${() => onEnd(false)}><span aria-hidden="true">✕</span></button>
      </header>
      <p class="form-intro">${sentTo === '' ? words.proveText : words.codeSent(sentTo)}</p>
      ${
        isByMail && sentTo === ''
          ? html`<${Form} key="send" fields=${[]} action=${words.sendCode} send=${sendCode} />`
          : html`<${Form} key="prove" fields=${[isByMail ? codeField(words) : password]} action=${words.proveAction} send=${prove} />`
      }
    </div>
  </dialog>`
}
