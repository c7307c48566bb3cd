/** The passkeys of whoever is signed in: a new one, its name, and its end. */

import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { type Field, Form, type Typed, useWords, Wrong } from './form.ts'
import { addPasskey, hasPasskeys } from './passkey-calls.ts'
import { PasskeyButton } from './passkey-parts.ts'

export type Passkey = {
  readonly id: string
  readonly name: string
  readonly isSynced: boolean
  readonly createdAt: string
  readonly usedAt: string | null
  readonly copySeenAt: string | null
}

export function PasskeysPart(props: {
  items: readonly Passkey[]
  onChange: () => Promise<unknown>
  onCodes: (codes: readonly string[]) => void
}): VNode {
  const words = useWords()
  const [error, setError] = useState<unknown>(undefined)
  const add = async () => {
    const codes = await addPasskey()
    if (codes !== null) props.onCodes(codes)
    await props.onChange()
  }
  const remove = (id: string) => {
    setError(undefined)
    client.call('DELETE', `/api/auth/passkeys/${id}`).then(props.onChange, setError)
  }
  return html`<section class="sheet-part">
    <h2>${words.passkeys}</h2>
    ${props.items.length === 0 && html`<p class="faint">${words.noPasskey}</p>`}
    <${Wrong} error=${error} />
    <ul class="sheet-sessions">
      ${props.items.map((item) => html`<${Row} key=${item.id} item=${item} onChange=${props.onChange} onRemove=${() => remove(item.id)} />`)}
    </ul>
    <div class="sheet-actions">
      ${hasPasskeys ? html`<${PasskeyButton} label=${words.addPasskey} run=${add} />` : html`<p class="faint">${words.noPasskeysHere}</p>`}
    </div>
  </section>`
}

function Row(props: { item: Passkey; onChange: () => Promise<unknown>; onRemove: () => void }): VNode {
  const words = useWords()
  const { id, name, isSynced, createdAt, usedAt, copySeenAt } = props.item
  const language = navigator.languages.find((one) => one.startsWith(words.lang)) ?? words.lang
  const told = (time: string) => new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(new Date(time))
  const rename = async ({ name: typed = '' }: Typed) => {
    await client.call('PATCH', `/api/auth/passkeys/${id}`, { body: { name: typed } })
    await props.onChange()
  }
  const field: Field = { name: 'name', label: words.name, autocomplete: 'off', value: name }
  return html`<li>
    <div>
      <p>${name}${isSynced && html` <span class="chip">${words.synced}</span>`}</p>
      <p class="faint small">${words.passkeyAdded(told(createdAt))}, ${usedAt === null ? words.passkeyUnused : words.passkeyUsed(told(usedAt))}</p>
      ${copySeenAt !== null && html`<p class="field-error">${words.copySeen}</p>`}
      <details key=${name}>
        <summary aria-label=${words.renameOne(name)}>${words.renamePasskey}</summary>
        <${Form} fields=${[field]} action=${words.save} send=${rename} />
      </details>
    </div>
    <button type="button" class="button small" aria-label=${words.removeOne(name)} onClick=${props.onRemove}>${words.remove}</button>
  </li>`
}
