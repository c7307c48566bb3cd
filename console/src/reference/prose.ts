/** The small pieces of the reference page. */
import { html, useState, type View, type VNode } from '../../vendor/htm-preact.js'

/** Sentences with `code` in them. */
export function Prose({ text }: { text: string }): View {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code key=${index}>${part}</code>` : part))
}

export function Method({ name }: { name: string }): VNode {
  return html`<span class="method ${name.toLowerCase()}">${name}</span>`
}

/** `/api/carts/{id}` with what must be filled in set apart. It may break after a slash, nowhere else. */
export function Path({ path }: { path: string }): VNode {
  return html`<span class="path">${path
    .split(/(?<=\/)/)
    .map((part, index) => html`<span key=${index}>${part.startsWith('{') ? html`<i>${part}</i>` : part}<wbr /></span>`)}</span>`
}

const copiedMs = 1_500

export function Copy({ text, label }: { text: string; label: string }): VNode {
  const [done, setDone] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setDone(true)
      setTimeout(() => setDone(false), copiedMs)
    } catch {
      // Without the right to, the text is there to be marked by hand.
    }
  }
  return html`<button type="button" class="button ghost small" aria-label=${label} onClick=${copy}>${done ? 'Copied' : 'Copy'}</button>`
}
