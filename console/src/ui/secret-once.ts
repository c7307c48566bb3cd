/** A secret that is shown this once. It stays until somebody says that it is kept: no stray click closes it. */
import { html, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { Card } from './parts.ts'

export function SecretOnce(props: { secret: string; children?: View; onKept: () => void }): VNode {
  const [isCopied, setIsCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(props.secret)
    setIsCopied(true)
  }
  return html`<${Card} title="Its secret, shown this once">
    <div class="form">
      <p>${props.children}</p>
      <div class="field">
        <label for="secret">Secret</label>
        <input id="secret" class="mono" type="text" readonly value=${props.secret} onFocus=${(event: Event) => (event.currentTarget as HTMLInputElement).select()} />
      </div>
      <div class="form-actions">
        ${
          // Pages that came over plain HTTP from another machine have none.
          navigator.clipboard && html`<button type="button" class="button" onClick=${copy}>${isCopied ? 'Copied' : 'Copy'}</button>`
        }
        <button type="button" class="button primary" onClick=${props.onKept}>I have kept it</button>
      </div>
    </div>
  <//>`
}
