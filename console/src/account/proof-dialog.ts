/** Asks whoever is signed in to show again who they are, before something that a stolen session must not do. */

import { html, render, useEffect, useRef, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { codeField } from './enter-pages.ts'
import { type Field, Form, Surround, type Surroundings, type Typed, useWords } from './form.ts'
import { askPasskey, hasPasskeys } from './passkey-calls.ts'
import { PasskeyButton } from './passkey-parts.ts'
import type { Words } from './words.ts'

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
  const known = ways.filter((way) => (way === 'passkey' ? hasPasskeys : Object.hasOwn(fieldOf, way))) as ProofWay[]
  const [way, setWay] = useState<ProofWay>(known[0] ?? 'password')
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
  const prove = async (typed: Typed | { passkey: object }) => {
    await client.call('POST', '/api/auth/prove', { body: typed })
    onEnd(true)
  }
  const proveByPasskey = async () => await prove({ passkey: await askPasskey({ path: '/api/auth/passkeys/prove/start' }) })
  const labelOf = (one: ProofWay) => (one === 'passkey' ? words.passkey : fieldOf[one](words).label)
  const isToSend = way === 'code' && sentTo === ''
  return html`<dialog ref=${dialog} onClose=${() => onEnd(false)} aria-labelledby="proof-title">
    <div class="dialog-body">
      <header class="dialog-head">
        <h2 id="proof-title">${words.prove}</h2>
        <button type="button" class="icon-button" aria-label=${words.close} onClick=${() => onEnd(false)}><span aria-hidden="true">✕</span></button>
      </header>
      <p class="form-intro">${sentTo === '' ? words.proveText : words.codeSent(sentTo)}</p>
      ${
        way === 'passkey'
          ? html`<${PasskeyButton} label=${words.usePasskey} isMain=${true} run=${proveByPasskey} />`
          : html`<${Form} key=${isToSend ? 'send' : way} fields=${isToSend ? [] : [fieldOf[way](words)]}
              action=${isToSend ? words.sendCode : words.goOn} send=${isToSend ? sendCode : prove} />`
      }
      ${known
        .filter((other) => other !== way)
        .map((other) => {
          const take = () => setWay(other)
          return html`<p key=${other} class="form-foot"><button type="button" class="link" onClick=${take}>${words.otherWay(labelOf(other))}</button></p>`
        })}
    </div>
  </dialog>`
}

/** What is asked for, by the way as the server names it, which is also the name in the body of the request. */
const fieldOf = {
  password: (words: Words): Field => ({ name: 'password', label: words.password, type: 'password', autocomplete: 'current-password' }),
  code: codeField,
  totp: (words: Words): Field => ({ ...codeField(words), name: 'totp', label: words.appCode, hint: words.appCodeHint }),
  recovery: (words: Words): Field => ({ name: 'recovery', label: words.recoveryCode, autocomplete: 'off' }),
}
type ProofWay = keyof typeof fieldOf | 'passkey'
