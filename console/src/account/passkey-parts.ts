/** Where a passkey is asked for: at the sign-in, at its second step, and before what a stolen session must not do. */

import type { SecondFactor, SignIn, User } from '/client/index.ts'
import { html, useEffect, useRef, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { type Field, Form, type Typed, useWords, Wrong } from './form.ts'
import { askPasskey, browserRefusal, canOfferQuietly, hasPasskeys } from './passkey-calls.ts'
import type { Words } from './words.ts'

/** A sign-in that asks for a second factor. */
export type Waiting = { readonly pending: string; readonly factors: readonly SecondFactor[] }

/** Asks the browser for a passkey. What it does with that throws where it went wrong. */
export function PasskeyButton(props: { label: string; isMain?: boolean; run: () => Promise<unknown> }): VNode {
  const words = useWords()
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const run = async () => {
    if (isBusy) return
    setBusy(true)
    setError(undefined)
    await props.run().catch(setError)
    setBusy(false)
  }
  return html`<div class="form">
    <${Wrong} error=${error} />
    <button type="button" class="button wide ${props.isMain ? 'primary' : ''}" autofocus=${props.isMain}
      aria-disabled=${isBusy ? 'true' : undefined} onClick=${run}>
      ${isBusy ? words.passkeyAsked : props.label}
    </button>
  </div>`
}

async function enterBy(answer: object): Promise<User> {
  return (await client.call<SignIn>('POST', '/api/auth/passkeys/login/finish', { body: answer })).user
}

const startPath = '/api/auth/passkeys/login/start'

/** Signs in by a passkey alone: by the button, or as the browser offers it in the field of the address. */
export function PasskeySignIn({ onEnter }: { onEnter: (user: User) => void }): VNode | null {
  const words = useWords()
  const quiet = useRef<AbortController | null>(null)
  const [error, setError] = useState<unknown>(undefined)
  const offer = async () => {
    const { signal } = (quiet.current = new AbortController())
    if (!(await canOfferQuietly())) return
    const answer = await askPasskey({ path: startPath, isQuiet: true, signal }).catch(() => null)
    if (answer === null || signal.aborted) return
    await enterBy(answer).then(onEnter, setError)
  }
  useEffect(() => {
    void offer()
    return () => quiet.current?.abort()
  }, [])
  if (!hasPasskeys) return null
  const run = async () => {
    setError(undefined)
    // A browser answers one question at a time.
    quiet.current?.abort()
    try {
      onEnter(await enterBy(await askPasskey({ path: startPath })))
    } catch (cause) {
      // One that the server does not know is not offered again by itself.
      if (browserRefusal(cause) !== '') void offer()
      throw cause
    }
  }
  return html`<div class="sheet-passkey">
    <${Wrong} error=${error} />
    <${PasskeyButton} label=${words.byPasskey} run=${run} />
  </div>`
}

/** What a second step is about. */
export function secondStepText(words: Words, factors: readonly SecondFactor[]): string {
  if (!factors.includes('passkey')) return words.secondFactorText
  return factors.includes('totp') ? words.secondFactorAny : words.secondFactorPasskey
}

/** The second step of a sign-in: a passkey, what an authenticator app shows, or a recovery code. */
export function SecondStep({ pending, factors, onEnter }: Waiting & { onEnter: (user: User) => void }): VNode {
  const words = useWords()
  const label = factors.includes('totp') ? words.code : words.recoveryCode
  const code: Field = { name: 'code', label, autocomplete: 'one-time-code' }
  const send = async ({ code = '' }: Typed) =>
    onEnter((await client.call<SignIn>('POST', '/api/auth/totp/verify', { body: { pending, code } })).user)
  const run = async () => {
    const answer = await askPasskey({ path: startPath, body: { pending } })
    onEnter(await enterBy({ ...answer, pending }))
  }
  const asksPasskey = factors.includes('passkey') && hasPasskeys
  return html`<div class="sheet-step">
    ${
      asksPasskey &&
      html`<${PasskeyButton} label=${words.usePasskey} isMain=${true} run=${run} />
        <p class="sheet-or"><span>${words.or}</span></p>`
    }
    <${Form} key="factor" fields=${[code]} action=${words.signIn} send=${send} />
  </div>`
}
