/** What an account asks for beside a password or a mail: passkeys, an authenticator app, and the codes for when those are lost. */

import { html, useEffect, useRef, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { codeField } from './enter-pages.ts'
import { Form, type Typed, useWords, Wrong } from './form.ts'
import { type Passkey, PasskeysPart } from './passkeys-part.ts'
import type { QrCode } from './qr-code.ts'
import { RecoveryCodes } from './recovery-codes.ts'
import type { Words } from './words.ts'

type Factors = { totp: { since: string } | null; passkeys: readonly Passkey[]; recoveryCodesLeft: number }
type Enrolled = { secret: string; uri: string }

/** `onAdded`: once there is one, and what came with it was kept. */
export function FactorsPart({ onAdded }: { onAdded?: () => void }): VNode {
  const words = useWords()
  const [factors, setFactors] = useState<Factors | null>(null)
  const [enrolled, setEnrolled] = useState<Enrolled | null>(null)
  const [codes, setCodes] = useState<readonly string[]>([])
  const [error, setError] = useState<unknown>(undefined)
  const heading = useRef<HTMLElement | null>(null)
  const load = () => client.call<Factors>('GET', '/api/auth/factors').then(setFactors, setError)
  useEffect(() => {
    void load()
    return undefined
  }, [])
  const act = async (run: () => Promise<unknown>) => {
    setError(undefined)
    await run().then(load, setError)
  }
  const enrol = () => act(async () => setEnrolled(await client.call<Enrolled>('POST', '/api/auth/totp/enrol', { body: {} })))
  const remove = () => act(() => client.call('DELETE', '/api/auth/totp'))
  const takeCodes = async (path: string, body: object) => {
    setCodes((await client.call<{ recoveryCodes: string[] }>('POST', path, { body })).recoveryCodes)
    setEnrolled(null)
  }
  const confirm = async ({ code = '' }: Typed) => {
    await takeCodes('/api/auth/totp/confirm', { code: code.replaceAll(/\s/g, '') })
    await load()
  }
  const renew = () => act(() => takeCodes('/api/auth/totp/recovery', {}))
  const keep = () => {
    setCodes([])
    heading.current?.focus()
  }
  const hasAny = factors !== null && (factors.totp !== null || factors.passkeys.length > 0)
  return html`<div>
    <${PasskeysPart} items=${factors?.passkeys ?? []} onChange=${load} onCodes=${setCodes} />
    <section class="sheet-part">
      <h2 tabindex="-1" ref=${heading}>${words.factors}</h2>
      <${Wrong} error=${error} />
      ${codes.length > 0 && html`<${RecoveryCodes} key=${codes[0]} codes=${codes} onKept=${keep} />`}
      ${enrolled && html`<${Enrol} ...${enrolled} send=${confirm} />`}
      ${
        factors !== null &&
        enrolled === null &&
        codes.length === 0 &&
        html`<p class=${hasAny ? undefined : 'faint'}>${saidOf(factors, words)}</p>
          <p class="sheet-actions">
            ${factors.totp === null && html`<button type="button" class="button" onClick=${enrol}>${words.enrol}</button>`}
            ${hasAny && html`<button type="button" class="button" onClick=${renew}>${words.renewCodes}</button>`}
            ${hasAny && onAdded && html`<button type="button" class="button primary" onClick=${onAdded}>${words.goOn}</button>`}
            ${factors.totp !== null && html`<button type="button" class="button danger" onClick=${remove}>${words.removeFactor}</button>`}
          </p>`
      }
    </section>
  </div>`
}

function saidOf({ totp, passkeys, recoveryCodesLeft }: Factors, words: Words): string {
  if (totp !== null) return words.hasFactor(recoveryCodesLeft)
  return passkeys.length > 0 ? words.hasPasskeyAlone(recoveryCodesLeft) : words.noFactor
}

function Enrol({ secret, uri, send }: Enrolled & { send: (typed: Typed) => Promise<void> }): VNode {
  const words = useWords()
  const [Code, setCode] = useState<{ of: typeof QrCode } | null>(null)
  // Only here is it drawn: no other page loads what draws it. The key beside it is enough without.
  useEffect(() => {
    import('./qr-code.ts').then(
      ({ QrCode: of }) => setCode({ of }),
      () => {},
    )
    return undefined
  }, [])
  return html`<div class="sheet-enrol">
    <p>${words.enrolText}</p>
    ${Code && html`<${Code.of} text=${uri} label=${words.qrCode} />`}
    <p class="sheet-secret"><code>${secret.replaceAll(/.{4}(?=.)/g, '$& ')}</code></p>
    <p><a href=${uri}>${words.openApp}</a></p>
    <${Form} fields=${[{ ...codeField(words), label: words.appCode, hint: words.appCodeHint }]} action=${words.goOn} send=${send} />
  </div>`
}
